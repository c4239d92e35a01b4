// What stats() tells beside what the tests of each part look at.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/database.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

void fill(Database& db, int first, int count) {
  WriteBatch batch;
  for (int i = first; i < first + count; ++i) batch.put("key", i, 0.5 * i);
  db.write(std::move(batch));
}

TEST(Statistics, count_no_flush_that_opening_made) {
  Options options = small_options();
  Database db(options);
  for (int i = 0; i < 5; ++i) db.put("large", i, std::string(50'000, 'x'));
  // Less fits into memory from now on, so that opening has to flush what it replays.
  db.options().memtable_bytes = std::size_t{64} << 10;
  db.reopen();
  EXPECT_GT(db->stats().tables, 0u) << "opening flushed nothing";
  EXPECT_EQ(db->stats().flushes, 0u);
  EXPECT_EQ(db->stats().flush_bytes, 0u);
  EXPECT_EQ(db->stats().flush_latency.count, 0u);
  EXPECT_FALSE(db->stats().last_flush_at);
  db.put("k", 1, 1.0);
  db.flush();
  EXPECT_GE(db->stats().flushes, 1u);
}

TEST(Statistics, tell_when_the_engine_opened) {
  Database db;
  const Timestamp first = db.clock().wall();
  EXPECT_EQ(db->stats().started_at, first);
  db.clock().advance(1h);
  EXPECT_EQ(db->stats().started_at, first);
  db.reopen();
  EXPECT_EQ(db->stats().started_at, db.clock().wall());
}

TEST(Statistics, tell_when_something_was_done_last) {
  Database db;
  fill(db, 0, 100);
  EXPECT_FALSE(db->stats().last_flush_at);
  db.flush();
  const Timestamp flushed = db.clock().wall();
  EXPECT_EQ(db->stats().last_flush_at, flushed);

  db.clock().advance(1min);
  fill(db, 50, 100);
  db.flush();
  db.clock().advance(1min);
  EXPECT_EQ(db->stats().last_flush_at, flushed + 60'000'000);
  EXPECT_FALSE(db->stats().last_compaction_at);
  db.compact();
  EXPECT_EQ(db->stats().last_compaction_at, db.clock().wall());

  db.clock().advance(1min);
  EXPECT_FALSE(db->stats().last_collection_at);
  db.collect();
  EXPECT_EQ(db->stats().last_collection_at, db.clock().wall());
}

TEST(Statistics, count_what_the_memtables_hold) {
  Database db;
  EXPECT_EQ(db->stats().memtable_records, 0u);
  fill(db, 0, 100);
  db.erase("key", 1);
  EXPECT_EQ(db->stats().memtable_records, 101u) << "the delete is one";
  db.flush();
  EXPECT_EQ(db->stats().memtable_records, 0u);
  fill(db, 0, 10);
  db.reopen();
  EXPECT_EQ(db->stats().memtable_records, 10u) << "what was replayed";
}

TEST(Statistics, tell_how_well_what_was_flushed_packs) {
  Database db;
  EXPECT_EQ(db->stats().compression_ratio(), 0.0);
  WriteBatch batch;
  for (int i = 0; i < 2'000; ++i) batch.put("number", i, 1.5);
  for (int i = 0; i < 2'000; ++i) batch.put("text", i, "word");
  db.write(std::move(batch));
  db.flush();
  const Stats stats = db->stats();
  EXPECT_EQ(stats.flush_given_bytes, stats.bytes_written) << "nothing was replaced";
  EXPECT_EQ(stats.flush_given_bytes, 2'000u * (6 + 8 + 8) + 2'000u * (4 + 8 + 4));
  EXPECT_DOUBLE_EQ(stats.compression_ratio(), static_cast<double>(stats.flush_given_bytes) /
                                                  static_cast<double>(stats.flush_bytes));
  EXPECT_GT(stats.compression_ratio(), 5.0);
}

// Written too late.

/// At a clock of one hour past 1970, with a TTL of ten minutes.
class Late : public testing::Test {
 protected:
  Late() : db_(options()) { db_.clock().set_wall(hour); }

  static Options options() {
    Options options = small_options();
    options.default_ttl = 10min;
    return options;
  }
  static WriteBatch batch_at(std::initializer_list<Timestamp> times) {
    WriteBatch batch;
    for (const Timestamp ts : times) batch.put("k", ts, 1.0);
    return batch;
  }

  static constexpr Timestamp hour = 3'600'000'000;
  static constexpr Timestamp ttl = 600'000'000;
  Database db_;
};

TEST_F(Late, records_are_told_of_by_the_receipt_and_counted) {
  const Receipt none = db_->write(batch_at({hour, hour - ttl + 1})).value();
  EXPECT_EQ(none.expired, 0u);
  const Receipt some = db_->write(batch_at({0, hour - ttl, hour})).value();
  EXPECT_EQ(some.expired, 2u);
  EXPECT_EQ(db_.count(Query::all()), 2u) << "as a read sees it";
  EXPECT_EQ(db_->stats().records_written_expired, 2u);
  EXPECT_EQ(db_->stats().records_written, 5u);
}

TEST_F(Late, is_judged_by_the_ttl_that_holds_for_the_record) {
  WriteBatch own;
  own.put("k", 1, 1.0, 2h);
  EXPECT_EQ(db_->write(std::move(own)).value().expired, 0u);
  EXPECT_EQ(db_->write(batch_at({2}), WriteOptions().ttl(2h)).value().expired, 0u);
  EXPECT_EQ(db_->write(batch_at({3}), WriteOptions().ttl(1min)).value().expired, 1u);
}

TEST_F(Late, deletes_and_labels_never_are) {
  WriteBatch batch;
  batch.erase("k", 1);
  batch.erase_prefix("a", TimeRange(0, 10));
  batch.describe("k", Labels{{"a", "b"}});
  EXPECT_EQ(db_->write(std::move(batch)).value().expired, 0u);
}

TEST_F(Late, records_of_several_batches_are_told_of_together) {
  std::vector<WriteBatch> batches;
  batches.push_back(batch_at({1, 2}));
  batches.push_back(batch_at({hour}));
  batches.push_back(batch_at({3}));
  EXPECT_EQ(db_->write_many(std::move(batches)).value().expired, 3u);
}

TEST_F(Late, records_are_not_counted_again_when_the_log_is_replayed) {
  db_.write(batch_at({1, 2}));
  db_.reopen();
  EXPECT_GT(db_->recovery_report().records_replayed, 0u);
  EXPECT_EQ(db_->stats().records_written_expired, 0u);
}

}  // namespace
}  // namespace varve::test
