#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve {
namespace {

using namespace std::chrono_literals;
using test::Database;
using test::small_options;

using Keys = std::vector<std::string>;

void describe(Database& db, std::string_view key, const Labels& labels) {
  const auto receipt = db->describe(key, labels);
  ASSERT_TRUE(receipt) << receipt.error().message();
}

Keys series(Database& db, const Query& query, const ReadOptions& options = {}) {
  auto keys = db->series_list(query, options);
  EXPECT_TRUE(keys) << keys.error().message();
  return keys.value_or(Keys{"?"});
}

Query with(const Matcher& matcher) { return Query::all().with(matcher); }

/// Two records each of four series, of which three are described.
void fill_plant(Database& db) {
  describe(db, "p1/temp", {{"room", "hall 1"}, {"unit", "C"}});
  describe(db, "p2/temp", {{"room", "hall 2"}, {"unit", "C"}});
  describe(db, "p2/volt", {{"room", "hall 2"}, {"unit", "V"}});
  for (const char* key : {"p1/temp", "p2/temp", "p2/volt", "p3/plain"}) {
    db.put(key, 10, 1.5);
    db.put(key, 20, 2.5);
  }
}

/// What every read says of fill_plant()'s labels.
void expect_plant(Database& db, const ReadOptions& options = {}) {
  const Query hall2 = with(Matcher::equals("room", "hall 2"));
  EXPECT_EQ(series(db, hall2, options), (Keys{"p2/temp", "p2/volt"}));
  EXPECT_EQ(db->count(hall2, options).value(), 4U);
  const auto volts =
      db.query(Query(hall2).with(Matcher::equals("unit", "V")).between(15, 25), options);
  ASSERT_EQ(volts.size(), 1U);
  EXPECT_EQ(volts.front().key(), "p2/volt");
  EXPECT_EQ(volts.front().ts(), 20);
  const auto means = db->aggregate(hall2, Aggregation::mean, options).value();
  ASSERT_EQ(means.size(), 2U);
  EXPECT_EQ(means[1].key, "p2/volt");
  // A missing label counts as an empty one, so what was never described matches.
  EXPECT_EQ(series(db, with(Matcher::not_equals("room", "hall 2")), options),
            (Keys{"p1/temp", "p3/plain"}));
  EXPECT_EQ(series(db, with(Matcher::equals("room", "")), options), (Keys{"p3/plain"}));
  EXPECT_EQ(series(db, Query::prefix("p2/").with(Matcher::matches("unit", "[CV]")), options),
            (Keys{"p2/temp", "p2/volt"}));
  EXPECT_EQ(series(db, Query::key("p1/temp").with(Matcher::one_of("unit", {"C", "F"})), options),
            (Keys{"p1/temp"}));
  EXPECT_EQ(db->labels("p2/volt", options).value(), (Labels{{"room", "hall 2"}, {"unit", "V"}}));
  EXPECT_EQ(db->labels("p3/plain", options).value(), Labels());
  EXPECT_EQ(db->label_names(Query::all(), options).value(), (Keys{"room", "unit"}));
  EXPECT_EQ(db->label_values("room", Query::all(), options).value(), (Keys{"hall 1", "hall 2"}));
  EXPECT_EQ(db->label_values("unit", Query::prefix("p1/"), options).value(), (Keys{"C"}));
}

TEST(Labels, choose_series_in_every_read) {
  Database db;
  fill_plant(db);
  expect_plant(db);
}

TEST(Labels, survive_flush_compaction_collection_and_restarts) {
  Options options = small_options();
  options.default_ttl = 24h;
  Database db(options);
  db.clock().set_wall(0);
  fill_plant(db);
  for (const bool asked_before : {false, true}) {
    SCOPED_TRACE(asked_before);
    if (asked_before) expect_plant(db);
    db.reopen();
    expect_plant(db);
    db.flush();
    expect_plant(db);
    db.compact();
    db.collect();
    expect_plant(db);
    db.reopen();
    expect_plant(db);
  }
  // The default TTL is for records alone.
  db.clock().advance(25h);
  db.collect();
  db.reopen();
  EXPECT_EQ(db->labels("p2/volt").value().size(), 2U);
  EXPECT_EQ(db->label_names().value(), (Keys{"room", "unit"}));
  EXPECT_EQ(series(db, with(Matcher::equals("room", "hall 2"))), Keys());
}

TEST(Labels, are_replaced_whole_and_removed) {
  Database db;
  fill_plant(db);
  expect_plant(db);
  describe(db, "p2/volt", {{"floor", "1"}});
  EXPECT_EQ(series(db, with(Matcher::equals("room", "hall 2"))), (Keys{"p2/temp"}));
  EXPECT_EQ(db->label_names().value(), (Keys{"floor", "room", "unit"}));
  EXPECT_EQ(db->label_values("unit").value(), (Keys{"C"}));
  describe(db, "p2/volt", {});
  EXPECT_EQ(db->labels("p2/volt").value(), Labels());
  EXPECT_EQ(db->label_names().value(), (Keys{"room", "unit"}));
  db.reopen();
  EXPECT_EQ(db->label_names().value(), (Keys{"room", "unit"}));
  EXPECT_EQ(series(db, with(Matcher::equals("floor", ""))),
            (Keys{"p1/temp", "p2/temp", "p2/volt", "p3/plain"}));
}

TEST(Labels, do_not_show_among_records) {
  Database db;
  describe(db, "only/described", {{"a", "b"}});
  describe(db, "\xFF\xFF", {{"a", "b"}});
  db.put("x", 0, 1.0);
  db.flush();
  EXPECT_EQ(db.query(Query::all()).size(), 1U);
  EXPECT_EQ(db.get("only/described", 0), std::nullopt);
  EXPECT_EQ(db.latest("only/described"), std::nullopt);
  EXPECT_EQ(series(db, with(Matcher::equals("a", "b"))), Keys());
  // Neither are they deleted with them.
  db.erase_range("", {});
  EXPECT_EQ(db->label_values("a").value(), (Keys{"b"}));
  EXPECT_EQ(db.count(Query::all()), 0U);
}

TEST(Labels, of_a_snapshot_stay_as_they_were) {
  for (const bool asked_before : {false, true}) {
    SCOPED_TRACE(asked_before);
    Database db;
    fill_plant(db);
    if (asked_before) expect_plant(db);
    const ReadOptions before = ReadOptions().snapshot(db->snapshot().value());
    describe(db, "p3/plain", {{"room", "hall 2"}});
    describe(db, "p2/volt", {});
    db.erase_range("p2/temp", {}, {});
    db.flush();
    db.compact();
    EXPECT_EQ(db->label_values("unit").value(), (Keys{"C"}));
    expect_plant(db, before);
    const ReadOptions after = ReadOptions().snapshot(db->snapshot().value());
    EXPECT_EQ(db->labels("p2/volt", after).value(), Labels());
    EXPECT_EQ(db->label_values("unit", Query::all(), after).value(), (Keys{"C"}));
  }
}

TEST(Labels, of_a_batch_come_with_its_records) {
  Database db;
  WriteBatch batch;
  batch.describe("k", {{"a", "1"}});
  batch.put("k", 1, 1.0);  // The same key, of the other space.
  batch.erase_range("", {});
  batch.put("k", 2, 2.0);
  batch.describe("k", {{"a", "2"}});
  db.write(std::move(batch));
  EXPECT_EQ(db.query(with(Matcher::equals("a", "2"))), (std::vector<Record>{Record("k", 2, 2.0)}));
  EXPECT_EQ(db->label_values("a").value(), (Keys{"2"}));
}

TEST(Labels, over_a_limit_are_refused_whole) {
  Database db;
  const auto refused = [&](std::string_view key, const Labels& labels, std::string_view says) {
    const auto receipt = db->describe(key, labels);
    ASSERT_FALSE(receipt);
    EXPECT_EQ(receipt.error().code, Errc::invalid_argument);
    EXPECT_NE(receipt.error().where.find(says), std::string::npos) << receipt.error().where;
  };
  refused("", {{"a", "b"}}, "an empty key");
  refused("k", {{"a", ""}}, "'a' has an empty value");
  refused("k", {{std::string(256, 'n'), "b"}}, "at most 255");
  refused("k", {{"a", "1"}, {"a", "2"}}, "twice");
  EXPECT_EQ(db->labels("k").value(), Labels());
  EXPECT_EQ(db->labels("").error().code, Errc::invalid_argument);
  const auto bad = db->query(with(Matcher::matches("a", "(")));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::invalid_argument);
  EXPECT_NE(bad.error().where.find("missing"), std::string::npos) << bad.error().where;
}

TEST(Labels, survive_a_power_cut_and_replay) {
  const auto disk = std::make_shared<test::SimulatedDisk>();
  Options options = small_options();
  options.file_system = disk;
  Database before(options);
  fill_plant(before);
  ASSERT_TRUE(before->sync());
  describe(before, "p2/volt", {});
  options.file_system = disk->after(test::PowerCut::lose_unsynced());
  Database db(options);
  expect_plant(db);
  EXPECT_NE(db->recovery_report().batches_replayed, 0U);
}

TEST(Labels, leave_with_the_last_record_where_that_was_asked_for) {
  Database db;
  fill_plant(db);
  describe(db, "p1/temp", Labels({{"room", "hall 1"}}).leave_with_records());
  db.collect();
  EXPECT_EQ(db->labels("p1/temp").value().value_of("room"), "hall 1");
  EXPECT_TRUE(db->labels("p1/temp").value().leaves_with_records());
  db.erase("p1/temp", 10);
  db.collect();
  EXPECT_EQ(db->label_values("room").value(), (Keys{"hall 1", "hall 2"}));
  db.erase("p1/temp", 20);
  db.erase_range("p2/", "p3/");
  db.collect();
  EXPECT_EQ(db->labels("p1/temp").value(), Labels());
  EXPECT_EQ(db->label_values("room").value(), (Keys{"hall 2"}));
  EXPECT_EQ(db->labels("p2/temp").value().size(), 2U);  // That was not asked for.
  db.reopen();
  EXPECT_EQ(db->label_values("room").value(), (Keys{"hall 2"}));
}

TEST(Labels, leave_when_the_last_record_has_expired) {
  Database db;
  for (int i = 0; i < 200; ++i) {
    const std::string key = "k" + std::to_string(i);
    WriteBatch batch;
    batch.describe(key, Labels({{"number", std::to_string(i)}}).leave_with_records());
    batch.put(key, db.clock().wall(), 1.0, i % 2 == 0 ? 1h : 3h);
    db.write(std::move(batch));
  }
  EXPECT_EQ(db->label_values("number").value().size(), 200U);
  db.flush();
  db.clock().advance(2h);
  db.collect();
  EXPECT_EQ(db->label_values("number").value().size(), 100U);
  EXPECT_EQ(db->labels("k0").value(), Labels());
  EXPECT_EQ(db->labels("k1").value().size(), 1U);
}

TEST(Labels, leave_in_the_background_too) {
  Options options = small_options();
  options.threadless = true;
  Database db(options);
  WriteBatch batch;
  batch.describe("k", Labels({{"a", "b"}}).leave_with_records());
  batch.put("k", 1, 1.0);
  db.write(std::move(batch));
  const auto step_on = [&] {
    db.clock().advance(2min);
    while (db->step().value()) {
    }
  };
  step_on();
  EXPECT_EQ(db->labels("k").value().size(), 1U);
  db.erase("k", 1);
  step_on();
  EXPECT_EQ(db->labels("k").value(), Labels());
}

// A record is written at each place in turn at which the collection reads the disk: also where it
// has seen that the series is empty, and has not removed its labels yet.
TEST(Labels, never_leave_a_series_that_has_come_back) {
  int rounds_that_wrote = 0;
  for (int place = 1; place <= 12; ++place) {
    const auto disk = std::make_shared<test::SimulatedDisk>();
    Options options = small_options();
    options.file_system = disk;
    options.block_cache_bytes = 0;
    Database db(options);
    WriteBatch batch;
    batch.describe("k", Labels({{"a", "b"}}).leave_with_records());
    batch.put("k", 1, 1.0);
    db.write(std::move(batch));
    db.flush();
    db.erase("k", 1);
    db.flush();
    db.collect();  // Now there is only the label record, or it has gone.
    describe(db, "k", Labels({{"a", "b"}}).leave_with_records());
    db.flush();

    int reads = 0;
    bool wrote = false;
    disk->on_call([&](test::Call call, const std::string& path) {
      if (call != test::Call::read || !path.ends_with(".table") || ++reads != place) return;
      wrote = true;
      db.put("k", 2, 2.0);
    });
    db.collect();
    disk->on_call({});
    if (!wrote) break;
    ++rounds_that_wrote;
    EXPECT_EQ(db->labels("k").value().size(), 1U) << "written at read " << place;
  }
  EXPECT_GE(rounds_that_wrote, 2);
}

// Invariants 1 and 2 for labels: an acknowledged describe is seen by what starts later, also while
// memtables are frozen and flushed; and labels and records of a batch are seen together.
TEST(LabelsThreads, are_seen_once_acknowledged_and_with_their_batch) {
  Database db;
  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{-1};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      WriteBatch batch;
      batch.put("k", 1, i);
      batch.describe("k", {{"number", std::to_string(i)}});
      const auto receipt = db->write(std::move(batch));
      ASSERT_TRUE(receipt) << receipt.error().message();
      acknowledged = i;
    }
  });
  std::thread keeper([&] {
    while (!stop) {
      ASSERT_TRUE(db->flush());
      ASSERT_TRUE(db->collect_garbage());
    }
  });
  const auto end = std::chrono::steady_clock::now() + 400ms;
  while (std::chrono::steady_clock::now() < end) {
    const int known = acknowledged;
    if (known < 0) continue;
    const auto values = db->label_values("number").value();
    ASSERT_EQ(values.size(), 1U);
    EXPECT_GE(std::stoi(values.front()), known);

    const ReadOptions options = ReadOptions().snapshot(db->snapshot().value());
    const std::string number = db->label_values("number", Query::all(), options).value().front();
    const auto found = db->query(with(Matcher::equals("number", number)), options).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().value(), Value(std::stoi(number)));
  }
  stop = true;
  writer.join();
  keeper.join();
}

}  // namespace
}  // namespace varve
