// What has expired or was deleted leaves the disk while nobody asks for it, however little is
// written.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/support/database.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

Options threadless_options() {
  Options options = small_options();
  options.threadless = true;
  return options;
}

void rest(Database& db) {
  while (db->step().value()) {
  }
}

/// Rows in tables, those that are hidden included, but for deletes.
std::uint64_t records_in_tables(Database& db) {
  const Stats stats = db->stats();
  std::uint64_t records = 0;
  for (const Stats::Level& level : stats.levels) records += level.records;
  return records;
}

TEST(Keeping, of_ten_series_every_ten_minutes_with_a_ttl_takes_the_room_of_what_is_alive) {
  Options options = threadless_options();
  options.memtable_bytes = std::size_t{32} << 20;
  options.wal_bytes = std::size_t{128} << 20;
  options.default_ttl = 48h;
  Database db(options);
  db.clock().set_synchronised(false);
  constexpr std::uint64_t readings_a_day = 6 * 24;
  for (std::uint64_t reading = 0; reading < 20 * readings_a_day; ++reading) {
    WriteBatch batch;
    for (int series = 0; series < 10; ++series) {
      batch.put("series" + std::to_string(series), db.clock().wall(), 21.5);
    }
    db.write(std::move(batch));
    rest(db);
    db.clock().advance(10min);
  }
  constexpr std::uint64_t alive = 2 * readings_a_day * 10;
  EXPECT_EQ(db->count(Query::all()).value(), alive - 10) << "the oldest has just expired";
  const Stats stats = db->stats();
  EXPECT_LE(records_in_tables(db), 2 * alive);
  EXPECT_LE(stats.memtable_bytes, std::uint64_t{256} << 10);
  EXPECT_LE(stats.wal_bytes, std::uint64_t{512} << 10);
  EXPECT_LE(stats.tables, 40u);
}

TEST(Keeping, of_what_was_deleted_record_by_record_ends_by_itself) {
  Database db(threadless_options());
  const Timestamp start = db.clock().wall();
  constexpr int minutes = 2'000;
  for (int minute = 0; minute < minutes; ++minute) {
    WriteBatch batch;
    for (int series = 0; series < 10; ++series) {
      batch.put("s" + std::to_string(series), db.clock().wall(), minute * 0.37);
    }
    // As the readings of a day ago have been sent on.
    for (int series = 0; series < 10 && minute >= 1'440; ++series) {
      batch.erase("s" + std::to_string(series), db.clock().wall() - Duration(24h).count());
    }
    db.write(std::move(batch));
    db.clock().advance(1min);
    rest(db);
  }
  for (int series = 0; series < 10; ++series) {
    WriteBatch batch;
    for (int minute = minutes - 1'440; minute < minutes; ++minute) {
      batch.erase("s" + std::to_string(series), start + minute * Duration(1min).count());
    }
    db.write(std::move(batch));
  }
  EXPECT_EQ(db->count(Query::all()).value(), 0u);
  for (int hours = 0; hours < 48; ++hours) {
    db.clock().advance(1h);
    rest(db);
  }
  EXPECT_LE(records_in_tables(db), 200u) << "of 20,000";
}

TEST(Keeping, leaves_nothing_to_look_through_for_what_is_latest_after_many_deletes) {
  Options options = threadless_options();
  options.block_cache_bytes = 0;
  Database db(options);
  constexpr int records = 50'000;
  for (int first = 0; first < records; first += 500) {
    WriteBatch batch;
    for (int ts = first; ts < first + 500; ++ts) batch.put("sent", ts, ts * 0.37);
    db.write(std::move(batch));
    rest(db);
  }
  db.put("kept", records, 1);
  for (int first = 0; first < records; first += 500) {
    WriteBatch batch;
    for (int ts = first; ts < first + 500; ++ts) batch.erase("sent", ts);
    db.write(std::move(batch));
    rest(db);
  }
  for (int hours = 0; hours < 24; ++hours) {
    db.clock().advance(1h);
    rest(db);
  }
  const std::uint64_t before = db->stats().cache_misses;
  EXPECT_FALSE(db.latest("sent"));
  EXPECT_LE(db->stats().cache_misses - before, 4u);
}

TEST(Keeping, moves_what_waits_in_memory_to_tables_unless_it_is_told_never_to) {
  for (const bool never_flushes : {false, true}) {
    Options options = threadless_options();
    if (never_flushes) options.flush_after = Duration::max();
    Database db(options);
    db.put("k", 1, 1);
    rest(db);
    db.clock().advance(24h * 365);
    rest(db);
    EXPECT_EQ(db->stats().tables, never_flushes ? 0u : 1u);
    EXPECT_TRUE(db.get("k", 1));
  }
}

}  // namespace
}  // namespace varve::test
