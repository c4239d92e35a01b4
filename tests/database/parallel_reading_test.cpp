#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/random.hpp"

namespace varve::test {
namespace {

Options large_options() {
  Options options = small_options();
  options.memtable_bytes = std::size_t{16} << 20;
  options.wal_bytes = std::size_t{32} << 20;
  options.queue_bytes = std::size_t{4} << 20;
  return options;
}

ReadOptions with_threads(std::size_t threads) { return ReadOptions().threads(threads); }

/// 130,000 records of long and short series, half of them in tables, of every type; some replaced,
/// deleted, or expired.
class ParallelReading : public testing::Test {
 protected:
  ParallelReading() {
    Random random(7);
    for (int round = 0; round < 2; ++round) {
      for (int series = 0; series < 8; ++series) {
        write("long/" + std::to_string(series), 6'000, round * 5'000, series, random);
      }
      for (int series = 0; series < 2'000; ++series) {
        write("short/" + std::to_string(series), 10, round * 8, series, random);
      }
      if (round == 0) db_.flush();
    }
    db_.erase_range("long/3", "long/4", TimeRange(1'000, 2'000));
  }

  void write(const std::string& key, Timestamp count, Timestamp first, int kind, Random& random) {
    WriteBatch batch;
    for (Timestamp ts = first; ts < first + count; ++ts) {
      const std::optional<Duration> ttl =
          random.chance(0.02) ? std::optional(Duration(random.between(1, 100))) : std::nullopt;
      switch (kind % 4) {
        case 0: batch.put(key, ts, 0.5 * static_cast<double>(ts), ttl); break;
        case 1: batch.put(key, ts, std::int64_t{ts}, ttl); break;
        case 2: batch.put(key, ts, ts % 3 == 0, ttl); break;
        default: batch.put(key, ts, "value " + std::to_string(ts), ttl); break;
      }
    }
    db_.write(std::move(batch));
  }

  void expect_same(const Query& query) {
    const std::vector<Record> wanted = db_.query(query);
    for (const std::size_t threads : {1u, 2u, 5u}) {
      EXPECT_EQ(db_.query(query, with_threads(threads)), wanted) << threads << " threads";
      EXPECT_EQ(db_->count(query, with_threads(threads)).value(), wanted.size());
      auto scan = db_->scan(query, with_threads(threads)).value();
      std::size_t at = 0;
      for (const RecordView& record : scan) {
        ASSERT_LT(at, wanted.size());
        ASSERT_EQ(Record(record), wanted[at++]);
      }
      EXPECT_TRUE(scan.status());
      EXPECT_EQ(at, wanted.size());
    }
  }

  Database db_{large_options()};
};

TEST_F(ParallelReading, gives_the_same_records_in_the_same_order) {
  expect_same(Query::all());
  expect_same(Query::all().newest_first());
  expect_same(Query::prefix("long/1").between(500, 3'500));
  expect_same(Query::key("long/7"));
  expect_same(Query::prefix("nothing"));
}

TEST_F(ParallelReading, keeps_to_limits) {
  expect_same(Query::all().limit(60'001));
  expect_same(Query::all().limit(5));
  expect_same(Query::all().per_series(3).newest_first());
  expect_same(Query::all().per_series(7).limit(10'000));
}

TEST_F(ParallelReading, aggregates_the_same) {
  const auto query = Query::all();
  const auto wanted = db_->aggregate(query, Aggregation::mean).value();
  EXPECT_EQ(db_->aggregate(query, Aggregation::mean, with_threads(3)).value(), wanted);
}

TEST_F(ParallelReading, may_end_before_it_has_given_all) {
  for (int records : {0, 1, 50'000}) {
    auto scan = db_->scan(Query::all(), with_threads(4)).value();
    for (const RecordView& record : scan) {
      if (records-- == 0) break;
      ASSERT_FALSE(record.key().empty());
    }
  }
}

TEST_F(ParallelReading, sees_one_moment_while_writes_go_on) {
  auto scan = db_->scan(Query::all(), with_threads(2)).value();
  const std::size_t wanted = db_.count(Query::all());
  db_.put("long/0", -1, 1.0);
  db_.put("zzz", 1, 1.0);
  std::size_t records = 0;
  for ([[maybe_unused]] const RecordView& record : scan) ++records;
  EXPECT_EQ(records, wanted);
}

/// Zeros in the first table: a quarter of it, among its blocks, or all from there up to its footer,
/// which takes the index along.
void damage_first_table(Database& db, bool also_index) {
  constexpr std::uint64_t footer_size = 128;
  db.close();
  const auto directory = db.options().file_system->open_directory("/db").value();
  const std::vector<std::string> names = directory->list().value();
  const auto table =
      std::ranges::find_if(names, [](const std::string& name) { return name.ends_with(".table"); });
  ASSERT_NE(table, names.end());
  const auto file = directory->open(*table, OpenMode::read_write).value();
  const std::uint64_t size = file->size().value();
  // What lies in one block alone may have been replaced by later rows.
  const std::uint64_t offset = size / 4;
  const std::vector<std::byte> zeros(also_index ? size - footer_size - offset : size / 4);
  const std::array<std::span<const std::byte>, 1> pieces{zeros};
  ASSERT_TRUE(file->write_at(offset, pieces));
  db.open();
}

TEST_F(ParallelReading, passes_over_the_same_damage_when_asked) {
  db_.flush();
  const std::size_t all = db_.count(Query::all());
  for (const bool also_index : {false, true}) {
    damage_first_table(db_, also_index);
    const auto left = db_.query(Query::all(), ReadOptions().skip_damaged(true));
    EXPECT_LT(left.size(), all);
    EXPECT_EQ(db_.query(Query::all(), with_threads(3).skip_damaged(true)), left);
  }
}

TEST_F(ParallelReading, says_of_damage_where_it_comes_to_it) {
  db_.flush();
  damage_first_table(db_, false);
  auto scan = db_->scan(Query::all(), with_threads(3)).value();
  for ([[maybe_unused]] const RecordView& record : scan) {
  }
  EXPECT_EQ(scan.status().error().code, Errc::corruption);
  EXPECT_EQ(db_->count(Query::all(), with_threads(3)).error().code, Errc::corruption);
}

}  // namespace
}  // namespace varve::test
