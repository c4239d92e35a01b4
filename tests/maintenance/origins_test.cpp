// What the tables of flushes and compactions say of where they come from.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/directory/file_names.hpp"
#include "tests/maintenance/keeper_fixture.hpp"

namespace varve::maintenance {
namespace {

using engine::FlushedTombstone;
using engine::TableMeta;
using engine::TableOrigin;

const engine::TimeSpan all_times;

TableOrigin origin_of(const KeeperFixture& db, const TableMeta& meta) {
  return engine::Table::read_origin(*db.directory, engine::table_file_name(meta.number)).value();
}

TableMeta newest(const KeeperFixture& db, std::size_t level = 0) {
  return db.version()->levels[level].front()->meta();
}

TEST(Origins, of_a_flush_are_the_memtables_batches_and_what_its_edit_says) {
  KeeperFixture db;
  db.now = 77;
  db.put("a", 1, 10);
  db.put("a", 2, 10);
  db.flush();
  db.put("b", 1, 10);
  db.freeze(5);
  ASSERT_TRUE(db.keeper->flush_one().value());

  const TableOrigin first = origin_of(db, db.version()->levels[0].back()->meta());
  EXPECT_EQ(first, (TableOrigin{.maker = TableOrigin::Maker::flush,
                                .first_sequence = 1,
                                .last_sequence = 2,
                                .flush_number = 1,
                                .flushed_through = 2,
                                .written = {.time = 77, .synchronised = true}}));
  const TableOrigin second = origin_of(db, newest(db));
  EXPECT_EQ(second.first_sequence, 3u);
  EXPECT_EQ(second.last_sequence, 3u);
  EXPECT_EQ(second.flush_number, db.version()->flush_number);
  EXPECT_EQ(second.flushed_through, db.version()->flushed_through);
  EXPECT_EQ(second.log_start, 5u);
}

TEST(Origins, say_the_same_sequences_as_the_manifest) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.flush();
  db.put("b", 1, 10);
  db.flush();
  db.reopen();
  for (const auto& table : db.version()->levels[0]) {
    const TableOrigin origin = origin_of(db, table->meta());
    EXPECT_EQ(table->meta().first_sequence, origin.first_sequence);
    EXPECT_EQ(table->meta().last_sequence, origin.last_sequence);
  }
}

TEST(Origins, of_a_compaction_are_the_union_of_its_inputs_which_every_output_names) {
  KeeperFixture db;
  std::vector<std::uint64_t> inputs;
  for (Timestamp ts = 0; ts < 3; ++ts) {
    db.put("a", ts * 1000, 1);
    db.put("z", 5, ts);
    db.flush();
    inputs.push_back(newest(db).number);
  }
  std::ranges::reverse(inputs);  // Newest first, as plans have them.
  db.run_plan({.output_level = 1,
               .inputs = {inputs[0], inputs[1]},
               .regions = {{{0, 999}, 100}, {{1000, 1999}, 100}}});

  ASSERT_EQ(db.tables(1), 2u);
  std::vector<TableOrigin> origins;
  for (const auto& table : db.version()->levels[1]) origins.push_back(origin_of(db, table->meta()));
  origins.push_back(origin_of(db, newest(db)));
  for (const TableOrigin& origin : origins) {
    EXPECT_EQ(origin.maker, TableOrigin::Maker::compaction);
    EXPECT_EQ(origin.database[0], std::byte{9});
    EXPECT_EQ(origin.replaced, (std::vector{inputs[1], inputs[0]}));
    EXPECT_EQ(origin.first_sequence, 3u);
    EXPECT_EQ(origin.last_sequence, 6u);
    EXPECT_EQ(origin.flush_number, 3u);
    EXPECT_EQ(origin.flushed_through, 6u);
  }
  EXPECT_EQ(origins[0].level, 1u);
  EXPECT_EQ(origins[1].level, 1u);
  EXPECT_EQ(origins[2].level, 0u) << "what waits";
}

TEST(Origins, of_what_waits_in_level_0_are_the_sequences_of_inputs_of_level_0_alone) {
  KeeperFixture db;
  db.put("k", 1000, 1);
  db.put("a", 10, 1);
  db.flush();
  const std::uint64_t older = newest(db).number;
  db.put("z", 10, 3);
  db.flush();
  db.run_plan({.output_level = 1, .inputs = {newest(db).number}, .regions = {{{10, 10}, 100}}});
  const std::uint64_t below = newest(db, 1).number;
  db.run_plan({.output_level = 1, .inputs = {older, below}, .regions = {{{10, 10}, 100}}});
  const TableOrigin waiting = origin_of(db, newest(db));
  EXPECT_EQ(waiting.first_sequence, 1u);
  EXPECT_EQ(waiting.last_sequence, 2u);
  EXPECT_EQ(origin_of(db, newest(db, 1)).last_sequence, 3u);
  EXPECT_EQ(waiting.replaced, (std::vector{older, below}));
}

TEST(Origins, of_a_flush_list_the_range_tombstones_of_its_memtable_and_of_the_version) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.put("c", 1, 10);
  db.flush();
  db.erase_range("a", "b", all_times);
  db.flush();  // Of nothing else, so there is no table that could say it.
  db.erase_range("c", "d", {0, 5});
  db.put("x", 1, 10);
  db.flush();
  const TableOrigin origin = origin_of(db, newest(db));
  EXPECT_EQ(origin.tombstones, db.version()->tombstones);
  EXPECT_EQ(origin.tombstones, (std::vector<FlushedTombstone>{{{{"a", "b"}, all_times}, 2},
                                                              {{{"c", "d"}, {0, 5}}, 3}}));
}

TEST(Origins, of_a_compaction_pass_on_range_tombstones_that_hide_rows_of_other_tables) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.flush();
  db.erase_range("a", "b", all_times);
  db.put("x", 1, 10);
  db.flush();
  db.run_plan({.output_level = 1, .inputs = {newest(db).number}, .regions = {{{0, 9}, 100}}});
  const TableOrigin origin = origin_of(db, newest(db, 1));
  EXPECT_EQ(origin.tombstones, (std::vector<FlushedTombstone>{{{{"a", "b"}, all_times}, 2}}));
  db.expect_right();
}

}  // namespace
}  // namespace varve::maintenance
