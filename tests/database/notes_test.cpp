// Notes: small durable state of programs above the engine, beside all records.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::Database;
using test::PowerCut;
using test::SimulatedDisk;
using test::small_options;

using Notes = std::vector<Note>;

Notes notes(Database& db, std::string_view prefix = {}, const ReadOptions& options = {}) {
  auto found = db->notes(prefix, options);
  EXPECT_TRUE(found) << found.error().message();
  return found ? *std::move(found) : Notes();
}

void note(Database& db, std::string_view name, std::string_view bytes) {
  WriteBatch batch;
  batch.note(name, bytes);
  db.write(std::move(batch));
}

void remove_note(Database& db, std::string_view name) {
  WriteBatch batch;
  batch.remove_note(name);
  db.write(std::move(batch));
}

TEST(Notes, are_replaced_and_taken_away) {
  Database db;
  EXPECT_EQ(notes(db), Notes());
  note(db, "b", "first");
  note(db, "a", "");
  note(db, "b", "\0\xFF"s);
  EXPECT_EQ(notes(db), (Notes{{"a", ""}, {"b", "\0\xFF"s}}));
  remove_note(db, "a");
  remove_note(db, "never there");
  EXPECT_EQ(notes(db), (Notes{{"b", "\0\xFF"s}}));
}

TEST(Notes, are_chosen_by_what_their_names_begin_with) {
  Database db;
  for (const char* name : {"influx/a", "influx/b", "influx", "mqtt/a", "\xFF", "\xFF\xFF"}) {
    note(db, name, "x");
  }
  EXPECT_EQ(notes(db, "influx/"), (Notes{{"influx/a", "x"}, {"influx/b", "x"}}));
  EXPECT_EQ(notes(db, "\xFF"), (Notes{{"\xFF", "x"}, {"\xFF\xFF", "x"}}));
  EXPECT_EQ(notes(db, "none"), Notes());
  EXPECT_EQ(notes(db).size(), 6U);
}

TEST(Notes, survive_flush_compaction_collection_restarts_and_every_ttl) {
  Options options = small_options();
  options.default_ttl = 1h;
  Database db(options);
  db.clock().set_wall(0);
  const Notes expected = {{"a", "1"}, {"c", "3"}};
  WriteBatch batch;
  batch.note("a", "0").note("b", "2").note("c", "3").put("k", 0, 1.0);
  ASSERT_TRUE(db->write(std::move(batch), WriteOptions().ttl(1s)));
  db.flush();
  note(db, "a", "1");
  remove_note(db, "b");
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE(round);
    EXPECT_EQ(notes(db), expected) << "in memory";
    db.reopen();
    EXPECT_EQ(notes(db), expected) << "out of the log";
    db.flush();
    EXPECT_EQ(notes(db), expected) << "in tables";
    db.compact();
    EXPECT_EQ(notes(db), expected) << "compacted";
    db.clock().advance(1'000h);
    db.collect();
    EXPECT_EQ(notes(db), expected) << "collected";
    db.reopen();
    EXPECT_EQ(notes(db), expected) << "opened anew";
  }
}

TEST(Notes, are_left_alone_by_deletes) {
  Database db;
  note(db, "k", "x");
  db.put("k", 0, 1.0);
  db.erase("k", 0);
  db.erase_range("", std::nullopt);
  ASSERT_TRUE(db->erase_prefix(""));
  EXPECT_EQ(notes(db), (Notes{{"k", "x"}}));
  db.flush();
  db.compact();
  EXPECT_EQ(notes(db), (Notes{{"k", "x"}}));
  WriteBatch batch;
  batch.note("k", "y").erase_prefix("");
  db.write(std::move(batch));
  EXPECT_EQ(notes(db), (Notes{{"k", "y"}}));
}

TEST(Notes, do_not_show_among_records_and_labels) {
  Database db;
  note(db, "k", "x");
  note(db, "\xFF\xFF", "x");
  db.put("r", 5, 1.0);
  for (const bool in_tables : {false, true}) {
    SCOPED_TRACE(in_tables);
    if (in_tables) db.flush();
    EXPECT_EQ(db.query(Query::all()), (std::vector<Record>{Record("r", 5, 1.0)}));
    EXPECT_EQ(db->count(Query::all()).value(), 1U);
    EXPECT_EQ(db->series_list(Query::all()).value(), (std::vector<std::string>{"r"}));
    EXPECT_EQ(db->series_list(Query::all().without_records()).value(), std::vector<std::string>());
    EXPECT_EQ(db->described_series().value().size(), 1U);
    EXPECT_EQ(db->label_names().value(), std::vector<std::string>());
    EXPECT_EQ(db->labels("k").value(), Labels());
    EXPECT_EQ(db.get("k", 0), std::nullopt);
    EXPECT_EQ(db.latest("k"), std::nullopt);
    EXPECT_EQ(db->aggregate(Query::all(), Aggregation::count.group_by_prefix(1)).value().size(),
              1U);
  }
}

TEST(Notes, are_of_the_same_name_as_a_series_and_its_labels_without_meeting_them) {
  Database db;
  WriteBatch batch;
  batch.put("same", 0, "record");
  batch.describe("same", {{"a", "b"}});
  batch.note("same", "note");
  db.write(std::move(batch));
  for (const bool in_tables : {false, true}) {
    SCOPED_TRACE(in_tables);
    if (in_tables) db.flush();
    EXPECT_EQ(db.get("same", 0)->value(), Value("record"));
    EXPECT_EQ(db->labels("same").value(), (Labels{{"a", "b"}}));
    EXPECT_EQ(notes(db), (Notes{{"same", "note"}}));
  }
}

TEST(Notes, of_a_snapshot_stay_as_they_were) {
  Database db;
  note(db, "a", "1");
  const ReadOptions before = ReadOptions().snapshot(db->snapshot().value());
  note(db, "a", "2");
  note(db, "b", "1");
  db.flush();
  EXPECT_EQ(notes(db, {}, before), (Notes{{"a", "1"}}));
  EXPECT_EQ(notes(db), (Notes{{"a", "2"}, {"b", "1"}}));
}

TEST(Notes, appear_with_the_records_of_their_batch_or_not_at_all) {
  Database db;
  WriteBatch batch;
  batch.note("a", "1");
  batch.put("", 1, 1.0);  // Refused.
  EXPECT_FALSE(db->write(std::move(batch)));
  EXPECT_EQ(notes(db), Notes());
  WriteBatch named;
  named.note(std::string(Note::name_size_max + 1, 'n'), "x");
  const auto refused = db->write(std::move(named));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  EXPECT_EQ(refused.error().where, "operation 0: a note's name of 8193 bytes, at most 8192");
}

TEST(Notes, that_were_acknowledged_as_durable_survive_a_power_cut) {
  const auto disk = std::make_shared<SimulatedDisk>();
  Options options = small_options();
  options.file_system = disk;
  options.durability = Durability::always();
  Database before(options);
  note(before, "a", "1");
  note(before, "b", "2");
  remove_note(before, "a");
  options.file_system = disk->after(PowerCut::lose_unsynced());
  Database after(options);
  EXPECT_EQ(notes(after), (Notes{{"b", "2"}}));
}

}  // namespace
}  // namespace varve
