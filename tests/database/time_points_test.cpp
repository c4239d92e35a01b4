// Times as calls take them: of std::chrono, and those that can hardly be meant.

#include <gtest/gtest.h>

#include <asio/use_future.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/database.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;

constexpr sys_seconds noon = std::chrono::sys_days(2026y / 3 / 1) + 12h;
constexpr Timestamp noon_ts = TimePoint(noon);

TEST(TimePoints, are_taken_by_every_write) {
  Database db;
  const Series series = db->series("k").value();
  WriteBatch batch;
  batch.put("k", noon, 0);
  batch.put(series, noon + 1s, 1);
  batch.put(RecordView("k", noon + 2s, 2, noon + 24h * 36'500));
  batch.put("k", noon + 10s, 10);
  batch.erase("k", noon + 10s);
  db.write(std::move(batch));
  ASSERT_TRUE(db->append(series, noon + 3s, 3));
  const std::vector<Point> points = {{series, noon + 4s, 4}};
  ASSERT_TRUE(db->append(points));
  ASSERT_TRUE(db->write(std::vector<Record>{{"k", noon + 5s, 5}}));
  ASSERT_TRUE(db->patch("k", noon + 5s, Value(6)));
  const auto records = db.query(Query::key("k"));
  ASSERT_EQ(records.size(), 6u);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].ts(), noon_ts + static_cast<Timestamp>(i) * 1'000'000);
  }
}

TEST(TimePoints, are_taken_by_every_read) {
  Database db;
  for (int second = 0; second < 10; ++second) {
    db.put("k", noon_ts + second * 1'000'000, second);
  }
  EXPECT_EQ(db->get("k", noon + 3s).value()->value(), Value(3));
  EXPECT_EQ(db->async_get("k", noon + 4s, {}, asio::use_future).get()->value(), Value(4));
  EXPECT_EQ(db->count(Query::all().between(noon + 2s, noon + 5s)).value(), 3u);
  EXPECT_EQ(db->count(Query::all().between({}, noon + 5s)).value(), 5u);
  EXPECT_EQ(Aggregation::mean.every(1min).bucket_of(noon + 90s),
            TimeRange(noon + 1min, noon + 2min));
}

TEST(TimePoints, are_taken_by_every_delete) {
  Database db;
  for (int second = 0; second < 10; ++second) {
    db.put("k", noon_ts + second * 1'000'000, second);
  }
  ASSERT_TRUE(db->erase("k", noon));
  const std::vector<std::pair<std::string, TimePoint>> some = {{"k", noon + 1s}, {"k", noon + 2s}};
  ASSERT_TRUE(db->erase_batch(some));
  ASSERT_TRUE(db->erase_prefix("k", TimeRange(noon + 8s, {})));
  EXPECT_EQ(db.count(Query::all()), 5u);
}

TEST(FarFromTheClock, a_write_counts_once_however_many_of_its_records_are) {
  Database db;
  const Timestamp now = db.clock().wall();
  WriteBatch batch;
  batch.put("k", now, 1);
  batch.put("k", now / 1'000, 2);  // Milliseconds.
  batch.put("k", now * 1'000, 3);  // Nanoseconds.
  db.write(std::move(batch));
  EXPECT_EQ(db->stats().writes_far_from_clock, 1u);
  EXPECT_NE(db->metrics_text().find("\nvarve_writes_far_from_clock_total 1\n"), std::string::npos);
}

TEST(FarFromTheClock, a_write_of_either_slip_counts) {
  Database db;
  const Timestamp now = db.clock().wall();
  db.put("k", now / 1'000, 1);
  db.put("k", now / 1'000'000, 1);
  db.put("k", now * 1'000, 1);
  EXPECT_EQ(db->stats().writes_far_from_clock, 3u);
}

TEST(FarFromTheClock, a_write_of_some_years_and_one_that_deletes_do_not_count) {
  Database db;
  const Timestamp now = db.clock().wall();
  const Timestamp years = Duration(Stats::far_from_clock).count();
  db.put("k", now, 1);
  db.put("k", now - years, 1);
  db.put("k", now + years, 1);
  db.erase("k", 0);
  ASSERT_TRUE(db->describe("k", Labels{{"room", "hall"}}));
  EXPECT_EQ(db->stats().writes_far_from_clock, 0u);
}

TEST(FarFromTheClock, a_batch_that_is_used_again_begins_anew) {
  Database db;
  const Timestamp now = db.clock().wall();
  WriteBatch batch;
  batch.put("k", 1, 1);
  ASSERT_TRUE(db->write(std::move(batch)));
  batch.put("k", now, 1);  // NOLINT(bugprone-use-after-move): empty, as promised.
  ASSERT_TRUE(db->write(std::move(batch)));
  EXPECT_EQ(db->stats().writes_far_from_clock, 1u);
}

TEST(FarFromTheClock, a_write_without_a_log_counts_too) {
  Options options = small_options();
  options.durability = Durability::none();
  Database db(options);
  db.put("k", 1, 1);
  EXPECT_EQ(db->stats().writes_far_from_clock, 1u);
}

}  // namespace
}  // namespace varve::test
