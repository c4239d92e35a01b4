// Deletes of single records leave the disk, and take with them what they delete.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "tests/maintenance/keeper_fixture.hpp"

namespace varve::maintenance {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp times_end = 400;

/// Small enough that some thousand rows make several tables.
Rules small_rules() {
  return {.island_bytes = 300,
          .cut_bytes = 2'000,
          .table_bytes_max = 4'000,
          .join_tables = 3,
          .job_bytes = 100'000};
}

std::string key(int number) { return "key" + std::to_string(number); }

/// 4,000 records of ten series, below level 0.
struct Settled : KeeperFixture {
  Settled() : KeeperFixture(memory_file_system(), small_rules()) {
    for (Timestamp from = 0; from < times_end; from += 50) {
      for (int number = 0; number < 10; ++number) {
        for (Timestamp ts = from; ts < from + 50; ++ts) put(key(number), ts, ts * 7'919 % 1'009);
      }
      flush();
    }
    EXPECT_TRUE(keeper->compact_all());
    EXPECT_EQ(tables(0), 0u);
  }

  void rest() {
    for (int steps = 0; steps < 200; ++steps) {
      if (!keeper->step().value()) return;
    }
    FAIL() << "it never rests";
  }
  void rest_for_days(int days) {
    for (int hours = 0; hours < 24 * days; ++hours) {
      clock.advance_monotonic(1h);
      rest();
    }
  }
  void erase_all_of(int number) {
    for (Timestamp ts = 0; ts < times_end; ++ts) erase(key(number), ts);
    flush();
  }
  void erase_a_few() {
    for (Timestamp ts = 0; ts < 5; ++ts) erase(key(0), ts * 50);
    flush();
  }
};

/// Takes the newest table of level 0 to a level, whoever would choose that.
void sink(KeeperFixture& db, std::uint32_t level) {
  const auto version = db.version();
  const engine::TableMeta& meta = version->levels[0].front()->meta();
  db.run_plan(
      {.output_level = level, .inputs = {meta.number}, .regions = {{meta.times, meta.size}}});
}

/// Five of ten records, which lie in level 2, are deleted in level 1.
struct Sunk : KeeperFixture {
  Sunk() {
    for (Timestamp ts = 0; ts < 10; ++ts) put("a", ts, ts);
    flush();
    sink(*this, 2);
    for (Timestamp ts = 0; ts < 5; ++ts) erase("a", ts);
    flush();
    sink(*this, 1);
    EXPECT_EQ(rows(), 15u);
  }
};

TEST(Deletes, of_a_quarter_and_more_leave_in_the_background_with_what_they_delete) {
  Settled db;
  for (int number = 0; number < 5; ++number) db.erase_all_of(number);
  db.rest_for_days(1);
  db.expect_right();
  EXPECT_EQ(db.rows(), 2'000u);
}

TEST(Deletes, of_a_few_wait_in_the_background_and_nothing_is_written_anew_for_them) {
  Settled db;
  db.erase_a_few();
  const std::uint64_t written = db.counters.compaction_bytes_written.value();
  db.rest_for_days(3);
  db.expect_right();
  EXPECT_EQ(db.counters.compaction_bytes_written.value(), written);
}

TEST(Deletes, of_a_few_leave_by_a_compaction_that_is_asked_for) {
  Settled db;
  db.erase_a_few();
  EXPECT_TRUE(db.keeper->compact_all().value());
  db.expect_right();
  EXPECT_EQ(db.rows(), 3'995u);
  EXPECT_FALSE(db.keeper->compact_all().value()) << "nothing is left to be done";
}

TEST(Deletes, that_have_sunk_below_level_0_leave_in_the_background) {
  Sunk db;
  EXPECT_TRUE(db.keeper->step().value());
  db.expect_right();
  EXPECT_EQ(db.rows(), 5u);
}

TEST(Deletes, that_have_sunk_below_level_0_leave_by_a_compaction_that_is_asked_for) {
  Sunk db;
  EXPECT_TRUE(db.keeper->compact_all().value());
  db.expect_right();
  EXPECT_EQ(db.rows(), 5u);
}

TEST(Deletes, that_hide_nothing_any_more_leave_by_a_compaction_that_is_asked_for) {
  KeeperFixture db;
  db.put("a", 1, 1, 100);
  db.flush();
  sink(db, 2);
  db.erase("a", 1);
  db.put("b", 1, 1);
  db.flush();
  sink(db, 1);
  db.now = 200;
  ASSERT_TRUE(db.keeper->drop_expired());
  ASSERT_EQ(db.rows(), 2u) << "a delete of what has gone, and a record";
  EXPECT_TRUE(db.keeper->compact_all().value());
  db.expect_right();
  EXPECT_EQ(db.rows(), 1u);
}

TEST(Deletes, of_rows_in_damaged_tables_stay_and_hold_nothing_up) {
  Settled db;
  const auto version = db.version();
  for (const auto& level : version->levels) {
    for (const auto& table : level) db.damage(table->meta().number);
  }
  for (int number = 0; number < 5; ++number) db.erase_all_of(number);
  for (int hours = 0; hours < 24; ++hours) {
    for (int steps = 0;; ++steps) {
      const auto did = db.keeper->step();
      if (did && !*did) break;
      ASSERT_LT(steps, 200);
    }
    db.clock.advance_monotonic(1h);
  }
  std::ignore = db.keeper->compact_all();  // It tells of what it finds to be damaged.
  EXPECT_TRUE(db.keeper->compact_all());
  EXPECT_EQ(db.rows(), 6'000u);
}

TEST(Deletes, of_many_flushes_are_collected_by_one_job_and_not_by_one_for_each) {
  Settled db;
  std::uint64_t bytes = 0;
  for (const auto& level : db.version()->levels) {
    for (const auto& table : level) bytes += table->meta().size;
  }
  for (int flush = 0; flush < 20; ++flush) {
    for (int number = 0; number < 10; ++number) db.erase(key(number), flush * 20);
    db.flush();
  }
  ASSERT_EQ(db.tables(0), 20u);
  const std::uint64_t written = db.counters.compaction_bytes_written.value();
  EXPECT_EQ(db.keeper->collect(0).value(), 400u);
  db.expect_right();
  EXPECT_LT(db.counters.compaction_bytes_written.value() - written, 2 * bytes);
}

}  // namespace
}  // namespace varve::maintenance
