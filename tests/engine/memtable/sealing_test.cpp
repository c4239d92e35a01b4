// Blocks of a series that are encoded while they are in the memtable.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/memtable/memtable.hpp"
#include "tests/support/flat_row.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using test::append_walked;
using test::FlatRow;

constexpr auto latest = std::numeric_limits<std::uint64_t>::max();
constexpr auto any_size = std::numeric_limits<std::size_t>::max();
constexpr TimeSpan all_times;
constexpr std::uint64_t base = 500;

class Sealing : public testing::Test {
 protected:
  MemtableSeries& series(std::string_view key = "k") { return memtable_.series(key, hash_of(key)); }

  /// One row to a batch.
  void put(Timestamp ts, const Value& value, Timestamp expires_at = never) {
    memtable_.put(series(), ts, value.view(), expires_at, ++sequence_);
    rows_.push_back({"k", ts, row_type(value.type()), value, expires_at});
  }
  /// Rows of another series, until every full block had its turn.
  void pass_time() {
    for (int i = 0; i < 512 * 20; ++i) memtable_.put(series("z"), 7, "z", never, sequence_);
  }
  std::vector<FlatRow> walk(TimeSpan times, std::uint64_t sequence, bool newest_first) const {
    std::vector<FlatRow> walked;
    MemtableRows source(memtable_, *memtable_.find("k", hash_of("k")), times, sequence,
                        newest_first);
    for (RowsView piece = source.next(); !piece.empty(); piece = source.next()) {
      EXPECT_LE(piece.size(), 1024u);
      append_walked(walked, piece, newest_first);
    }
    return walked;
  }
  std::optional<FlatRow> get(Timestamp ts, std::uint64_t sequence = latest) const {
    const auto row = memtable_.get("k", hash_of("k"), ts, sequence);
    if (!row) return std::nullopt;
    return FlatRow{"k", row->ts, row->type, row->value, row->expires_at};
  }
  /// How many of the next rows are given packed, and that they are the same rows.
  std::size_t packed_rows(std::size_t size_max = any_size, std::uint64_t sequence = latest) const {
    MemtableRows source(memtable_, *memtable_.find("k", hash_of("k")), all_times, sequence, false);
    std::size_t packed = 0;
    while (true) {
      if (const auto rows = source.next_packed(size_max)) {
        EXPECT_EQ(rows->rows, 1024u);
        packed += rows->rows;
      } else if (source.next().empty()) {
        return packed;
      }
    }
  }
  /// What a reader of each of many sequences and spans has to see, where no row is overwritten.
  void expect_all() const {
    test::Random random(3);
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t seen = i == 0 ? rows_.size() : random.below(rows_.size() + 1);
      Timestamp first = random.pick(rows_).ts + random.between(-1, 1);
      Timestamp last = random.pick(rows_).ts + random.between(-1, 1);
      if (first > last) std::swap(first, last);
      const TimeSpan times = i % 3 == 0 ? all_times : TimeSpan{first, last};
      std::vector<FlatRow> expected;
      for (std::uint64_t row = 0; row < seen; ++row) {
        if (times.contains(rows_[row].ts)) expected.push_back(rows_[row]);
      }
      ASSERT_EQ(walk(times, base + seen, false), expected) << "at row " << seen;
      std::ranges::reverse(expected);
      ASSERT_EQ(walk(times, base + seen, true), expected) << "at row " << seen;

      const std::uint64_t one = random.below(rows_.size());
      ASSERT_EQ(get(rows_[one].ts), rows_[one]);
      ASSERT_EQ(get(rows_[one].ts, base + one), std::nullopt);
      ASSERT_EQ(get(rows_[one].ts, base + one + 1), rows_[one]);
      ASSERT_TRUE(memtable_.touched_since("k", hash_of("k"), rows_[one].ts, base + one));
      ASSERT_FALSE(memtable_.touched_since("k", hash_of("k"), rows_[one].ts, base + one + 1));
    }
  }

  Memtable memtable_{1, 1, base};
  std::uint64_t sequence_ = base;
  std::vector<FlatRow> rows_;  // Of "k".
};

TEST_F(Sealing, regular_numbers_read_the_same_at_every_sequence) {
  for (int i = 0; i < 5000; ++i) put(i * 10, i * 0.25);
  EXPECT_EQ(packed_rows(), 4u * 1024);
  expect_all();
}

TEST_F(Sealing, irregular_integers_with_expiries_read_the_same_at_every_sequence) {
  test::Random random(1);
  Timestamp ts = -20'000;
  for (int i = 0; i < 5000; ++i) {
    ts += random.between(1, 20);
    const bool expires = i / 1100 % 2 == 0 && random.chance(0.7);
    put(ts, random.between(-500, 500), expires ? ts + random.between(0, 9) : never);
  }
  EXPECT_EQ(packed_rows(), 4u * 1024);
  expect_all();
}

TEST_F(Sealing, flags_that_all_live_equally_long_read_the_same_at_every_sequence) {
  test::Random random(2);
  for (int i = 0; i < 3000; ++i) put(i, random.chance(0.3), i + 3'600);
  EXPECT_EQ(packed_rows(), 2u * 1024);
  expect_all();
}

TEST_F(Sealing, numbers_of_every_kind_at_the_ends_of_time_come_back_bit_for_bit) {
  using Limits = std::numeric_limits<std::int64_t>;
  put(Limits::min(), Limits::max());
  test::Random random(4);
  for (int i = 0; i < 2046; ++i) put(i, random.between(Limits::min(), Limits::max()));
  put(Limits::max() - 1, 0);
  put(Limits::max(), Limits::min());
  ASSERT_EQ(rows_.size(), 2049u);
  pass_time();
  EXPECT_EQ(packed_rows(), 2u * 1024);
  EXPECT_EQ(walk(all_times, latest, false), rows_);
  for (const std::size_t row : {0u, 1u, 1023u, 1024u, 2047u, 2048u}) {
    EXPECT_EQ(get(rows_[row].ts), rows_[row]);
    EXPECT_EQ(walk({rows_[row].ts, Limits::max()}, latest, false).size(), rows_.size() - row);
  }
}

TEST_F(Sealing, blocks_of_several_types_or_with_bytes_or_deletes_stay_as_they_are) {
  for (int i = 0; i < 1024; ++i) put(i, i % 100 == 99 ? Value(i) : Value(i * 0.5));
  for (int i = 1024; i < 2048; ++i) put(i, std::string("text"));
  for (int i = 2048; i < 3072; ++i) {
    if (i != 3000) {
      put(i, i * 0.5);
      continue;
    }
    memtable_.erase(series(), i, ++sequence_);
    rows_.push_back({"k", i, RowType::tombstone, 0.0, never});
  }
  for (int i = 3072; i < 4097; ++i) put(i, true);
  pass_time();
  EXPECT_EQ(packed_rows(), 1024u) << "the flags";
  EXPECT_EQ(walk(all_times, latest, false), rows_);
  expect_all();
}

TEST_F(Sealing, a_walk_from_before_goes_on_as_if_nothing_was_sealed) {
  for (int i = 0; i < 1500; ++i) put(i, i * 1.0);
  for (const bool newest_first : {false, true}) {
    SCOPED_TRACE(newest_first);
    std::vector<FlatRow> expected = rows_;
    MemtableRows source(memtable_, series(), all_times, sequence_, newest_first);
    std::vector<FlatRow> walked;
    for (RowsView rows = source.next(); !rows.empty(); rows = source.next()) {
      for (int i = 0; i < 300; ++i) put(rows_.back().ts + 1, -1.0);
      append_walked(walked, rows, newest_first);
    }
    if (newest_first) std::ranges::reverse(expected);
    EXPECT_EQ(walked, expected);
  }
}

TEST_F(Sealing, rows_given_out_stay_while_their_block_is_sealed_and_others_are_written) {
  for (int i = 0; i < 1024; ++i) put(i, i * 1.0);
  MemtableRows source(memtable_, series(), {600, 1023}, sequence_, false);
  const RowsView rows = source.next();
  ASSERT_EQ(rows.size(), 424u);
  for (int i = 0; i < 20'000; ++i) put(1024 + i, -1.0);
  std::vector<FlatRow> seen;
  append_walked(seen, rows, false);
  EXPECT_EQ(seen, std::vector<FlatRow>(rows_.begin() + 600, rows_.begin() + 1024));
}

TEST_F(Sealing, late_rows_find_their_place_among_sealed_ones) {
  for (int i = 0; i < 4000; ++i) put(i * 2, i * 1.0);
  pass_time();
  std::map<Timestamp, FlatRow> expected;
  for (const FlatRow& row : rows_) expected[row.ts] = row;
  test::Random random(5);
  for (int i = 0; i < 300; ++i) {
    // Some between rows, some in the place of one, and dense around the seam of two blocks.
    const Timestamp ts = i % 3 == 0 ? 2040 + i / 3 % 20 : random.between(0, 7000);
    put(ts, -1.0 * i);
    expected[ts] = rows_.back();
  }
  std::vector<FlatRow> flat;
  for (const auto& [ts, row] : expected) flat.push_back(row);
  EXPECT_EQ(walk(all_times, latest, false), flat);
  std::ranges::reverse(flat);
  EXPECT_EQ(walk(all_times, latest, true), flat);
  for (const auto& [ts, row] : expected) ASSERT_EQ(get(ts), row);
}

TEST_F(Sealing, a_range_tombstone_hides_a_part_of_a_sealed_block) {
  for (int i = 0; i < 3000; ++i) put(i, i * 1.0);
  const std::uint64_t before = sequence_;
  memtable_.erase_range({{"a", "z"}, {500, 1500}}, ++sequence_);
  const auto left = walk(all_times, latest, false);
  ASSERT_EQ(left.size(), 1999u);
  EXPECT_EQ(left[499], rows_[499]);
  EXPECT_EQ(left[500], rows_[1501]);
  EXPECT_EQ(walk(all_times, before, false), rows_);
  EXPECT_EQ(get(1000)->type, RowType::tombstone);
  EXPECT_EQ(get(1000, before), rows_[1000]);
  EXPECT_EQ(get(1501), rows_[1501]);
}

TEST_F(Sealing, a_range_tombstone_from_within_a_block_spares_what_came_after_it) {
  for (int i = 0; i < 300; ++i) put(i, i * 1.0);
  memtable_.erase_range({{"a", "z"}, {100, 1200}}, ++sequence_);
  for (int i = 300; i < 3000; ++i) put(i, i * 1.0);
  ASSERT_EQ(packed_rows(), 1024u);
  const auto left = walk(all_times, latest, false);
  ASSERT_EQ(left.size(), 2800u);
  EXPECT_EQ(left[99], rows_[99]);
  EXPECT_EQ(left[100], rows_[300]);
  EXPECT_EQ(get(200)->type, RowType::tombstone);
  EXPECT_EQ(get(400), rows_[400]);
}

TEST_F(Sealing, gives_packed_only_what_nothing_else_changes) {
  test::Random random(6);
  for (int i = 0; i <= 6 * 1024; ++i) put(i * 2, random.between(0, 1000));
  pass_time();
  EXPECT_EQ(packed_rows(), 6u * 1024);
  EXPECT_EQ(packed_rows(100), 0u) << "all are larger";
  EXPECT_EQ(packed_rows(any_size, base + 3 * 1024 + 1023), 3u * 1024) << "a row is not visible";
  put(2 * 1024 + 1, 0);
  EXPECT_EQ(packed_rows(), 5u * 1024) << "a late row lies in the second";
  put(4 * 1024 - 1, 0);
  EXPECT_EQ(packed_rows(), 5u * 1024) << "one lies between the second and the third";
  memtable_.erase_range({{"a", "z"}, {4 * 2 * 1024, 4 * 2 * 1024}}, ++sequence_);
  EXPECT_EQ(packed_rows(), 4u * 1024) << "the first row of the fifth was deleted";
  EXPECT_EQ(walk(all_times, latest, false).size(), 6u * 1024 + 1 + 2 - 1);
}

TEST_F(Sealing, says_of_packed_rows_what_they_are) {
  for (int i = 0; i < 2000; ++i) put(100 + i, i * 1.0, i % 2 == 0 ? never : 100 + 2 * i);
  MemtableRows source(memtable_, series(), all_times, latest, false);
  const auto packed = source.next_packed(any_size);
  ASSERT_TRUE(packed);
  EXPECT_EQ(packed->key, "k");
  EXPECT_EQ(packed->type, RowType::double_);
  EXPECT_EQ(packed->times, (TimeSpan{100, 1123}));
  EXPECT_EQ(packed->expiry_min, 102);
  EXPECT_EQ(packed->expiry_max, never);
  MemtableRows backwards(memtable_, series(), all_times, latest, true);
  EXPECT_FALSE(backwards.next_packed(any_size));
}

// Measured, not guessed: what bounds how many rows fit.
TEST_F(Sealing, a_hot_series_takes_little_more_than_what_it_encodes_to) {
  for (int i = 0; i < 1'000'000; ++i) {
    memtable_.put(series(), i, std::int64_t{i % 128}, never, ++sequence_);
  }
  EXPECT_LT(memtable_.bytes(), 1'200'000u);
}

TEST_F(Sealing, rows_that_expire_use_their_columns_again_too) {
  for (int i = 0; i < 1'000'000; ++i) memtable_.put(series(), i, 1.0, i + 1000, ++sequence_);
  EXPECT_LT(memtable_.bytes(), 400'000u);
}

TEST_F(Sealing, chunks_are_used_again_once_no_reader_can_see_them) {
  const auto write = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const auto ts = static_cast<Timestamp>(sequence_);
      memtable_.put(series(), ts, 1.0, never, ++sequence_);
    }
  };
  write(20'000);
  const std::size_t steady = memtable_.bytes();
  write(20'000);
  const std::size_t without_reader = memtable_.bytes() - steady;
  EXPECT_LT(without_reader, 20'000u) << "only what was sealed";

  std::size_t pinned = 0;
  {
    MemtableRows reader(memtable_, series(), {Timestamp(sequence_) - 10, all_times.last}, latest,
                        true);
    ASSERT_FALSE(reader.next().empty());
    const std::size_t before = memtable_.bytes();
    write(20'000);
    pinned = memtable_.bytes() - before;
    EXPECT_GT(pinned, 18'000 * 21u) << "the writer does not wait, and takes new ones";
  }
  const std::size_t before = memtable_.bytes();
  write(40'000);
  EXPECT_LT(memtable_.bytes() - before, 40'000u);
}

TEST_F(Sealing, blocks_of_many_series_that_are_full_together_are_sealed_one_after_the_other) {
  const auto key = [](int i) { return "s" + std::to_string(i); };
  test::Random random(7);
  std::size_t largest = 0;
  for (int ts = 0; ts < 3000; ++ts) {
    const std::size_t before = memtable_.bytes();
    ++sequence_;
    for (int i = 0; i < 50; ++i) {
      memtable_.put(series(key(i)), ts, random.fraction(), never, sequence_);
    }
    if (ts >= 1024) largest = std::max(largest, memtable_.bytes() - before);
  }
  // Of such values a sealed block takes 7 KB. A chunk of 256 rows, which takes 5 KB, comes up when
  // half of the blocks before are sealed.
  EXPECT_LT(largest, 50 * 256 * 21u);
  EXPECT_LT(memtable_.bytes(), 50 * (3000 * 21u - 1024 * 10u));
}

constexpr int thread_rows = 60'000;

/// Rows as the writer writes them: two series, the value is the timestamp, and each fourth row of
/// one is late.
void write_all(Memtable& memtable, std::atomic<std::uint64_t>& visible) {
  MemtableSeries& in_order = memtable.series("a", hash_of("a"));
  MemtableSeries& disordered = memtable.series("b", hash_of("b"));
  for (int i = 0; i < thread_rows; ++i) {
    const auto sequence = static_cast<std::uint64_t>(i) + 1;
    memtable.put(in_order, i, std::int64_t{i}, i % 2 == 0 ? never : i + 5, sequence);
    const std::int64_t ts = i % 4 == 3 ? i - 3 * (i % 500) - 1 : i;
    memtable.put(disordered, ts, std::int64_t{ts}, never, sequence);
    memtable.set_last_sequence(sequence);
    visible.store(sequence, std::memory_order_release);
  }
}

std::uint64_t count_rows(const Memtable& memtable, std::string_view key, TimeSpan times,
                         std::uint64_t sequence, bool newest_first) {
  std::uint64_t count = 0;
  MemtableRows source(memtable, *memtable.find(key, hash_of(key)), times, sequence, newest_first);
  for (RowsView rows = source.next(); !rows.empty(); rows = source.next()) {
    const auto values = rows.values_as<std::int64_t>();
    EXPECT_TRUE(std::ranges::equal(values, rows.timestamps));
    count += rows.size();
  }
  return count;
}

TEST(SealingThreads, readers_see_their_rows_while_blocks_are_sealed_and_chunks_used_again) {
  Memtable memtable(1, 1, 0);
  std::atomic<std::uint64_t> visible{0};
  std::vector<std::thread> readers;
  for (unsigned number = 0; number < 3; ++number) {
    readers.emplace_back([&, number] {
      test::Random random(number);
      while (true) {
        const std::uint64_t sequence = visible.load(std::memory_order_acquire);
        if (sequence == thread_rows) return;
        if (sequence == 0) continue;
        const auto last = static_cast<Timestamp>(sequence) - 1;
        const Timestamp first =
            random.chance(0.2) ? 0 : std::max<Timestamp>(0, last - random.between(0, 5000));
        ASSERT_EQ(count_rows(memtable, "a", {first, all_times.last}, sequence, number == 1),
                  sequence - static_cast<std::uint64_t>(first));
        count_rows(memtable, "b", {first, last}, sequence, number == 0);
        const Timestamp ts = random.between(0, last);
        const auto row = memtable.get("a", hash_of("a"), ts, sequence);
        ASSERT_TRUE(row);
        ASSERT_EQ(row->value, Value(ts));
        ASSERT_EQ(row->expires_at, ts % 2 == 0 ? never : ts + 5);
      }
    });
  }
  write_all(memtable, visible);
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace varve::engine
