#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/database.hpp"

namespace varve::test {
namespace {

std::vector<Timestamp> times(const std::vector<Record>& records) {
  std::vector<Timestamp> found;
  for (const Record& record : records) found.push_back(record.ts());
  return found;
}

/// Series a and b with records at 1 to 6, every other one in a table.
void fill(Database& db) {
  for (const bool in_table : {true, false}) {
    for (Timestamp ts = in_table ? 1 : 2; ts <= 6; ts += 2) {
      db.put("a", ts, static_cast<double>(ts));
      db.put("b", ts, static_cast<std::int64_t>(ts * 10));
    }
    if (in_table) db.flush();
  }
}

TEST(Reading, answers_come_by_key_and_then_by_time) {
  Database db;
  fill(db);
  const auto records = db.query(Query::all());
  ASSERT_EQ(records.size(), 12u);
  EXPECT_EQ(records.front().key(), "a");
  EXPECT_EQ(records.back().key(), "b");
  EXPECT_EQ(times(records), (std::vector<Timestamp>{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6}));
}

TEST(Reading, a_series_whose_first_records_have_expired_is_not_passed_over) {
  Database db;
  db.clock().set_wall(1'000'000);
  WriteBatch batch;
  batch.put("a", 1, 1.0);
  for (Timestamp ts = 1; ts <= 3'000; ++ts) {
    batch.put("b", ts, 2.0, ts <= 2'000 ? std::optional(Duration(10)) : std::nullopt);
  }
  batch.put("c", 1, 3.0);
  db.write(std::move(batch));
  db.flush();
  const auto records = db.query(Query::all().per_series(1));
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1].key(), "b");
  EXPECT_EQ(records[1].ts(), 2'001);
}

TEST(Reading, newest_first_turns_the_time_of_each_series) {
  Database db;
  fill(db);
  EXPECT_EQ(times(db.query(Query::all().newest_first())),
            (std::vector<Timestamp>{6, 5, 4, 3, 2, 1, 6, 5, 4, 3, 2, 1}));
}

TEST(Reading, limits_count_in_all_and_per_series) {
  Database db;
  fill(db);
  EXPECT_EQ(times(db.query(Query::all().limit(7))), (std::vector<Timestamp>{1, 2, 3, 4, 5, 6, 1}));
  EXPECT_EQ(times(db.query(Query::all().per_series(2))), (std::vector<Timestamp>{1, 2, 1, 2}));
  EXPECT_EQ(times(db.query(Query::all().per_series(2).limit(3).newest_first())),
            (std::vector<Timestamp>{6, 5, 6}));
}

TEST(Reading, of_no_record_of_each_series_there_is_none_and_no_series) {
  Database db;
  fill(db);
  const Query none = Query::all().per_series(0);
  EXPECT_EQ(db.count(none), 0u);
  EXPECT_EQ(db->count(none).value(), 0u);
  EXPECT_TRUE(db->series_list(none).value().empty());
}

TEST(Reading, at_the_end_of_time_what_never_expires_is_there_and_stays) {
  Database db;
  db.put("k", 1, 1.0);
  db.put("k", 2, 2.0, std::chrono::hours(1));
  db.clock().set_wall(std::numeric_limits<Timestamp>::max());
  for (const bool in_table : {false, true}) {
    SCOPED_TRACE(in_table ? "in a table" : "in memory");
    EXPECT_TRUE(db.get("k", 1));
    EXPECT_EQ(db.latest("k")->ts(), 1);
    EXPECT_EQ(db.count(Query::all()), 1u);
    EXPECT_EQ(db->count(Query::all()).value(), 1u);
    db.flush();
  }
  ASSERT_TRUE(db->collect_garbage(ClockTrust::vouched));
  db.clock().set_wall(0);
  EXPECT_TRUE(db.get("k", 1));
}

TEST(Reading, latest_n_is_newest_first_over_memory_and_tables) {
  Database db;
  fill(db);
  EXPECT_EQ(times(db->latest_n("a", 4).value()), (std::vector<Timestamp>{6, 5, 4, 3}));
  EXPECT_EQ(times(db->latest_n("a", 100).value()), (std::vector<Timestamp>{6, 5, 4, 3, 2, 1}));
  EXPECT_TRUE(db->latest_n("a", 0).value().empty());
  EXPECT_FALSE(db.latest("none"));
}

TEST(Reading, latest_as_of_a_moment_is_the_last_that_is_not_after_it) {
  Database db;
  fill(db);
  const auto latest = [&](Timestamp ts) {
    const auto found = db->latest("a", ReadOptions().as_of(ts)).value();
    return found ? std::optional(found->ts()) : std::nullopt;
  };
  for (const char* when : {"in both", "in tables", "in one table"}) {
    SCOPED_TRACE(when);
    EXPECT_EQ(latest(0), std::nullopt);
    for (Timestamp ts = 1; ts <= 6; ++ts) EXPECT_EQ(latest(ts), ts);
    EXPECT_EQ(latest(1'000), 6);
    EXPECT_EQ(latest(std::numeric_limits<Timestamp>::max()), 6);
    EXPECT_EQ(latest(std::numeric_limits<Timestamp>::min()), std::nullopt);
    EXPECT_EQ(times(db->latest_n("a", 3, ReadOptions().as_of(4)).value()),
              (std::vector<Timestamp>{4, 3, 2}));
    if (std::string_view(when) == "in both") db.flush();
    if (std::string_view(when) == "in tables") db.compact();
  }
}

TEST(Reading, latest_as_of_a_moment_passes_over_what_is_deleted_or_has_expired) {
  Database db;
  db.clock().set_wall(1'000'000);
  fill(db);
  db.erase("a", 4);
  db.erase_range("a", "b", TimeRange(3, 4));
  db.put("b", 5, "gone", Duration(10));
  const ReadOptions as_of = ReadOptions().as_of(4);
  EXPECT_EQ(db->latest("a", as_of).value()->ts(), 2);
  EXPECT_EQ(db->latest("b", ReadOptions().as_of(5)).value()->ts(), 4);
  EXPECT_EQ(times(db->latest_n("a", 9, as_of).value()), (std::vector<Timestamp>{2, 1}));
}

TEST(Reading, latest_as_of_a_moment_answers_from_a_snapshot_too) {
  Database db;
  fill(db);
  const Snapshot before = db->snapshot().value();
  db.erase("a", 3);
  EXPECT_EQ(db->latest("a", ReadOptions().as_of(3)).value()->ts(), 2);
  EXPECT_EQ(db->latest("a", ReadOptions().as_of(3).snapshot(before)).value()->ts(), 3);
}

TEST(Reading, values_come_back_as_they_were_written) {
  Database db;
  const double signalling = std::bit_cast<double>(0x7FF4'0000'DEAD'BEEFu);
  const std::vector<Value> values = {1.5,
                                     -0.0,
                                     signalling,
                                     std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<double>::denorm_min(),
                                     std::numeric_limits<std::int64_t>::min(),
                                     std::numeric_limits<std::int64_t>::max(),
                                     true,
                                     false,
                                     "",
                                     std::string("\0\xff text", 7)};
  for (std::size_t i = 0; i < values.size(); ++i) {
    db.put("mixed", static_cast<Timestamp>(i), values[i].view());
  }
  for (const char* when : {"in memory", "flushed", "compacted", "reopened"}) {
    SCOPED_TRACE(when);
    const auto records = db.query(Query::key("mixed"));
    ASSERT_EQ(records.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(records[i].value(), values[i]) << i;
    db.flush();
    if (std::string_view(when) == "flushed") db.compact();
    if (std::string_view(when) == "compacted") db.reopen();
  }
}

TEST(Reading, a_scan_gives_typed_columns) {
  Database db;
  fill(db);
  auto scan = db->scan(Query::all()).value();
  std::vector<double> doubles;
  std::vector<std::int64_t> int64s;
  for (;;) {
    const auto block = scan.next_block().value();
    if (!block) break;
    EXPECT_EQ(block->timestamps().size(), block->size());
    if (block->type() == ValueType::double_) {
      doubles.insert(doubles.end(), block->doubles().begin(), block->doubles().end());
    } else {
      int64s.insert(int64s.end(), block->int64s().begin(), block->int64s().end());
    }
  }
  EXPECT_EQ(doubles, (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(int64s, (std::vector<std::int64_t>{10, 20, 30, 40, 50, 60}));
  EXPECT_FALSE(scan.next_block().value()) << "the end stays the end";
}

TEST(Reading, a_scan_by_record_ends_with_its_status) {
  Database db;
  fill(db);
  auto scan = db->scan(Query::key("b").newest_first()).value();
  std::vector<std::int64_t> values;
  for (const RecordView& record : scan) values.push_back(record.value().as_int64());
  EXPECT_TRUE(scan.status());
  EXPECT_EQ(values, (std::vector<std::int64_t>{60, 50, 40, 30, 20, 10}));
}

TEST(Reading, a_snapshot_keeps_its_answers_whatever_happens) {
  Database db;
  fill(db);
  const Timestamp now = db.clock().wall();
  db.put("c", now, 1, std::chrono::seconds(10));
  const Snapshot snapshot = db->snapshot().value();
  const auto before = db.query(Query::all());
  const ReadOptions options = ReadOptions().snapshot(snapshot);
  const auto check = [&](const char* when) {
    SCOPED_TRACE(when);
    EXPECT_EQ(db.query(Query::all(), options), before);
    EXPECT_EQ(db->count(Query::all(), options).value(), before.size());
    EXPECT_EQ(db->get("a", 1, options).value()->value(), Value(1.0));
    EXPECT_EQ(db->latest("c", options).value()->ts(), now);
  };
  db.put("a", 1, "changed");
  db.put("a", 100, "new");
  check("after writes");
  db.erase_range("", std::nullopt);
  check("after a delete of everything");
  db.clock().advance(std::chrono::hours(1));
  check("after an expiry");
  db.flush();
  db.compact();
  db.collect();
  check("after flush, compaction and collection");
  EXPECT_EQ(db.count(Query::all()), 0u);
  EXPECT_EQ(db->stats().snapshots, 1u);
}

TEST(Reading, aggregates_of_numbers_and_of_any_value) {
  Database db;
  fill(db);
  db.put("text", 1, "x");
  const auto answer = [&](Aggregation aggregation) {
    return db->aggregate(Query::all(), aggregation).value();
  };
  using Answers = std::vector<Aggregate>;
  EXPECT_EQ(answer(Aggregation::count), (Answers{{"a", 6}, {"b", 6}, {"text", 1}}));
  EXPECT_EQ(answer(Aggregation::sum), (Answers{{"a", 21.0}, {"b", 210.0}}));
  EXPECT_EQ(answer(Aggregation::min), (Answers{{"a", 1.0}, {"b", 10}}));
  EXPECT_EQ(answer(Aggregation::max), (Answers{{"a", 6.0}, {"b", 60}}));
  EXPECT_EQ(answer(Aggregation::mean), (Answers{{"a", 3.5}, {"b", 35.0}}));
  EXPECT_EQ(answer(Aggregation::first), (Answers{{"a", 1.0}, {"b", 10}, {"text", "x"}}));
  EXPECT_EQ(answer(Aggregation::last), (Answers{{"a", 6.0}, {"b", 60}, {"text", "x"}}));
  EXPECT_EQ(db->aggregate(Query::key("a").between(2, 5), Aggregation::sum).value(),
            (Answers{{"a", 9.0}}));
  EXPECT_EQ(db->aggregate(Query::key("a").newest_first().limit(2), Aggregation::first).value(),
            (Answers{{"a", 5.0}}));
}

TEST(Reading, sums_keep_their_digits) {
  Database db;
  db.put("k", 1, 1e16);
  for (int i = 0; i < 1'000; ++i) db.put("k", 2 + i, 1.0);
  db.put("k", 5'000, -1e16);
  EXPECT_EQ(db->aggregate(Query::all(), Aggregation::sum).value().front().value, Value(1'000.0));
}

TEST(Reading, series_list_and_count_by_prefix) {
  Database db;
  fill(db);
  db.put("a/1", 1, 1);
  db.put("a/2", 1, 1);
  db.erase("a/2", 1);
  EXPECT_EQ(db->series_list(Query::all()).value(), (std::vector<std::string>{"a", "a/1", "b"}));
  EXPECT_EQ(db->series_list(Query::prefix("a")).value(), (std::vector<std::string>{"a", "a/1"}));
  EXPECT_EQ(db->series_list(Query::all().limit(2)).value(), (std::vector<std::string>{"a", "a/1"}));
  EXPECT_EQ(db->series_list(Query::all().between(2, std::nullopt)).value(),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(db->count(Query::prefix("a")).value(), 7u);
}

TEST(Reading, a_damaged_table_is_an_error_and_with_skip_damaged_an_absence) {
  Database db;
  for (int i = 0; i < 100; ++i) db.put("k", i, i);
  db.flush();
  db.put("m", 1, "sound");
  const auto directory = db.options().file_system->open_directory("/db").value();
  std::string table;
  const auto names = directory->list().value();
  for (const std::string& name : names) {
    if (name.ends_with(".table")) table = name;
  }
  auto file = directory->open(table, OpenMode::read_write).value();
  const std::byte garbage[4] = {};
  const std::span<const std::byte> piece(garbage);
  ASSERT_TRUE(file->write_at(20, std::span(&piece, 1)));

  const auto found = db->query(Query::all());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::corruption);
  EXPECT_NE(found.error().where.find(".table @ "), std::string::npos) << found.error().where;
  EXPECT_EQ(db->get("k", 1).error().code, Errc::corruption);
  EXPECT_EQ(db->query(Query::all(), ReadOptions().skip_damaged(true)).value().size(), 1u);
  auto scan = db->scan(Query::all()).value();
  for (const RecordView& record : scan) EXPECT_EQ(record.key(), "m");
  EXPECT_FALSE(scan.status()) << "an error ends the loop, and says so";
}

TEST(Reading, the_cache_stays_within_its_budget_and_is_hit) {
  Options options = small_options();
  options.block_cache_bytes = 256 << 10;
  Database db(options);
  for (int part = 0; part < 50; ++part) {
    WriteBatch batch;
    for (int i = 0; i < 1'000; ++i) batch.put("k", part * 1'000 + i, i * 0.5);
    db.write(std::move(batch));
  }
  db.flush();
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(db.count(Query::all()), 50'000u);
    EXPECT_LE(db->stats().cache_bytes, options.block_cache_bytes);
  }
  ASSERT_TRUE(db.get("k", 7));
  const std::uint64_t hits = db->stats().cache_hits;
  ASSERT_TRUE(db.get("k", 8));
  EXPECT_GT(db->stats().cache_hits, hits);
}

TEST(Reading, a_wrong_clock_that_is_set_right_hides_nothing_for_ever) {
  Database db;
  const Timestamp now = db.clock().wall();
  db.put("k", now, 1, std::chrono::hours(1));
  db.clock().step_wall(std::chrono::hours(24 * 3'650));
  EXPECT_FALSE(db.get("k", now)) << "by that clock it has expired";
  db.clock().set_wall(now);
  EXPECT_TRUE(db.get("k", now));
  db.clock().step_wall(-std::chrono::hours(12));
  EXPECT_TRUE(db.get("k", now));
  db.put("later", now, 1, std::chrono::hours(1));
  EXPECT_TRUE(db.get("later", now));
}

TEST(Reading, a_clock_that_is_slewed_back_lets_nothing_reappear) {
  Database db;
  const Timestamp now = db.clock().wall();
  db.put("k", now, 1, std::chrono::seconds(10));
  db.clock().advance(std::chrono::seconds(11));
  EXPECT_FALSE(db.get("k", now));
  db.clock().step_wall(-std::chrono::seconds(5));
  EXPECT_FALSE(db.get("k", now));
}

}  // namespace
}  // namespace varve::test
