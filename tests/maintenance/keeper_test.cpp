#include "maintenance/keeper.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/maintenance/keeper_fixture.hpp"
#include "tests/support/random.hpp"

namespace varve::maintenance {
namespace {

constexpr engine::TimeSpan all_times{};

// Flush.

TEST(Flush, moves_the_oldest_memtable_to_level_0_and_the_rows_stay) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.freeze();
  db.put("a", 2, 20);
  db.freeze();
  db.put("a", 3, 30);
  EXPECT_TRUE(db.keeper->flush_one().value());
  EXPECT_EQ(db.tables(0), 1u);
  EXPECT_EQ(db.versions->frozen().size(), 1u);
  EXPECT_EQ(db.version()->flushed_through, 1u);
  EXPECT_EQ(db.version()->flush_number, 1u);
  db.expect_right();
  EXPECT_TRUE(db.keeper->flush_one().value());
  EXPECT_FALSE(db.keeper->flush_one().value());
  EXPECT_EQ(db.version()->flushed_through, 2u);
  EXPECT_EQ(db.flushed_calls, 2);
  db.expect_right();
}

TEST(Flush, of_an_empty_memtable_advances_and_makes_no_table) {
  KeeperFixture db;
  db.flush();
  EXPECT_EQ(db.tables(), 0u);
  EXPECT_EQ(db.version()->flush_number, 1u);
}

TEST(Flush, copies_blocks_that_the_memtable_sealed_and_the_rows_stay) {
  KeeperFixture db;
  test::Random random(1);
  for (int i = 0; i < 10; ++i) db.put("a", i, i);
  for (int i = 0; i < 4000; ++i) db.put("b", i * 10, random.between(0, 100));
  db.put("b", 11'111, -1);
  db.erase("b", 15'000);
  for (int i = 0; i < 10; ++i) db.put("c", i, i, 5 + i);
  db.flush();
  db.now = 10;
  db.expect_right();

  const auto table = db.version()->levels[0].front();
  std::vector<std::uint32_t> rows;
  const auto index = table->index().value();
  for (const auto& entry : index->entries) rows.push_back(entry.rows);
  // The second block of "b" has a late row and a deleted one, the last was not full.
  EXPECT_EQ(rows, (std::vector<std::uint32_t>{10, 1024, 1024, 1, 1024, 4000 - 3 * 1024 + 10}));
}

TEST(Flush, keeps_tombstones_since_they_hide_older_tables) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.put("b", 1, 11);
  db.flush();
  db.erase("a", 1);
  db.flush();
  EXPECT_EQ(db.rows(), 3u);
  db.expect_right();
}

TEST(Flush, keeps_a_range_tombstone_only_where_a_table_has_something_to_hide) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.erase_range("a", "z", all_times);
  db.put("b", 1, 10);
  db.flush();
  EXPECT_TRUE(db.version()->tombstones.empty());
  db.expect_right();
  db.erase_range("b", "c", all_times);
  db.erase_range("x", "z", all_times);
  db.flush();
  ASSERT_EQ(db.version()->tombstones.size(), 1u);
  EXPECT_EQ(db.version()->tombstones[0].flush, 2u);
  db.expect_right();
}

TEST(Flush, releases_the_log_up_to_the_next_memtable) {
  KeeperFixture db;
  db.open_wal();
  db.put("a", 1, 10);
  const std::uint64_t second = db.wal->rotate().value();
  db.freeze(second);
  db.put("a", 2, 10);
  const std::uint64_t third = db.wal->rotate().value();
  db.freeze(third);
  const std::uint64_t live = db.wal->live_bytes();
  EXPECT_TRUE(db.keeper->flush_one().value());
  EXPECT_EQ(db.version()->log_start, second);
  EXPECT_LT(db.wal->live_bytes(), live);
  EXPECT_TRUE(db.keeper->flush_one().value());
  EXPECT_EQ(db.version()->log_start, third);
}

TEST(Flush, is_found_after_a_restart) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.erase_range("c", "d", all_times);
  db.flush();
  db.put("b", 1, 20, 1000);
  db.flush();
  db.reopen();
  db.expect_right();
  EXPECT_EQ(db.version()->flush_number, 2u);
}

// Compaction.

TEST(Compaction, of_four_flushes_makes_one_table_of_level_1) {
  KeeperFixture db;
  for (Timestamp ts = 0; ts < 4; ++ts) {
    for (const char* key : {"a", "b", "c"}) db.put(key, ts, ts);
    db.flush();
    EXPECT_EQ(db.keeper->step().value(), ts == 3);
  }
  EXPECT_EQ(db.tables(0), 0u);
  EXPECT_EQ(db.tables(1), 1u);
  EXPECT_EQ(db.table_files(), 1u);
  EXPECT_EQ(db.counters.compactions.value(), 1u);
  db.expect_right();
}

/// The stored bytes of a table's blocks.
std::vector<engine::Bytes> blocks_of(const engine::Table& table) {
  const auto index = table.index().value();
  std::vector<engine::Bytes> blocks;
  for (std::size_t i = 0; i < index->entries.size(); ++i) {
    blocks.push_back(table.raw_block(*index, i).value());
  }
  return blocks;
}

TEST(Compaction, copies_blocks_that_overlap_nothing_and_packs_small_ones_together) {
  KeeperFixture db(memory_file_system(), {}, Duration(1'000'000));
  // Each flush: a whole block of "a", and 100 rows more of it; 300 rows of "b".
  std::vector<engine::Bytes> flushed;
  for (Timestamp flush = 0; flush < 4; ++flush) {
    for (Timestamp i = 0; i < 1'124; ++i) db.put("a", flush * 2'000 + i, i % 7);
    for (Timestamp i = 0; i < 300; ++i) db.put("b", flush * 2'000 + i, i % 5);
    db.flush();
    flushed.push_back(blocks_of(*db.version()->levels[0].front()).front());
  }
  ASSERT_TRUE(db.keeper->compact_all().value());
  ASSERT_EQ(db.tables(1), 1u);
  const auto& table = *db.version()->levels[1].front();
  const std::vector<engine::Bytes> blocks = blocks_of(table);
  EXPECT_EQ(blocks.front(), flushed[0]);
  EXPECT_EQ(std::ranges::find(blocks, flushed[1]), blocks.end()) << "packed with those before it";
  EXPECT_EQ(std::ranges::count(blocks, flushed[2]), 1);
  std::vector<std::uint32_t> rows;
  for (const auto& entry : table.index().value()->entries) rows.push_back(entry.rows);
  EXPECT_EQ(rows, (std::vector<std::uint32_t>{1'024, 562, 662, 1'024, 562, 1'024, 838}));
  const auto statistics = table.statistics(*table.index().value()).value();
  EXPECT_TRUE(statistics->blocks.front().has_value());
  db.expect_right();
}

TEST(Compaction, keeps_the_newest_of_each_record_and_counts_the_others) {
  KeeperFixture db;
  for (std::int64_t round = 0; round < 4; ++round) {
    for (Timestamp ts = 0; ts < 100; ++ts) db.put("a", ts, round);
    db.flush();
  }
  EXPECT_TRUE(db.keeper->step().value());
  EXPECT_EQ(db.rows(), 100u);
  EXPECT_EQ(db.counters.records_purged.value(), 300u);
  db.expect_right();
}

TEST(Compaction, keeps_a_tombstone_while_something_older_lies_deeper) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.put("z", 9, 10);
  db.flush();
  EXPECT_TRUE(db.keeper->compact_all().value());
  // Too little to be merged into level 1, so the tombstone waits.
  for (Timestamp ts = 1000; ts < 1800; ++ts) db.put("m", ts, 5);
  db.erase("a", 1);
  db.flush();
  for (int flush = 0; flush < 3; ++flush) {
    for (Timestamp ts = 2000; ts < 2800; ++ts) db.put("m", ts + 1000 * flush, 5);
    db.flush();
  }
  EXPECT_TRUE(db.keeper->step().value());
  db.expect_right();
  EXPECT_TRUE(db.keeper->compact_all().value());
  db.expect_right();
  EXPECT_EQ(db.rows(), 1u + 4 * 800u);
}

TEST(Compaction, leaves_what_stays_in_level_0_older_than_what_is_newer_there) {
  KeeperFixture db;
  const auto flush = [&db] {
    db.flush();
    return db.version()->levels[0].front()->meta().number;
  };
  db.put("a", 10, 1);
  db.put("k", 1000, 1);
  const std::uint64_t older = flush();
  db.put("k", 1000, 2);
  flush();
  db.put("z", 10, 3);
  const std::uint64_t newest = flush();
  db.run_plan({.output_level = 1, .inputs = {newest}, .regions = {{{10, 10}, 100}}});
  const std::uint64_t below = db.version()->levels[1].front()->meta().number;
  // "a" goes down to the table below, whose newest flush is above all of level 0. "k" stays.
  db.run_plan({.output_level = 1, .inputs = {older, below}, .regions = {{{10, 10}, 100}}});
  ASSERT_EQ(db.tables(0), 2u);
  db.expect_right();
}

TEST(Compaction, applies_range_tombstones_to_what_was_written_before_them) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.put("b", 1, 10);
  db.flush();
  db.erase_range("a", "b", all_times);
  db.flush();
  db.put("a", 1, 20);
  db.flush();
  db.put("a", 2, 20);
  db.flush();
  EXPECT_TRUE(db.keeper->compact_all().value());
  EXPECT_EQ(db.rows(), 3u);
  db.expect_right();
}

TEST(Compaction, drops_an_expired_row_only_with_what_it_hides) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.put("b", 500, 10);
  db.flush();
  db.put("a", 1, 20, 100);
  db.flush();
  db.now = 200;
  EXPECT_TRUE(db.keeper->compact_all().value());
  EXPECT_EQ(db.rows(), 1u);
  EXPECT_EQ(db.counters.records_expired.value(), 1u);
  db.expect_right();
}

TEST(Compaction, does_not_believe_a_clock_that_was_set_ahead) {
  KeeperFixture db;
  db.clock.set_synchronised(false);
  db.put("a", 1, 10, 100);
  db.put("b", 50, 10);
  db.flush();
  db.now = 1'000'000'000;
  EXPECT_TRUE(db.keeper->compact_all().value());
  EXPECT_EQ(db.rows(), 2u);
  db.now = 60;
  db.expect_right();
}

TEST(Compaction, cuts_its_output_by_size_and_never_inside_a_key_that_has_others_beside_it) {
  Rules rules;
  rules.table_bytes_max = 4096;
  rules.cut_bytes = 4096;
  KeeperFixture db(memory_file_system(), rules);
  test::Random random(1);
  for (int flush = 0; flush < 4; ++flush) {
    for (int key = 0; key < 40; ++key) {
      const int count = key == 20 ? 4000 : 100;
      for (int row = 0; row < count; ++row) {
        db.put("k" + std::to_string(100 + key), flush * 10'000 + row,
               static_cast<std::int64_t>(random.next()));
      }
    }
    db.flush();
  }
  EXPECT_TRUE(db.keeper->step().value());
  EXPECT_GT(db.tables(1), 20u);
  db.expect_right();
  db.reopen();  // Checks once more that no two tables of a level overlap.
  db.expect_right();
}

TEST(Compaction, cuts_its_output_by_rows_where_they_pack_to_next_to_nothing) {
  Rules rules;
  rules.table_bytes_max = 10'000;
  rules.cut_bytes = 5'000;
  rules.island_bytes = 1;
  KeeperFixture db(memory_file_system(), rules, Duration(1'000'000));
  for (int flush = 0; flush < 4; ++flush) {
    for (Timestamp ts = 0; ts < 10'000; ++ts) db.put("a", flush * 10'000 + ts, 1);
    db.flush();
  }
  EXPECT_TRUE(db.keeper->step().value());
  EXPECT_GE(db.tables(1), 4u);
  for (const auto& table : db.version()->levels[1]) EXPECT_LT(table->meta().size, 2'000u);
  EXPECT_FALSE(db.keeper->step().value()) << "such tables are not small";
  db.expect_right();
}

TEST(Compaction, flushes_in_between_when_a_memtable_waits) {
  KeeperFixture db;
  for (int flush = 0; flush < 4; ++flush) {
    for (Timestamp ts = 0; ts < 30'000; ++ts) db.put("a", ts + flush * 30'000, 1);
    db.flush();
  }
  db.put("b", 1, 1);
  db.freeze();
  EXPECT_TRUE(db.keeper->compact_all().value());
  EXPECT_TRUE(db.versions->frozen().empty());
  db.expect_right();
}

TEST(Compaction, leaves_a_damaged_table_and_goes_on_with_the_others) {
  KeeperFixture db;
  db.put("x", 1, 1);
  db.flush();
  const std::uint64_t number = db.version()->levels[0][0]->meta().number;
  db.damage(number);
  for (int flush = 0; flush < 4; ++flush) {
    db.put("a", flush, flush);
    db.flush();
  }
  const auto compacted = db.keeper->compact_all();
  ASSERT_FALSE(compacted);
  EXPECT_EQ(compacted.error().code, Errc::corruption);
  EXPECT_EQ(db.tables(0), 1u);
  EXPECT_EQ(db.tables(1), 1u);
  EXPECT_EQ(db.version()->levels[0][0]->meta().number, number);
  EXPECT_EQ(db.logged.size(), 1u);
  db.keeper->compact_all().value();
  EXPECT_EQ(db.logged.size(), 1u);
  EXPECT_EQ(db.counters.tables_damaged.value(), 1u);
}

// Collection.

TEST(Collection, unlinks_tables_that_have_expired_whole) {
  KeeperFixture db;
  db.put("a", 1, 10, 100);
  db.put("b", 2, 10, 110);
  db.flush();
  db.put("c", 2, 10);
  db.flush();
  EXPECT_EQ(db.keeper->collect(109).value(), 1u);
  EXPECT_EQ(db.keeper->collect(110).value(), 1u);
  EXPECT_EQ(db.tables(), 1u);
  EXPECT_EQ(db.table_files(), 1u);
  db.now = 110;
  db.expect_right();
}

TEST(Collection, never_uncovers_what_an_expired_row_replaced) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.put("b", 1, 10);
  db.flush();
  db.put("a", 1, 20, 100);
  db.flush();
  db.now = 200;
  EXPECT_EQ(db.keeper->collect(db.now).value(), 2u);
  EXPECT_EQ(db.rows(), 1u);
  db.expect_right();
}

TEST(Collection, removes_deletes_with_what_they_delete_across_levels) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.put("b", 1, 10);
  db.flush();
  db.keeper->compact_all().value();
  db.erase("a", 1);
  db.flush();
  EXPECT_EQ(db.keeper->collect(0).value(), 2u);
  EXPECT_EQ(db.rows(), 1u);
  db.expect_right();
  EXPECT_EQ(db.keeper->collect(0).value(), 0u);
}

TEST(Collection, drops_rows_that_a_range_tombstone_hides_and_then_the_tombstone) {
  KeeperFixture db;
  for (Timestamp ts = 0; ts < 10; ++ts) {
    for (const char* key : {"a", "b", "c"}) db.put(key, ts, ts);
  }
  db.flush();
  db.keeper->compact_all().value();
  db.erase_range("b", "c", {3, 5});
  db.flush();
  ASSERT_EQ(db.version()->tombstones.size(), 1u);
  EXPECT_EQ(db.keeper->collect(0).value(), 3u);
  EXPECT_TRUE(db.version()->tombstones.empty());
  db.expect_right();
  db.reopen();
  db.expect_right();
}

TEST(Collection, leaves_damaged_tables_and_what_they_may_hide) {
  KeeperFixture db;
  db.put("a", 1, 10);
  db.flush();
  const std::uint64_t number = db.version()->levels[0][0]->meta().number;
  db.erase("a", 1);
  db.flush();
  db.damage(number);
  EXPECT_EQ(db.keeper->collect(0).value(), 0u);
  EXPECT_EQ(db.rows(), 2u);
}

TEST(Collection, goes_around_a_table_whose_damage_it_finds_on_the_way) {
  KeeperFixture db;
  db.put("z", 1, 10);
  db.flush();
  ASSERT_TRUE(db.keeper->compact_all().value());
  // Blocks over many windows, of which only the last has something to collect, or that waits.
  for (Timestamp ts = 0; ts < 3'000; ++ts) db.put("b", ts, ts);
  db.put("y", 9'000, 10, 5);
  db.erase("z", 1);
  db.flush();
  db.put("c", 10'000, 10);
  db.put("d", 10'000, 10, 5);
  db.flush();
  db.damage(db.version()->levels[0].back()->meta().number);
  db.now = 10;
  EXPECT_EQ(db.keeper->collect(db.now).value(), 1u);
}

TEST(Collection, in_the_background_rewrites_only_what_pays) {
  KeeperFixture db;
  for (Timestamp ts = 0; ts < 100; ++ts) db.put("a", ts, 1, ts < 80 ? 1000 + ts * 10 : never);
  db.put("b", 10'000, 1);
  db.flush();
  db.now = 1100;  // A tenth has expired.
  EXPECT_FALSE(db.keeper->step().value());
  EXPECT_EQ(db.rows(), 101u);
  db.now = 1500;
  db.clock.advance_monotonic(std::chrono::hours(1));
  EXPECT_TRUE(db.keeper->step().value());
  EXPECT_EQ(db.rows(), 50u);
  db.expect_right();
  EXPECT_FALSE(db.keeper->step().value());
}

TEST(Collection, in_the_background_goes_on_when_no_more_data_comes) {
  constexpr Timestamp second = 1'000'000;
  KeeperFixture db;
  db.clock.set_synchronised(false);
  db.put("a", 10 * second, 1, 70 * second);
  db.flush();
  db.put("b", 20 * second, 1, 100 * second);
  db.flush();
  db.put("c", 20 * second, 1);
  db.flush();
  db.now = 20 * second;
  EXPECT_FALSE(db.keeper->step().value());
  const auto pass = [&](int seconds) {
    db.now += seconds * second;
    db.clock.advance_monotonic(std::chrono::seconds(seconds));
  };
  pass(49);
  EXPECT_FALSE(db.keeper->step().value());
  pass(1);
  EXPECT_TRUE(db.keeper->step().value()) << "as soon as the first table has expired";
  EXPECT_FALSE(db.keeper->step().value());
  EXPECT_EQ(db.tables(), 2u);
  pass(29);
  EXPECT_FALSE(db.keeper->step().value());
  pass(1);
  EXPECT_TRUE(db.keeper->step().value());
  EXPECT_EQ(db.tables(), 1u);
  db.expect_right();
}

// Steps.

TEST(Step, flushes_then_compacts_then_rests) {
  KeeperFixture db;
  for (Timestamp ts = 0; ts < 4; ++ts) {
    db.put("a", ts, ts);
    db.freeze();
  }
  for (int step = 0; step < 4; ++step) {
    EXPECT_EQ(db.tables(0), static_cast<std::size_t>(step));
    EXPECT_TRUE(db.keeper->step().value());
  }
  EXPECT_TRUE(db.keeper->step().value());
  EXPECT_EQ(db.tables(1), 1u);
  EXPECT_FALSE(db.keeper->step().value());
  db.expect_right();
}

// Everything.

Rules small_rules() {
  return {.run_tables = 3,
          .pile_tables = 6,
          .pile_taken = 4,
          .island_bytes = 300,
          .cut_bytes = 600,
          .table_bytes_max = 2000,
          .join_tables = 3,
          .job_bytes = 8000,
          .regions_max = 5};
}

void run_program(std::uint64_t seed, const Rules& rules) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  test::Random random(seed);
  KeeperFixture db(memory_file_system(), rules);
  const auto key = [&] { return std::string(1, static_cast<char>('a' + random.below(12))); };
  const std::int64_t drift = random.between(0, 200);
  Timestamp front = 0;
  for (int round = 0; round < 60; ++round) {
    front += drift;
    const std::uint64_t writes = random.below(60);
    for (std::uint64_t write = 0; write < writes; ++write) {
      const Timestamp back = random.between(0, random.chance(0.1) ? 5000 : 150);
      const Timestamp ts = random.chance(0.002) ? INT64_MAX : front - back;
      const std::uint64_t what = random.below(100);
      if (what < 80) {
        db.put(key(), ts, random.between(0, 1'000'000),
               random.chance(0.3) ? front + random.between(-100, 1000) : never);
      } else if (what < 95) {
        db.erase(key(), ts);
      } else {
        db.erase_range(key(), key(), {ts, saturating_add(ts, random.between(0, 300))});
      }
    }
    switch (random.below(8)) {
      case 0: db.freeze(); break;
      case 1: EXPECT_TRUE(db.keeper->step()); break;
      case 2:
        if (random.chance(0.3)) db.keeper->compact_all().value();
        break;
      case 3:
        if (random.chance(0.3)) db.keeper->collect(db.now).value();
        break;
      case 4:
        db.clock.advance_monotonic(std::chrono::minutes(20));
        for (int step = 0; step < 30 && db.keeper->step().value(); ++step) {
        }
        break;
      default: db.flush(); break;
    }
    if (random.chance(0.05)) {
      db.flush();
      db.reopen();
    }
    db.now = std::max(db.now, front - 50);
    db.expect_right();
    if (testing::Test::HasFailure()) return;
  }
  db.flush();
  EXPECT_TRUE(db.keeper->compact_all());
  db.expect_right();
  EXPECT_TRUE(db.keeper->collect(db.now));
  db.expect_right();
  EXPECT_EQ(db.rows(), db.expected().size());
  EXPECT_TRUE(db.version()->tombstones.empty());
  EXPECT_EQ(db.table_files(), db.tables());
}

TEST(Keeper, answers_as_the_model_does_whatever_is_done_in_whatever_order) {
  for (std::uint64_t seed = test::test_seed(), end = seed + 5; seed < end; ++seed) {
    run_program(seed, Rules{});
    run_program(seed, small_rules());
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace varve::maintenance
