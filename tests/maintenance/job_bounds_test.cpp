// A job of compaction takes no more tables than it may, and writes few at a time.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "maintenance/compaction_choice.hpp"
#include "tests/maintenance/keeper_fixture.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::maintenance {
namespace {

using engine::TableMeta;
using engine::TimeSpan;
using Numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t kib = 1024;
constexpr std::int64_t window = 1'000;

/// Tables by hand, each a window after the one before, numbered from 1 on.
class Tables {
 public:
  /// The newest of level 0 first, as a version has them.
  LiveTables level0(std::uint64_t count, std::uint64_t bytes = kib) {
    for (std::uint64_t number = count; number > 0; --number) add(number, 0, bytes);
    return live_;
  }
  LiveTables level1(std::uint64_t count, std::uint64_t bytes = kib) {
    for (std::uint64_t number = 1; number <= count; ++number) add(number, 1, bytes);
    return live_;
  }

 private:
  void add(std::uint64_t number, std::uint32_t level, std::uint64_t bytes) {
    const Timestamp begin = static_cast<Timestamp>(number) * window;
    TableMeta& meta = metas_.emplace_back();
    meta.number = number;
    meta.size = bytes;
    meta.first_key = meta.last_key = "k";
    meta.times = {begin, begin + 10};
    meta.newest_flush = number;
    live_.push_back({&meta, level, nullptr, false});
  }

  std::deque<TableMeta> metas_;
  LiveTables live_;
};

Rules rules_of(std::size_t job_tables, std::uint64_t job_bytes = std::uint64_t{128} << 20) {
  Rules rules;
  rules.window = window;
  rules.job_tables = job_tables;
  rules.job_bytes = job_bytes;
  return rules;
}

TEST(JobBounds, hold_for_tables_of_one_size_in_level_0_from_the_oldest_on) {
  Tables tables;
  EXPECT_EQ(choose_compaction(tables.level0(20), rules_of(6)).value().inputs,
            (Numbers{6, 5, 4, 3, 2, 1}));
}

TEST(JobBounds, hold_where_all_of_level_0_is_to_go_down) {
  Rules rules = rules_of(6);
  rules.everything = true;
  Tables tables;
  EXPECT_EQ(choose_compaction(tables.level0(20), rules).value().inputs,
            (Numbers{6, 5, 4, 3, 2, 1}));
}

TEST(JobBounds, are_bytes_too_where_all_of_level_0_is_to_go_down) {
  Rules rules = rules_of(6, 3 * kib);
  rules.everything = true;
  Tables tables;
  EXPECT_EQ(choose_compaction(tables.level0(20), rules).value().inputs, (Numbers{3, 2, 1}));
}

TEST(JobBounds, leave_a_job_one_table_however_large) {
  Rules rules = rules_of(6, kib);
  rules.everything = true;
  Tables tables;
  EXPECT_EQ(choose_compaction(tables.level0(3, 5 * kib), rules).value().inputs, (Numbers{1}));
}

TEST(JobBounds, have_a_job_take_newer_tables_where_nothing_can_be_done_with_the_oldest) {
  Rules rules = rules_of(2);
  rules.everything = true;
  Tables tables;
  LiveTables live = tables.level0(6);
  // All the time of the oldest two is a damaged table's.
  TableMeta damaged;
  damaged.number = 99;
  damaged.first_key = damaged.last_key = "k";
  damaged.times = {0, 2 * window + 100};
  live.push_back({&damaged, 1, nullptr, true});
  EXPECT_EQ(choose_compaction(live, rules).value().inputs, (Numbers{4, 3}));
}

TEST(JobBounds, hold_for_small_tables_that_are_joined) {
  Rules rules = rules_of(5);
  rules.join_tables = 4;
  Tables tables;
  // Seven lie in the first window of level 2.
  EXPECT_EQ(choose_join(tables.level1(20), rules).value().inputs, (Numbers{1, 2, 3, 4, 5}));
}

TEST(JobBounds, leave_nothing_in_level_0_when_all_goes_down_in_several_jobs) {
  KeeperFixture db(memory_file_system(), rules_of(4));
  for (Timestamp flush = 0; flush < 22; ++flush) {
    for (Timestamp ts = 0; ts < 10; ++ts) {
      db.put("a", flush * 7 + ts, flush);
      db.put("b", flush * 1'000 + ts, flush);
    }
    db.flush();
  }
  ASSERT_TRUE(db.keeper->compact_all().value());
  EXPECT_EQ(db.tables(0), 0u);
  EXPECT_GE(db.counters.compactions.value(), 22u / 4);
  db.expect_right();
}

TEST(JobBounds, collect_deletes_of_many_flushes_in_several_jobs) {
  KeeperFixture db(memory_file_system(), rules_of(4));
  for (Timestamp ts = 0; ts < 100; ++ts) db.put("a", ts, ts);
  db.flush();
  ASSERT_TRUE(db.keeper->compact_all().value());
  for (Timestamp flush = 0; flush < 11; ++flush) {
    db.erase("a", flush * 5);
    db.flush();
  }
  EXPECT_EQ(db.keeper->collect(0).value(), 22u);
  EXPECT_EQ(db.rows(), 89u);
  db.expect_right();
}

TEST(JobBounds, collect_newer_deletes_where_nothing_can_be_done_with_the_oldest) {
  KeeperFixture db(memory_file_system(), rules_of(2));
  for (const Timestamp begin : {0, 10'000}) {
    for (Timestamp ts = begin; ts < begin + 100; ++ts) db.put("a", ts, ts);
    db.flush();
    ASSERT_TRUE(db.keeper->compact_all().value());
  }
  ASSERT_EQ(db.tables(1), 2u);
  // As many as one job begins with lie over the first table, which is damaged.
  for (const Timestamp ts : {0, 99, 10'000, 10'050}) {
    db.erase("a", ts);
    db.flush();
  }
  for (const auto& table : db.version()->levels[1]) {
    if (table->meta().times.first == 0) db.damage(table->meta().number);
  }
  EXPECT_EQ(db.keeper->collect(0).value(), 4u) << "two deletes, and what they delete";
  EXPECT_EQ(db.rows(), 200u);
}

// Regions.

/// Rows of a flush in each of ten windows of 100.
void flush_everywhere(KeeperFixture& db, std::int64_t value) {
  for (Timestamp ts = 0; ts < 1'000; ts += 20) {
    db.put("a", ts, value);
    db.put("b", ts + 1, value, ts < 500 ? 5 : never);
  }
  db.flush();
}

CompactionPlan plan_of_two_regions(const KeeperFixture& db) {
  CompactionPlan plan{.output_level = 1, .inputs = {}, .regions = {}};
  for (const auto& table : db.version()->levels[0]) plan.inputs.push_back(table->meta().number);
  plan.regions = {{{0, 199}, 100}, {{400, 699}, 100}};
  return plan;
}

TEST(Regions, take_the_rows_of_their_times_and_the_others_wait_in_one_table) {
  KeeperFixture db;
  flush_everywhere(db, 1);
  flush_everywhere(db, 2);
  for (Timestamp ts = 0; ts < 1'000; ts += 100) db.erase("a", ts);
  db.flush();
  db.run_plan(plan_of_two_regions(db));
  ASSERT_EQ(db.tables(1), 2u);
  ASSERT_EQ(db.tables(0), 1u);
  std::vector<TimeSpan> times;
  for (const auto& table : db.version()->levels[1]) times.push_back(table->meta().times);
  std::ranges::sort(times, {}, &TimeSpan::first);
  EXPECT_EQ(times, (std::vector<TimeSpan>{{1, 181}, {401, 681}}));
  EXPECT_EQ(db.version()->levels[0].front()->meta().times, (TimeSpan{201, 981}));
  db.expect_right();
  db.now = 10;
  db.expect_right();
}

TEST(Regions, that_take_all_rows_leave_no_table_behind) {
  KeeperFixture db;
  flush_everywhere(db, 1);
  CompactionPlan plan = plan_of_two_regions(db);
  plan.regions = {{{0, 499}, 100}, {{500, 2'000}, 100}};
  db.run_plan(std::move(plan));
  EXPECT_EQ(db.tables(0), 0u);
  EXPECT_EQ(db.tables(1), 2u);
  db.expect_right();
}

/// As many regions as asked for, of a window each.
CompactionPlan plan_of_regions(const KeeperFixture& db, Timestamp count) {
  CompactionPlan plan = plan_of_two_regions(db);
  plan.regions.clear();
  for (Timestamp at = 0; at < count; ++at) {
    plan.regions.push_back({{at * 100, at * 100 + 99}, 100});
  }
  return plan;
}

TEST(Regions, that_are_many_take_the_rows_of_their_times_in_several_merges) {
  for (const Timestamp count : {4, 5, 8, 9}) {
    SCOPED_TRACE(count);
    KeeperFixture db;
    flush_everywhere(db, 1);
    for (Timestamp ts = 0; ts < 1'000; ts += 60) db.erase("a", ts);
    flush_everywhere(db, 2);
    db.erase("a", 500);
    db.flush();
    db.run_plan(plan_of_regions(db, count));
    EXPECT_EQ(db.tables(1), static_cast<std::size_t>(count));
    EXPECT_EQ(db.tables(0), 1u);
    EXPECT_EQ(db.rows(), 99u) << "two of each fifty, and one is deleted";
    db.expect_right();
    db.now = 10;
    db.expect_right();
  }
}

TEST(Regions, are_written_four_at_a_time_and_what_waits_with_the_last) {
  const auto disk = std::make_shared<test::SimulatedDisk>();
  KeeperFixture db(disk);
  flush_everywhere(db, 1);
  flush_everywhere(db, 2);
  std::string calls;
  disk->on_call([&](test::Call call, const std::string& path) {
    if (!path.ends_with(".table")) return;
    if (call == test::Call::create) calls += 'c';
    if (call == test::Call::sync) calls += 's';
  });
  db.run_plan(plan_of_regions(db, 6));
  disk->on_call({});
  EXPECT_EQ(calls, "ccccsssscccsss");
}

}  // namespace
}  // namespace varve::maintenance
