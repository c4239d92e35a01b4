// Series that have labels and no records: found, counted, and their labels removed on demand.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;
using Keys = std::vector<std::string>;

void describe(Database& db, std::string_view key) {
  const auto receipt = db->describe(key, {{"kind", std::string(key)}});
  ASSERT_TRUE(receipt) << receipt.error().message();
}

Keys without_records(Database& db, Query query = Query::all(), const ReadOptions& options = {}) {
  const auto keys = db->series_list(query.without_records(), options);
  EXPECT_TRUE(keys) << keys.error().message();
  return keys.value_or(Keys{"?"});
}

void forget(Database& db, const Query& query) {
  const auto collected = db->collect_garbage(CollectOptions().labels_without_records(query));
  ASSERT_TRUE(collected) << collected.error().message();
}

bool has_labels(Database& db, std::string_view key) { return !db->labels(key).value().empty(); }

/// "alive" has a record, "gone" had one, "never" had none. "plain" has one and no labels.
void fill(Database& db) {
  for (const char* key : {"alive", "gone", "never"}) describe(db, key);
  for (const char* key : {"alive", "gone", "plain"}) db.put(key, 10, 1.0);
  db.erase("gone", 10);
}

TEST(WithoutRecords, are_listed_by_keys_and_labels_wherever_they_lie) {
  Database db;
  fill(db);
  for (const char* when : {"in memory", "flushed", "compacted", "reopened"}) {
    SCOPED_TRACE(when);
    EXPECT_EQ(without_records(db), (Keys{"gone", "never"}));
    EXPECT_EQ(without_records(db, Query::prefix("g")), (Keys{"gone"}));
    EXPECT_EQ(without_records(db, Query::key("alive")), Keys());
    EXPECT_EQ(without_records(db, Query::all().with(Matcher::equals("kind", "never"))),
              (Keys{"never"}));
    EXPECT_EQ(without_records(db, Query::all().with(Matcher::not_equals("kind", "gone"))),
              (Keys{"never"}))
        << "what has no labels is none of them, though it matches";
    EXPECT_EQ(without_records(db, Query::all().limit(1)), (Keys{"gone"}));
    EXPECT_EQ(without_records(db, Query::all().limit(0)), Keys());
    if (when == std::string("in memory")) db.flush();
    if (when == std::string("flushed")) db.compact();
    if (when == std::string("compacted")) db.reopen();
  }
}

TEST(WithoutRecords, in_a_range_of_time_are_what_was_silent_then) {
  Database db;
  fill(db);
  db.put("never", 30, 1.0);
  EXPECT_EQ(without_records(db, Query::all().between(20, std::nullopt)), (Keys{"alive", "gone"}));
  EXPECT_EQ(without_records(db, Query::all().between(std::nullopt, 20)), (Keys{"gone", "never"}));
}

TEST(WithoutRecords, are_as_a_snapshot_has_them) {
  Database db;
  fill(db);
  const ReadOptions before = ReadOptions().snapshot(db->snapshot().value());
  db.erase("alive", 10);
  db.put("never", 10, 1.0);
  describe(db, "later");
  EXPECT_EQ(without_records(db), (Keys{"alive", "gone", "later"}));
  EXPECT_EQ(without_records(db, Query::all(), before), (Keys{"gone", "never"}));
  EXPECT_EQ(without_records(db, Query::all().with(Matcher::starts_with("kind", "")), before),
            (Keys{"gone", "never"}));
}

TEST(WithoutRecords, among_many_series_are_those_and_no_others) {
  Database db;
  Keys expected;
  for (int i = 0; i < 3'000; ++i) {
    const std::string key = "pod/" + std::to_string(10'000 + i);
    WriteBatch batch;
    batch.describe(key, {{"pod", key}});
    // Some of one record, some of many, and gaps of either length between those of none.
    const int records = i % 7 < 3 ? 0 : i % 500 == 10 ? 2'000 : 1;
    for (int ts = 0; ts < records; ++ts) batch.put(key, ts, 1.0);
    db.write(std::move(batch));
    if (records == 0) expected.push_back(key);
    if (i % 1'000 == 999) db.flush();
  }
  EXPECT_EQ(without_records(db), expected);
  db.compact();
  EXPECT_EQ(without_records(db), expected);
  db.collect();
  EXPECT_EQ(db->stats().series_without_records, expected.size());
}

TEST(WithoutRecords, are_for_a_list_of_series_alone) {
  Database db;
  fill(db);
  const Query query = Query::all().without_records();
  const auto expect_refused = [](const auto& outcome) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::invalid_argument);
    EXPECT_NE(outcome.error().where.find("without_records"), std::string::npos);
  };
  expect_refused(db->query(query));
  expect_refused(db->scan(query));
  expect_refused(db->count(query));
  expect_refused(db->aggregate(query, Aggregation::count));
  expect_refused(db->label_names(query));
  expect_refused(db->label_values("kind", query));
  EXPECT_TRUE(db->series_list(query));
  EXPECT_TRUE(db->described_series(query));
}

TEST(WithoutRecords, are_counted_by_a_collection_that_is_asked_for) {
  Database db;
  fill(db);
  EXPECT_FALSE(db->stats().series_without_records);
  db.collect();
  EXPECT_EQ(db->stats().series_without_records, 2u);
  db.put("never", 10, 1.0);
  EXPECT_EQ(db->stats().series_without_records, 2u) << "when they were counted last";
  db.collect();
  EXPECT_EQ(db->stats().series_without_records, 1u);
}

TEST(WithoutRecords, are_counted_in_the_background_every_hour_at_most) {
  Options options = small_options();
  options.threadless = true;
  Database db(options);
  const auto rest_for = [&](Duration time) {
    db.clock().advance(time);
    while (db->step().value()) {
    }
  };
  fill(db);
  rest_for(5min);
  EXPECT_FALSE(db->stats().series_without_records) << "not at once after the opening";
  db.erase("alive", 10);
  rest_for(1h);
  EXPECT_EQ(db->stats().series_without_records, 3u);
  db.put("gone", 20, 1.0);
  db.erase("plain", 10);
  rest_for(30min);
  EXPECT_EQ(db->stats().series_without_records, 3u);
  db.erase("plain", 11);
  rest_for(31min);
  EXPECT_EQ(db->stats().series_without_records, 2u);
}

TEST(Forgetting, takes_the_labels_of_series_without_records_that_a_query_chooses) {
  Database db;
  fill(db);
  db.collect();
  forget(db, Query::prefix("g").between(1'000, 2'000).limit(0));
  EXPECT_FALSE(has_labels(db, "gone")) << "times and limits do not matter";
  EXPECT_TRUE(has_labels(db, "never"));
  EXPECT_EQ(db->stats().series_without_records, 1u);
  forget(db, Query::all().with(Matcher::equals("kind", "alive")));
  EXPECT_TRUE(has_labels(db, "alive")) << "it has a record";
  forget(db, Query::all());
  EXPECT_FALSE(has_labels(db, "never"));
  EXPECT_TRUE(has_labels(db, "alive"));
  EXPECT_EQ(db->label_values("kind").value(), (Keys{"alive"}));
  EXPECT_EQ(db->stats().series_without_records, 0u);
  db.reopen();
  EXPECT_EQ(db->label_values("kind").value(), (Keys{"alive"}));
}

TEST(Forgetting, is_nothing_that_a_collection_does_unasked) {
  Database db;
  fill(db);
  db.collect();
  EXPECT_TRUE(has_labels(db, "gone"));
  EXPECT_TRUE(has_labels(db, "never"));
}

TEST(Forgetting, takes_the_labels_of_thousands) {
  Database db;
  for (int i = 0; i < 5'000; ++i) describe(db, "pod/" + std::to_string(i));
  describe(db, "station");
  forget(db, Query::prefix("pod/"));
  EXPECT_EQ(db->label_values("kind").value(), (Keys{"station"}));
}

TEST(Forgetting, waits_for_records_that_have_expired_by_a_clock_that_nobody_vouches_for) {
  Database db;
  db.clock().set_synchronised(false);
  describe(db, "k");
  db.put("k", db.clock().wall(), 1.0, 1h);
  db.clock().step_wall(24h * 3'650);
  EXPECT_EQ(without_records(db), (Keys{"k"}));
  forget(db, Query::all());
  EXPECT_TRUE(has_labels(db, "k"));
  ASSERT_TRUE(db->collect_garbage(
      CollectOptions(ClockTrust::vouched).labels_without_records(Query::all())));
  EXPECT_FALSE(has_labels(db, "k"));
}

// A record is written at each place in turn at which the collection reads a table: also where it
// has seen that the series is empty, and has not removed its labels yet.
TEST(Forgetting, leaves_a_series_that_has_come_back_its_labels) {
  int rounds_that_wrote = 0;
  for (int place = 1; place <= 30; ++place) {
    const auto disk = std::make_shared<SimulatedDisk>();
    Options options = small_options();
    options.file_system = disk;
    options.block_cache_bytes = 0;
    Database db(options);
    describe(db, "k");
    db.put("l", 1, 1.0);
    db.flush();
    int reads = 0;
    bool wrote = false;
    disk->on_call([&](Call call, const std::string& path) {
      if (call != Call::read || !path.ends_with(".table") || ++reads != place) return;
      wrote = true;
      db.put("k", 2, 2.0);
    });
    forget(db, Query::all());
    disk->on_call({});
    if (!wrote) break;
    ++rounds_that_wrote;
    EXPECT_TRUE(has_labels(db, "k")) << "written at read " << place;
  }
  EXPECT_GE(rounds_that_wrote, 5);
}

// The same with a description, by which the query does not choose the series any more: whether it
// came before the series was chosen or after, the labels stay.
TEST(Forgetting, leaves_a_series_that_is_described_meanwhile_its_labels) {
  int rounds_that_described = 0;
  for (int place = 1; place <= 30; ++place) {
    const auto disk = std::make_shared<SimulatedDisk>();
    Options options = small_options();
    options.file_system = disk;
    options.block_cache_bytes = 0;
    Database db(options);
    describe(db, "k");
    db.put("l", 1, 1.0);
    db.flush();
    EXPECT_EQ(db->label_values("kind").value(), (Keys{"k"})) << "and so the index is there";
    int reads = 0;
    bool described = false;
    disk->on_call([&](Call call, const std::string& path) {
      if (call != Call::read || !path.ends_with(".table") || ++reads != place) return;
      described = true;
      EXPECT_TRUE(db->describe("k", {{"kind", "other"}}));
    });
    forget(db, Query::all().with(Matcher::equals("kind", "k")));
    disk->on_call({});
    if (!described) break;
    ++rounds_that_described;
    EXPECT_TRUE(has_labels(db, "k")) << "described at read " << place;
  }
  EXPECT_GE(rounds_that_described, 5);
}

/// A table whose only block is damaged has "m/a" and "m/c", so that a walk to a series between them
/// meets the damage. Another one is sound, and expires within the hour. Labels are in memory: of
/// "m/b", which has no records, and of "m/bb", which had one, and whose labels leave with it.
class CollectionBesideDamage : public testing::Test {
 protected:
  explicit CollectionBesideDamage(bool threadless = false) : db_(options_on(disk_, threadless)) {
    db_.put("m/a", 1, 1.0);
    db_.put("m/c", 1, 1.0);
    db_.flush();
    for (const std::string& name : disk_->names("/db")) {
      if (name.ends_with(".table")) disk_->flip_bit("/db/" + name, 8 * 20);
    }
    EXPECT_FALSE(db_->query(Query::key("m/a"))) << "it is damaged";
    db_.put("e", db_.clock().wall(), 1.0, 1h);
    db_.flush();
    describe(db_, "m/b");
    describe(db_, "n");  // The filter of the table's keys would settle one alone.
    had_a_record("m/bb");
  }

  void had_a_record(std::string_view key) {
    WriteBatch batch;
    batch.describe(key, Labels({{"kind", "job"}}).leave_with_records());
    batch.put(key, 10, 1.0);
    db_.write(std::move(batch));
    db_.erase(key, 10);
  }

  static Options options_on(const std::shared_ptr<SimulatedDisk>& disk, bool threadless) {
    Options options = small_options();
    options.file_system = disk;
    options.block_cache_bytes = 0;
    options.threadless = threadless;
    // One memtable takes it all.
    options.memtable_bytes = std::size_t{8} << 20;
    options.wal_bytes = std::size_t{64} << 20;
    return options;
  }

  const std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
  Database db_;
};

TEST_F(CollectionBesideDamage, purges_and_takes_the_labels_that_leave) {
  db_.clock().advance(2h);
  const auto collected = db_->collect_garbage(ClockTrust::vouched);
  ASSERT_TRUE(collected) << collected.error().message();
  EXPECT_EQ(*collected, 1U);
  EXPECT_FALSE(has_labels(db_, "m/bb"));
  EXPECT_TRUE(has_labels(db_, "m/b"));
  EXPECT_FALSE(db_->stats().series_without_records) << "nobody can say";
}

class BackgroundBesideDamage : public CollectionBesideDamage {
 protected:
  BackgroundBesideDamage() : CollectionBesideDamage(true) {}

  void rest_for(Duration time) {
    db_.clock().advance(time);
    for (int steps = 0; steps < 10'000; ++steps) {
      const auto did = db_->step();
      if (did && !*did) return;  // What fails for damage goes on around it.
    }
    FAIL() << "it does not come to rest";
  }
};

TEST_F(BackgroundBesideDamage, comes_to_the_labels_behind_those_that_it_cannot_count) {
  // More label records than one job looks at.
  for (int part = 0; part < 10; ++part) {
    WriteBatch batch;
    for (int i = 0; i < 500; ++i) {
      const std::string key = "n/" + std::to_string(10'000 + 500 * part + i);
      batch.describe(key, {{"kind", "n"}});
    }
    db_.write(std::move(batch));
  }
  had_a_record("z");
  rest_for(61min);
  EXPECT_FALSE(has_labels(db_, "m/bb"));
  EXPECT_FALSE(has_labels(db_, "z"));
  EXPECT_TRUE(has_labels(db_, "m/b"));
  EXPECT_FALSE(db_->stats().series_without_records);
}

}  // namespace
}  // namespace varve::test
