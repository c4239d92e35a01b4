// What an engine of this kind got wrong before this one, a case each: wrong answers. The numbers
// go on in lessons_durability_test.cpp and lessons_threads_test.cpp.

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/database.hpp"

namespace varve::test {
namespace {

std::string numbered(std::string_view prefix, std::size_t number) {
  std::string digits = std::to_string(number);
  return std::string(prefix) + std::string(6 - digits.size(), '0') + digits;
}

/// Flushes after each of its parts, so that the records lie in several tables.
void write_in_parts(Database& db, std::size_t keys, std::size_t parts) {
  for (std::size_t part = 0; part < parts; ++part) {
    for (std::size_t i = part; i < keys; i += parts) {
      db.put(numbered("key", i), static_cast<Timestamp>(i), static_cast<double>(i));
    }
    db.flush();
  }
}

/// A large table of "k", from 0 on by microseconds, below which small newer ones are joined where
/// they are: to merge them with the large one does not pay.
class LargeBelowSmall {
 public:
  static constexpr std::size_t rows = 4'000;

  LargeBelowSmall() : db_(threadless()) {
    WriteBatch batch;
    for (int i = 0; i < static_cast<int>(rows); ++i) batch.put("k", i, i * 0.37);
    db_.write(std::move(batch));
    db_.flush();
    db_.compact();
    EXPECT_EQ(db_->stats().levels[1].tables, 1u);
  }
  Database& db() { return db_; }
  void join_small() {
    while (db_->step().value()) {
    }
    EXPECT_GE(db_->stats().compactions, 2u);
    EXPECT_LE(db_->stats().levels[0].tables, 1u);
    EXPECT_EQ(db_->stats().levels[1].tables, 1u);
  }

 private:
  static Options threadless() {
    Options options = small_options();
    options.threadless = true;
    return options;
  }

  Database db_;
};

TEST(Lessons, l01_every_key_is_found_after_compaction_which_keeps_order) {
  Database db;
  write_in_parts(db, 3'000, 7);
  db.compact();
  const auto records = db.query(Query::all());
  ASSERT_EQ(records.size(), 3'000u);
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(records[i].key(), numbered("key", i));
    ASSERT_TRUE(db.get(records[i].key(), static_cast<Timestamp>(i))) << i;
  }
}

TEST(Lessons, l02_the_newest_wins_across_tables) {
  Database db;
  for (int value = 1; value <= 5; ++value) {
    db.put("k", 10, value);
    db.flush();
  }
  EXPECT_EQ(db.get("k", 10)->value(), Value(5));
  EXPECT_EQ(db.count(Query::key("k")), 1u);
  db.compact();
  EXPECT_EQ(db.get("k", 10)->value(), Value(5));
  EXPECT_EQ(db.count(Query::key("k")), 1u);
  db.put("k", 10, 6);
  db.flush();
  EXPECT_EQ(db.get("k", 10)->value(), Value(6)) << "over what was compacted";
  EXPECT_EQ(db.latest("k")->value(), Value(6));
  EXPECT_EQ(db.count(Query::key("k")), 1u);
}

TEST(Lessons, l03_a_delete_holds_across_tables_flush_and_compaction) {
  Database db;
  db.put("k", 1, 1.0);
  db.put("k", 2, 2.0);
  db.flush();
  db.compact();
  db.erase("k", 1);
  EXPECT_FALSE(db.get("k", 1));
  db.flush();
  EXPECT_FALSE(db.get("k", 1));
  EXPECT_EQ(db.count(Query::all()), 1u);
  db.compact();
  db.collect();
  EXPECT_FALSE(db.get("k", 1));
  EXPECT_EQ(db.count(Query::all()), 1u);
  db.reopen();
  EXPECT_FALSE(db.get("k", 1));
}

TEST(Lessons, l03_a_delete_outlives_a_compaction_that_does_not_meet_what_it_deletes) {
  LargeBelowSmall it;
  for (int i = 0; i < 4; ++i) {
    it.db().erase("k", 1'000 * i);
    it.db().flush();
  }
  it.join_small();
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(it.db().get("k", 1'000 * i)) << i;
  EXPECT_EQ(it.db().count(Query::key("k")), LargeBelowSmall::rows - 4);
}

TEST(Lessons, l04_latest_respects_deletes_and_sees_all_tables) {
  Database db;
  db.put("k", 5, "in the oldest table, and the latest");
  db.flush();
  db.put("k", 3, "newer, but earlier");
  db.flush();
  db.put("k", 4, "in memory");
  EXPECT_EQ(db.latest("k")->ts(), 5);
  db.erase("k", 5);
  EXPECT_EQ(db.latest("k")->ts(), 4);
  db.flush();
  db.erase("k", 4);
  EXPECT_EQ(db.latest("k")->ts(), 3);
  db.erase("k", 3);
  EXPECT_FALSE(db.latest("k"));

  // Tables that reach as far, so that none is newer than the other by its times alone.
  db.put("both", 8, 1);
  db.put("both", 9, 1);
  db.flush();
  db.put("both", 2, 2);
  db.erase("both", 9);
  db.flush();
  EXPECT_EQ(db.latest("both")->ts(), 8);
}

TEST(Lessons, l05_a_range_delete_hides_what_came_before_and_nothing_after_from_every_read) {
  Database db;
  const auto check = [&](const char* when) {
    SCOPED_TRACE(when);
    EXPECT_FALSE(db.get("a/1", 10));
    EXPECT_TRUE(db.get("a/1", 30)) << "outside the range of time";
    EXPECT_EQ(db.get("a/1", 11)->value(), Value("after"));
    EXPECT_EQ(db.latest("a/2")->ts(), 11);
    EXPECT_FALSE(db.latest("a/3"));
    EXPECT_EQ(db.count(Query::prefix("a/")), 3u);
    EXPECT_EQ(db.count(Query::all().between(0, 20)), 3u) << "a/1 and a/2 at 11, b at 10";
    EXPECT_TRUE(db.get("b", 10)) << "outside the range of keys";
  };
  db.put("a/1", 10, "before");
  db.put("a/1", 30, "before");
  db.put("a/2", 10, "before");
  db.put("a/3", 10, "before");
  db.put("b", 10, "before");
  db.flush();
  db.put("a/2", 15, "before, in memory");
  db.erase_range("a/", "a0", TimeRange(0, 20));
  db.put("a/1", 11, "after");
  db.put("a/2", 11, "after");
  check("in memory");
  db.flush();
  check("flushed");
  // Once to write it into a new manifest, and once to read it there.
  db.reopen();
  db.reopen();
  check("reopened before compaction");
  db.compact();
  db.collect();
  check("compacted");
  db.reopen();
  check("reopened");
}

TEST(Lessons, l06_a_series_longer_than_a_block_is_found_whole) {
  Database db;
  constexpr int records = 10'240;
  WriteBatch batch;
  for (int i = 0; i < 100; ++i) batch.put("lon", i, i);  // So that blocks end in the middle.
  for (int i = 0; i < records; ++i) batch.put("long", i, i);
  batch.put("longer", 0, 0);
  db.write(std::move(batch));
  for (const char* when : {"in memory", "flushed", "compacted"}) {
    SCOPED_TRACE(when);
    EXPECT_EQ(db.count(Query::key("long")), static_cast<std::size_t>(records));
    for (const int at : {0, 1'023, 1'024, 5'000, records - 1}) {
      const auto record = db.get("long", at);
      ASSERT_TRUE(record) << at;
      EXPECT_EQ(record->value(), Value(at));
    }
    EXPECT_EQ(db.latest("long")->ts(), records - 1);
    if (db->stats().tables == 0) {
      db.flush();
    } else {
      db.compact();
    }
  }
}

TEST(Lessons, l07_a_time_range_inside_a_long_block_finds_its_rows) {
  Database db;
  WriteBatch batch;
  for (int i = 0; i < 5'000; ++i) batch.put("k", i * 10, i);
  db.write(std::move(batch));
  for (const char* when : {"before flush", "after flush"}) {
    SCOPED_TRACE(when);
    const auto records = db.query(Query::key("k").between(7'005, 7'055));
    ASSERT_EQ(records.size(), 5u);
    EXPECT_EQ(records.front().ts(), 7'010);
    EXPECT_EQ(records.back().ts(), 7'050);
    db.flush();
  }
}

TEST(Lessons, l08_open_bounds_and_keys_of_any_byte_work) {
  Database db;
  const std::vector<std::string> keys = {std::string("\0", 1), "a", "~", "\x7f", "\xff",
                                         "\xff\xff\x01"};
  for (const char* when : {"in memory", "flushed"}) {
    SCOPED_TRACE(when);
    for (const std::string& key : keys) {
      db.put(key, std::numeric_limits<Timestamp>::min(), 1);
      db.put(key, std::numeric_limits<Timestamp>::max(), 2);
    }
    db.put("~", 0, 0);
    EXPECT_EQ(db.count(Query::all()), 13u);
    EXPECT_EQ(db.count(Query::all().between(std::nullopt, 0)), 6u) << "the end does not belong";
    EXPECT_EQ(db.count(Query::all().between(0, std::nullopt)), 7u);
    EXPECT_EQ(db.count(Query::keys("~", std::nullopt)), 9u);
    EXPECT_EQ(db.count(Query::keys(std::nullopt, "~")), 4u);
    EXPECT_EQ(db.count(Query::prefix("\xff")), 4u);
    EXPECT_EQ(db.count(Query::prefix("\xff\xff")), 2u);
    EXPECT_EQ(db.latest("\xff")->ts(), std::numeric_limits<Timestamp>::max());
    db.flush();
  }
}

TEST(Lessons, l16_keys_and_values_over_their_limits_are_refused_never_truncated) {
  Options options = small_options();
  options.queue_bytes = options.memtable_bytes = std::size_t{64} << 20;
  options.wal_bytes = std::size_t{256} << 20;
  Database db(options);
  const std::string longest_key(65'535, 'k');
  const std::string longest_value(std::size_t{16} << 20, 'v');
  db.put(longest_key, 1, longest_value);
  EXPECT_EQ(db.get(longest_key, 1)->value().as_bytes(), longest_value);

  const auto refused = [&](std::string_view key, std::string_view value) {
    WriteBatch batch;
    batch.put("fine", 1, 1.0);
    batch.put(key, 1, value);
    const auto receipt = db->write(std::move(batch));
    return !receipt && receipt.error().code == Errc::invalid_argument;
  };
  EXPECT_TRUE(refused(longest_key + "k", "v"));
  EXPECT_TRUE(refused("k", longest_value + "v"));
  EXPECT_TRUE(refused("", "v"));
  EXPECT_EQ(db.count(Query::all()), 1u) << "nothing of a refused batch is written";
}

TEST(Lessons, l17_an_explicit_expiry_beats_the_default_ttl) {
  Options options = small_options();
  options.default_ttl = std::chrono::hours(1);
  Database db(options);
  const Timestamp now = db.clock().wall();
  db.put("by default", now, 1);
  db.put("its own", now, 1, std::chrono::hours(3));
  db.write([&] {
    WriteBatch batch;
    batch.put(Record("explicit", now, 1, now + Duration(std::chrono::hours(3)).count()).view());
    return batch;
  }());
  EXPECT_EQ(db.get("by default", now)->expires_at(), now + 3'600'000'000);
  db.clock().advance(std::chrono::hours(2));
  EXPECT_FALSE(db.get("by default", now));
  EXPECT_TRUE(db.get("its own", now));
  EXPECT_TRUE(db.get("explicit", now));
  db.flush();
  EXPECT_FALSE(db.get("by default", now));
  EXPECT_TRUE(db.get("explicit", now));
}

TEST(Lessons, l19_a_scan_stays_lazy_whatever_the_range) {
  Options options = small_options();
  options.block_cache_bytes = 0;
  Database db(options);
  for (int part = 0; part < 40; ++part) {
    WriteBatch batch;
    for (int i = 0; i < 1'000; ++i) batch.put("k", part * 1'000 + i, i);
    db.write(std::move(batch));
  }
  db.flush();
  db.compact();
  // A scan that is left after its first block has read little, and not all blocks there are.
  const std::uint64_t before = db->stats().cache_misses;
  {
    auto scan = db->scan(Query::all()).value();
    ASSERT_TRUE(scan.next_block().value());
  }
  const std::uint64_t first_block = db->stats().cache_misses - before;
  {
    auto scan = db->scan(Query::all()).value();
    std::size_t records = 0;
    for (const RecordView& record : scan) records += record.ts() >= 0 ? 1 : 0;
    ASSERT_TRUE(scan.status());
    EXPECT_EQ(records, 40'000u);
  }
  const std::uint64_t all_blocks = db->stats().cache_misses - before - first_block;
  EXPECT_LE(first_block, 4u);
  EXPECT_GE(all_blocks, 30u);
}

TEST(Lessons, l22_an_expired_record_never_uncovers_the_older_one_it_replaced) {
  Database db;
  const Timestamp now = db.clock().wall();
  const auto check = [&](const char* when) {
    SCOPED_TRACE(when);
    EXPECT_FALSE(db.get("k", now));
    EXPECT_FALSE(db.latest("k"));
    EXPECT_EQ(db.count(Query::all()), 0u);
  };
  db.put("k", now, "old, without a TTL");
  db.flush();
  db.put("k", now, "new, with one", std::chrono::minutes(1));
  db.clock().advance(std::chrono::hours(1));
  check("in memory");
  db.flush();
  check("flushed");
  db.collect();
  check("collected");
  db.compact();
  check("compacted");
  db.collect();
  db.reopen();
  check("reopened");
}

TEST(Lessons, l22_what_expired_hides_on_after_a_compaction_that_does_not_meet_the_older_one) {
  LargeBelowSmall it;
  for (int i = 0; i < 4; ++i) {
    it.db().put("k", 1'000 * i, "for a second", std::chrono::seconds(1));
    it.db().flush();
  }
  it.join_small();
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(it.db().get("k", 1'000 * i)) << i;
  EXPECT_EQ(it.db().count(Query::key("k")), LargeBelowSmall::rows - 4);
}

}  // namespace
}  // namespace varve::test
