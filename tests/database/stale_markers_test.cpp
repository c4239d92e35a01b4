// Records whose value is a stale marker: kept as they came, and no readings to an aggregate.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/database.hpp"

namespace varve {
namespace {

using test::Database;
using test::small_options;

using Answers = std::vector<Aggregate>;

const std::array every_function = {
    Aggregation::count,    Aggregation::sum,   Aggregation::min,          Aggregation::max,
    Aggregation::mean,     Aggregation::first, Aggregation::last,         Aggregation::stddev,
    Aggregation::increase, Aggregation::rate,  Aggregation::quantile(0.5)};

/// So large a memtable that blocks are sealed, and that a table has some with statistics.
Options large_options() {
  Options options = small_options();
  options.memtable_bytes = std::size_t{4} << 20;
  options.wal_bytes = std::size_t{16} << 20;
  options.queue_bytes = std::size_t{1} << 20;
  return options;
}

constexpr Timestamp rows = 8'000;

/// Whether the n-th row of a scraped series is a marker: the first and the last ones, one amid a
/// block of readings, and a whole block of them.
bool is_marker(Timestamp n) {
  return n == 0 || n == rows - 1 || n == 2'500 || (n >= 4'000 && n < 6'000);
}

/// "with" has readings and markers, "without" the same readings alone, "only" markers alone.
void write_scraped(Database& db) {
  for (Timestamp first = 0; first < rows; first += 1'000) {
    WriteBatch batch;
    for (Timestamp n = first; n < first + 1'000; ++n) {
      const double reading = 20 + static_cast<double>(n % 100) / 10;
      batch.put("only", n, stale_marker);
      batch.put("with", n, is_marker(n) ? stale_marker : reading);
      if (!is_marker(n)) batch.put("without", n, reading);
    }
    db.write(std::move(batch));
  }
}

Answers answers_of(Database& db, const Query& query, const Aggregation& aggregation,
                   const ReadOptions& options = {}) {
  auto answers = db->aggregate(query, aggregation, options);
  EXPECT_TRUE(answers) << answers.error().message();
  Answers found = *std::move(answers);
  for (Aggregate& answer : found) answer.key.clear();
  return found;
}

void expect_passed_over(Database& db) {
  constexpr Duration width(700);
  for (const Aggregation& function : every_function) {
    for (const Aggregation& aggregation :
         {function, function.every(width), function.every(width).fill(Fill::null),
          function.every(width).fill(Fill::previous)}) {
      for (const bool newest_first : {false, true}) {
        SCOPED_TRACE(aggregation.name() + (newest_first ? ", newest first" : ""));
        Query with = Query::key("with").between(1, rows - 1);
        Query without = Query::key("without").between(1, rows - 1);
        if (newest_first) {
          with.newest_first();
          without.newest_first();
        }
        EXPECT_EQ(answers_of(db, with, aggregation), answers_of(db, without, aggregation));
        EXPECT_EQ(answers_of(db, Query::key("only"), aggregation), Answers());
      }
    }
  }
}

/// As reads of records have them: bit for bit, and counted.
void expect_kept(Database& db) {
  EXPECT_EQ(db->count(Query::key("only")).value(), static_cast<std::uint64_t>(rows));
  EXPECT_EQ(db->count(Query::key("with")).value(), static_cast<std::uint64_t>(rows));
  const auto records = db.query(Query::key("with"));
  ASSERT_EQ(records.size(), static_cast<std::size_t>(rows));
  for (Timestamp n = 0; n < rows; ++n) {
    const Record& record = records[static_cast<std::size_t>(n)];
    ASSERT_EQ(is_stale_marker(record.value().as_double()), is_marker(n)) << n;
  }
  EXPECT_TRUE(is_stale_marker(db.latest("with")->value().as_double()));
  EXPECT_TRUE(is_stale_marker(db.get("with", 2'500)->value().as_double()));
  EXPECT_EQ(db->series_list(Query::all()).value(),
            (std::vector<std::string>{"only", "with", "without"}));
}

TEST(StaleMarkers, are_no_readings_wherever_they_lie) {
  Database db(large_options());
  write_scraped(db);
  const std::vector<std::pair<const char*, std::function<void()>>> places = {
      {"in memory", [] {}},
      {"in a table", [&] { db.flush(); }},
      {"compacted", [&] { db.compact(); }},
      {"opened anew", [&] { db.reopen(); }}};
  for (const auto& [place, go] : places) {
    SCOPED_TRACE(place);
    go();
    expect_passed_over(db);
    expect_kept(db);
  }
}

TEST(StaleMarkers, are_no_readings_out_of_the_log_either) {
  Database db(large_options());
  write_scraped(db);
  db.reopen();
  expect_passed_over(db);
  expect_kept(db);
}

TEST(StaleMarkers, are_passed_over_by_each_of_several_threads) {
  Database db(large_options());
  write_scraped(db);
  db.flush();
  const ReadOptions threads = ReadOptions().threads(4);
  for (const Aggregation& function : every_function) {
    EXPECT_EQ(answers_of(db, Query::key("with"), function, threads),
              answers_of(db, Query::key("without"), function))
        << function.name();
  }
}

TEST(StaleMarkers, have_no_part_in_a_group) {
  Database db;
  WriteBatch batch;
  batch.put("p/a", 7, 1.0);
  batch.put("p/b", 7, stale_marker);
  batch.put("p/c", 7, 4.0);
  batch.put("q/a", 7, stale_marker);
  db.write(std::move(batch));
  for (const bool in_tables : {false, true}) {
    SCOPED_TRACE(in_tables);
    if (in_tables) db.flush();
    const auto grouped = [&](const Aggregation& function) {
      return db->aggregate(Query::all(), function.group_by_prefix(1)).value();
    };
    EXPECT_EQ(grouped(Aggregation::sum), (Answers{{"p/", 5.0}}));
    EXPECT_EQ(grouped(Aggregation::count), (Answers{{"p/", 2}}));
    EXPECT_EQ(grouped(Aggregation::last), (Answers{{"p/", 4.0}}));
  }
}

TEST(StaleMarkers, count_where_a_query_limits_its_records) {
  Database db;
  db.put("a", 1, stale_marker);
  db.put("a", 2, 2.0);
  db.put("a", 3, 3.0);
  EXPECT_EQ(db->aggregate(Query::key("a").limit(2), Aggregation::count).value(),
            (Answers{{"a", 1}}));
  EXPECT_EQ(db->count(Query::key("a").limit(2)).value(), 2U);
}

TEST(StaleMarkers, are_not_written_by_a_downsample) {
  Database db;
  db.put("in/a", 0, 1.0);
  db.put("in/a", 5, stale_marker);
  db.put("in/a", 10, stale_marker);
  EXPECT_EQ(db->downsample(Query::prefix("in/"), Duration(10),
                           {Aggregation::last, Aggregation::count}, "out/")
                .value(),
            2U);
  EXPECT_EQ(db.query(Query::prefix("out/")),
            (std::vector<Record>{Record("out/in/a/count", 0, 1), Record("out/in/a/last", 0, 1.0)}));
}

TEST(StaleMarkers, differ_from_every_other_nan) {
  Database db;
  db.put("a", 1, std::numeric_limits<double>::quiet_NaN());
  db.put("a", 2, 2.0);
  EXPECT_EQ(db->aggregate(Query::key("a"), Aggregation::count).value(), (Answers{{"a", 2}}));
  const auto sum = db->aggregate(Query::key("a"), Aggregation::sum).value();
  ASSERT_EQ(sum.size(), 1U);
  EXPECT_TRUE(std::isnan(sum.front().value->as_double()));
}

}  // namespace
}  // namespace varve
