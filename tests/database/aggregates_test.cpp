#include <gtest/gtest.h>

#include <asio/use_future.hpp>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/plain_aggregates.hpp"
#include "tests/support/random.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;
using Answers = std::vector<Aggregate>;

constexpr Timestamp hour = 3'600'000'000;
constexpr Timestamp begin = 1'700'000'000'000'000 / hour * hour;

std::vector<Aggregation> every_function() {
  return {Aggregation::count, Aggregation::sum,           Aggregation::min,
          Aggregation::max,   Aggregation::mean,          Aggregation::first,
          Aggregation::last,  Aggregation::stddev,        Aggregation::increase,
          Aggregation::rate,  Aggregation::quantile(0.9), Aggregation::quantile(0.5)};
}

/// Overwrites, late records, deletes and records that expire, over a day of six series.
void write_at_random(Database& db, Random& random, int batches) {
  const std::vector<std::string> keys = {"p/1/a", "p/1/b", "p/2/a", "p", "q/1/a", "q/1/b"};
  for (int i = 0; i < batches; ++i) {
    WriteBatch batch;
    for (int j = 0; j < 50; ++j) {
      const std::string& key = random.pick(keys);
      const Timestamp ts = begin + random.between(-300, 1'140) * 60'000'000;
      const bool whole = random.chance(0.4);
      const double value = std::round(random.fraction() * 1e4) / 100;
      const Value written = random.chance(0.02)   ? Value(std::numeric_limits<double>::quiet_NaN())
                            : random.chance(0.03) ? Value(stale_marker)
                            : random.chance(0.02) ? Value("text")
                            : random.chance(0.02) ? Value(value * 1e-12)
                            : whole               ? Value(random.between(0, 1'000))
                                                  : Value(value);
      const auto ttl = random.chance(0.2) ? std::optional<Duration>(3h) : std::nullopt;
      if (random.chance(0.05)) {
        batch.erase(key, ts);
      } else {
        batch.put(key, ts, written.view(), ttl);
      }
    }
    if (random.chance(0.1)) {
      const Timestamp from = begin + random.between(-5, 18) * hour;
      batch.erase_prefix(random.pick(keys), TimeRange(from, from + hour / 3));
    }
    db.write(std::move(batch));
  }
}

void compare_all_functions(Database& db, Random& random) {
  const std::vector<Duration> widths = {1min, 7min, 1h, 24h};
  const std::vector<Fill> fills = {Fill::none, Fill::null, Fill::previous, Fill::linear};
  for (Aggregation aggregation : every_function()) {
    if (random.chance(0.9)) {
      aggregation = aggregation.every(random.pick(widths)).fill(random.pick(fills));
      if (random.chance(0.5))
        aggregation = aggregation.offset(Duration(random.between(-hour, hour)));
    }
    if (random.chance(0.5)) aggregation = aggregation.group_by_prefix(1 + random.below(2));
    Query query = random.chance(0.5) ? Query::all() : Query::prefix("p/");
    if (random.chance(0.5))
      query.between(begin + random.between(-9, 9) * hour / 7, begin + 9 * hour);
    if (random.chance(0.4)) query.newest_first();
    if (random.chance(0.2)) query.per_series(100);
    const auto answers = db->aggregate(query, aggregation);
    ASSERT_TRUE(answers) << answers.error().message();
    const auto expected =
        plain_aggregates(db.query(query), query.range(), query.is_newest_first(), aggregation);
    ASSERT_TRUE(expected);
    EXPECT_EQ(difference_of(*answers, *expected), "") << aggregation.name();
  }
}

TEST(Aggregates, equal_what_the_records_themselves_give) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(describe_seed(seed));
  Random random(seed);
  Database db;
  db.clock().set_wall(begin);
  for (int round = 0; round < 4; ++round) {
    SCOPED_TRACE(round);
    write_at_random(db, random, 40);
    compare_all_functions(db, random);
    db.flush();
    compare_all_functions(db, random);
    write_at_random(db, random, 5);
    db.clock().advance(2h);
    compare_all_functions(db, random);
    db.flush();
    db.compact();
    compare_all_functions(db, random);
    db.collect();
    compare_all_functions(db, random);
  }
}

/// Long series of one type each, in tables, and a few records that came late, went, or expire.
void write_long_series(Database& db, Random& random) {
  for (const char* key : {"p/1/a", "p/1/b", "p/2/a"}) {
    const bool whole = std::string_view(key) == "p/1/b";
    double walk = 20;
    for (Timestamp day = 0; day < 8; ++day) {
      WriteBatch batch;
      for (Timestamp minute = 0; minute < 1'440; ++minute) {
        walk += static_cast<double>(random.between(-9, 9)) / 100;
        const Value value = whole                   ? Value(random.between(0, 1'000))
                            : random.chance(0.0003) ? Value(stale_marker)
                                                    : Value(walk);
        batch.put(key, begin + (day * 1'440 + minute) * 60'000'000, value.view());
      }
      db.write(std::move(batch));
    }
  }
  db.flush();
  db.compact();
  for (int i = 0; i < 20; ++i) {
    db.put("p/1/a", begin + random.between(0, 2'000) * 60'000'000 + 7, 1e6);
    db.erase("p/1/b", begin + random.between(9'000, 11'000) * 60'000'000);
    db.put("p/2/a", begin + random.between(0, 1'000) * 60'000'000, -5.0, 1h);
  }
}

TEST(Aggregates, of_whole_blocks_equal_what_the_records_themselves_give) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(describe_seed(seed));
  Random random(seed);
  Options options = small_options();
  options.memtable_bytes = std::size_t{4} << 20;
  options.wal_bytes = std::size_t{16} << 20;
  options.queue_bytes = std::size_t{1} << 20;
  Database db(options);
  db.clock().set_wall(begin);
  write_long_series(db, random);
  const std::vector<Duration> widths = {24h, 48h, 24h * 8};
  for (const bool in_tables : {false, true}) {
    for (int round = 0; round < 3; ++round) {
      for (Aggregation aggregation : every_function()) {
        if (random.chance(0.7)) aggregation = aggregation.every(random.pick(widths));
        if (random.chance(0.3)) aggregation = aggregation.group_by_prefix(2);
        Query query = Query::all();
        if (random.chance(0.3)) query.between(begin + random.between(0, 40) * hour, std::nullopt);
        if (random.chance(0.4)) query.newest_first();
        if (random.chance(0.2)) query.per_series(5'000);
        if (random.chance(0.2)) query.limit(15'000);
        const auto answers = db->aggregate(query, aggregation);
        ASSERT_TRUE(answers) << answers.error().message();
        const auto expected =
            plain_aggregates(db.query(query), query.range(), query.is_newest_first(), aggregation);
        ASSERT_TRUE(expected);
        ASSERT_EQ(difference_of(*answers, *expected), "") << aggregation.name();
      }
    }
    if (!in_tables) {
      db.clock().advance(2h);
      db.flush();
    }
  }
}

TEST(Aggregates, do_not_decode_blocks_that_they_take_whole) {
  Options options = small_options();
  options.memtable_bytes = std::size_t{4} << 20;
  options.wal_bytes = std::size_t{16} << 20;
  options.queue_bytes = std::size_t{1} << 20;
  Database db(options);
  WriteBatch batch;
  for (int i = 0; i < 20'000; ++i) batch.put("a", i, i * 0.25);
  for (int i = 0; i < 20'000; ++i) batch.put("b", i, std::int64_t{i});
  db.write(std::move(batch));
  db.flush();
  db.reopen();
  const std::uint64_t before = db->stats().cache_misses;
  for (const std::size_t threads : {1u, 2u}) {
    const ReadOptions read = ReadOptions().threads(threads);
    for (const Aggregation& aggregation :
         {Aggregation::sum, Aggregation::mean, Aggregation::max, Aggregation::last,
          Aggregation::sum.every(Duration(10'000))}) {
      EXPECT_EQ(db->aggregate(Query::all(), aggregation, read).value().size(),
                aggregation.every() ? 4u : 2u);
    }
    EXPECT_EQ(db->count(Query::all(), read), 40'000u);
  }
  EXPECT_LE(db->stats().cache_misses - before, 20u) << "some forty blocks";
}

TEST(Aggregates, of_the_largest_numbers_have_the_same_bits_in_memory_and_in_tables) {
  for (const auto& [count, below] : {std::pair(4, 0x1p1022), std::pair(32, 0x1p1019)}) {
    Database db;
    for (int i = 0; i < count; ++i) db.put("k", i, std::nextafter(below, 0.0));
    const Answers greatest = {{"k", std::numeric_limits<double>::max()}};
    EXPECT_EQ(db->aggregate(Query::all(), Aggregation::sum).value(), greatest) << "in memory";
    db.flush();
    EXPECT_EQ(db->aggregate(Query::all(), Aggregation::sum).value(), greatest) << "in a table";
  }
}

TEST(Aggregates, of_a_snapshot_stay) {
  Database db;
  for (int i = 0; i < 100; ++i) db.put("k", i, i);
  const Aggregation sum = Aggregation::sum.every(10us);
  const ReadOptions options = ReadOptions().snapshot(db->snapshot().value());
  const Answers before = db->aggregate(Query::all(), sum, options).value();
  db.erase_range("", std::nullopt);
  db.put("k", 5, 1e9);
  EXPECT_EQ(db->aggregate(Query::all(), sum, options).value(), before);
  EXPECT_EQ(db->aggregate(Query::all(), sum).value(), (Answers{{"k", 1e9, 0}}));
}

TEST(Aggregates, join_series_by_the_value_of_a_label) {
  Database db;
  const std::vector<std::pair<const char*, const char*>> rooms = {
      {"a", "hall"}, {"b", "attic"}, {"c", "hall"}};
  for (const auto& [key, room] : rooms) {
    ASSERT_TRUE(db->describe(key, Labels{{"room", room}}));
  }
  for (const char* key : {"a", "b", "c", "d"}) db.put(key, 10, key[0] - 'a' + 1);
  const Aggregation sum = Aggregation::sum.group_by_label("room");
  const Answers expected = {{"", 4.0}, {"attic", 2.0}, {"hall", 4.0}};
  EXPECT_EQ(db->aggregate(Query::all(), sum).value(), expected);
  db.flush();
  EXPECT_EQ(db->aggregate(Query::all(), sum).value(), expected);
  EXPECT_EQ(
      db->aggregate(Query::all().with(Matcher::equals("room", "hall")), sum.every(10us)).value(),
      (Answers{{"hall", 4.0, 10}}));
  const ReadOptions before = ReadOptions().snapshot(db->snapshot().value());
  ASSERT_TRUE(db->describe("c", Labels{{"room", "attic"}}));
  EXPECT_EQ(db->aggregate(Query::all(), sum, before).value(), expected);
  EXPECT_EQ(db->aggregate(Query::all(), sum).value(),
            (Answers{{"", 4.0}, {"attic", 5.0}, {"hall", 1.0}}));
  EXPECT_EQ(db->aggregate(Query::all(), sum.group_by_prefix(1)).error().where,
            "aggregate: both group_by_prefix() and group_by_label()");
}

TEST(Aggregates, refuse_before_they_read) {
  Database db;
  const auto refused = db->aggregate(Query::all(), Aggregation::mean.every(0us));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

/// A reading a minute for a day, of two series.
void write_a_day(Database& db) {
  for (const char* key : {"plant/a", "plant/b"}) {
    WriteBatch batch;
    for (Timestamp i = 0; i < 1'440; ++i) {
      batch.put(key, begin + i * 60'000'000, static_cast<double>(i % 60) + 0.5);
    }
    db.write(std::move(batch));
  }
}

TEST(Downsample, writes_a_record_for_each_bucket_and_function) {
  Database db;
  write_a_day(db);
  const auto written =
      db->downsample(Query::prefix("plant/"), 1h, {Aggregation::mean, Aggregation::max}, "hourly/");
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(*written, 2u * 2 * 24);
  EXPECT_EQ(db->series_list(Query::prefix("hourly/")).value(),
            (std::vector<std::string>{"hourly/plant/a/max", "hourly/plant/a/mean",
                                      "hourly/plant/b/max", "hourly/plant/b/mean"}));
  const auto means = db.query(Query::key("hourly/plant/a/mean"));
  ASSERT_EQ(means.size(), 24u);
  EXPECT_EQ(means[3], Record("hourly/plant/a/mean", begin + 3 * hour, 30.0));
}

TEST(Downsample, done_again_replaces_what_it_wrote) {
  Database db;
  write_a_day(db);
  const auto run = [&] {
    return db->downsample(Query::prefix("plant/"), 1h, {Aggregation::sum}, "hourly/").value();
  };
  EXPECT_EQ(run(), 48u);
  db.put("plant/a", begin, 1'000.5);
  EXPECT_EQ(run(), 48u);
  EXPECT_EQ(db.count(Query::prefix("hourly/")), 48u);
  EXPECT_EQ(db.get("hourly/plant/a/sum", begin)->value(), Value(60.0 * 30 + 1'000));
}

TEST(Downsample, of_groups_and_gaps_writes_what_aggregate_gives) {
  Database db;
  write_a_day(db);
  db.erase_range("plant/", "plant0", TimeRange(begin + hour, begin + 4 * hour));
  const Aggregation mean = Aggregation::mean.group_by_prefix(1).fill(Fill::linear).offset(30min);
  EXPECT_EQ(db->downsample(Query::prefix("plant/"), 2h, {mean}, "of-").value(), 13u);
  const Answers answers = db->aggregate(Query::prefix("plant/"), mean.every(2h)).value();
  ASSERT_EQ(answers.size(), 13u);
  for (const Aggregate& answer : answers) {
    EXPECT_EQ(db.get("of-plant//mean", answer.ts)->value(), answer.value);
  }
}

TEST(Downsample, gives_a_series_without_labels_those_of_its_source) {
  Database db;
  write_a_day(db);
  const Labels hall = Labels{{"room", "hall"}, {"unit", "C"}}.leave_with_records();
  ASSERT_TRUE(db->describe("plant/a", hall));
  ASSERT_TRUE(db->describe("hourly/plant/a/max", Labels{{"room", "attic"}}));
  const std::vector<Aggregation> functions = {Aggregation::mean, Aggregation::max};
  const auto written = db->downsample(Query::prefix("plant/"), 1h, functions, "hourly/");
  EXPECT_EQ(written.value(), 2u * 2 * 24) << "labels are no records";
  EXPECT_EQ(db->labels("hourly/plant/a/mean").value(), hall);
  EXPECT_EQ(db->labels("hourly/plant/a/max").value(), (Labels{{"room", "attic"}}));
  EXPECT_TRUE(db->labels("hourly/plant/b/mean").value().empty());
}

TEST(Downsample, of_groups_by_label_gives_each_its_label) {
  Database db;
  write_a_day(db);
  ASSERT_TRUE(db->describe("plant/a", Labels{{"room", "hall"}, {"unit", "C"}}));
  const Aggregation mean = Aggregation::mean.group_by_label("room");
  EXPECT_EQ(db->downsample(Query::prefix("plant/"), 1h, {mean}, "rooms/").value(), 48u);
  EXPECT_EQ(db->labels("rooms/hall/mean").value(), (Labels{{"room", "hall"}}));
  EXPECT_TRUE(db->labels("rooms//mean").value().empty());
}

TEST(Downsample, gives_its_records_the_writes_ttl_and_leaves_nulls_out) {
  Database db;
  db.clock().set_wall(begin);
  db.put("k", begin, 1);
  const Query query = Query::key("k").between(begin, begin + 10 * hour);
  EXPECT_EQ(
      db->downsample(query, 1h, {Aggregation::count.fill(Fill::null)}, "n/", WriteOptions().ttl(2h))
          .value(),
      1u);
  EXPECT_EQ(db.get("n/k/count", begin)->expires_at(), begin + 2 * hour);
}

TEST(Downsample, refuses_what_cannot_go_well) {
  Database db;
  const auto refusal = [&](const Query& query, std::vector<Aggregation> functions,
                           std::string_view target) {
    const auto written = db->downsample(query, 1h, std::move(functions), target);
    EXPECT_FALSE(written);
    if (written) return std::string();
    EXPECT_EQ(written.error().code, Errc::invalid_argument);
    return written.error().where;
  };
  const std::string feeds = "downsample: the query reads keys that begin with the target prefix ";
  EXPECT_EQ(refusal(Query::all(), {Aggregation::mean}, "x/"), feeds + "\"x/\"");
  EXPECT_EQ(refusal(Query::prefix("plant/"), {Aggregation::mean}, "plant/hourly/"),
            feeds + "\"plant/hourly/\"");
  EXPECT_EQ(refusal(Query::key("plant/a"), {Aggregation::mean}, ""), feeds + "\"\"");
  EXPECT_EQ(refusal(Query::prefix("a"), {}, "b"), "aggregate: no function");
  EXPECT_EQ(refusal(Query::prefix("a"), {Aggregation::mean.every(1h)}, "b"),
            "downsample: functions come without every()");
  EXPECT_EQ(refusal(Query::prefix("a"), {Aggregation::mean, Aggregation::sum.offset(1us)}, "b"),
            "aggregate: functions of one call agree in buckets, fill and groups");
}

TEST(Downsample, writes_more_than_a_memtable_without_a_thread) {
  Options options = small_options();
  options.threadless = true;
  Database db(options);
  for (Timestamp part = 0; part < 20; ++part) {
    WriteBatch batch;
    for (Timestamp i = 0; i < 500; ++i) {
      batch.put("k", (part * 500 + i) * 1'000'000, static_cast<double>(i) * 0.1);
    }
    db.write(std::move(batch));
    while (db->step().value()) {
    }
  }
  const auto written =
      db->downsample(Query::key("k"), 1s, every_function(), "long/" + std::string(200, 'x'));
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(*written, 10'000u * 12 - 2);
  EXPECT_EQ(db.count(Query::prefix("long/")), *written);
}

TEST(Downsample, has_an_asynchronous_twin_and_works_in_memory) {
  Engine engine = Engine::open_in_memory().value();
  for (Timestamp ts = 0; ts < 100; ++ts)
    ASSERT_TRUE(engine.append(engine.series("k").value(), ts, ts));
  EXPECT_EQ(
      engine.async_downsample(Query::key("k"), 10us, {Aggregation::sum}, "d/", {}, asio::use_future)
          .get(),
      10u);
  EXPECT_EQ(engine.latest("d/k/sum").value()->value(), Value(945.0));
}

}  // namespace
}  // namespace varve::test
