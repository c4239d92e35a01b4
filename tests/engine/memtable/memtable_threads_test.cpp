#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/base/checksum.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/memtable/short_rows.hpp"

namespace varve::engine {
namespace {

constexpr std::uint64_t batches = 4000;
constexpr std::uint64_t series_count = 97;

std::string key_of(std::uint64_t series) { return "series/" + std::to_string(series); }

// A batch writes two rows whose values are its sequence: one in order, and one that replaces an
// earlier row of the same series.
void write(Memtable& memtable, std::atomic<std::uint64_t>& visible) {
  for (std::uint64_t sequence = 1; sequence <= batches; ++sequence) {
    const std::string key = key_of(sequence * 7 % series_count);
    MemtableSeries& series = memtable.series(key, hash_of(key));
    const auto ts = static_cast<Timestamp>(sequence);
    const auto value = static_cast<std::int64_t>(sequence);
    memtable.put(series, ts, value, sequence % 3 == 0 ? ts + 1000 : never, sequence);
    memtable.put(series, ts / 2, std::to_string(sequence), never, sequence);
    if (sequence % 500 == 0) {
      memtable.erase_range({{key_of(1), key_of(3)}, {ts - 300, ts - 200}}, sequence);
    }
    memtable.set_last_sequence(sequence);
    visible.store(sequence, std::memory_order_release);
  }
}

/// A fingerprint of all that a sequence shows.
std::uint64_t seen(const Memtable& memtable, std::uint64_t sequence) {
  std::uint64_t sum = 0;
  const auto all =
      sequence % 3 == 0 ? memtable.sorted_series() : memtable.sorted_series({"", "\x7f"});
  for (const MemtableSeries* series : *all) {
    MemtableRows source(memtable, *series, {}, sequence, sequence % 2 == 0);
    for (RowsView rows = source.next(); !rows.empty(); rows = source.next()) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto value = rows.type == RowType::int64
                               ? static_cast<std::uint64_t>(rows.value(i).as_int64())
                               : std::stoull(std::string(rows.value(i).as_bytes()));
        EXPECT_LE(value, sequence);
        sum += value * 31 + static_cast<std::uint64_t>(rows.timestamps[i]) +
               static_cast<std::uint64_t>(rows.expires_at(i) == never);
      }
    }
  }
  return sum;
}

TEST(MemtableThreads, a_sequence_shows_the_same_while_the_writer_goes_on) {
  Memtable memtable(1, 1, 0);
  std::atomic<std::uint64_t> visible{0};
  std::vector<std::thread> readers;
  std::vector<std::map<std::uint64_t, std::uint64_t>> fingerprints(3);
  for (auto& mine : fingerprints) {
    readers.emplace_back([&] {
      while (true) {
        const std::uint64_t sequence = visible.load(std::memory_order_acquire);
        mine[sequence] = seen(memtable, sequence);
        if (sequence == batches) return;
        if (sequence == 0) continue;
        // What was just acknowledged can be read at once.
        const std::string key = key_of(sequence * 7 % series_count);
        const auto row =
            memtable.get(key, hash_of(key), static_cast<Timestamp>(sequence), sequence);
        ASSERT_TRUE(row.has_value());
        EXPECT_EQ(row->value, Value(static_cast<std::int64_t>(sequence)));
      }
    });
  }
  write(memtable, visible);
  for (std::thread& reader : readers) reader.join();

  for (const auto& mine : fingerprints) {
    for (const auto& [sequence, sum] : mine) ASSERT_EQ(seen(memtable, sequence), sum) << sequence;
  }
}

// Series that begin short, and grow and are sealed while they are read.
TEST(MemtableThreads, many_series_read_together_show_what_their_sequence_shows) {
  constexpr std::uint64_t rows = 30'000;
  Memtable memtable(1, 1, 0);
  std::atomic<std::uint64_t> visible{0};
  std::thread reader([&] {
    while (true) {
      const std::uint64_t sequence = visible.load(std::memory_order_acquire);
      const auto all = memtable.sorted_series();
      ShortRows short_rows(memtable, {}, sequence);
      std::span<const MemtableSeries* const> left(*all);
      while (!left.empty()) {
        const std::size_t taken = short_rows.read(left);
        for (const RowsView& view : short_rows.rows()) {
          // Every 20th row is of this series, and its value its sequence.
          const auto& values = view.values_as<std::int64_t>();
          for (std::size_t i = 0; i < view.size(); ++i) {
            ASSERT_LE(static_cast<std::uint64_t>(values[i]), sequence);
            ASSERT_EQ(values[i], view.timestamps[i]);
          }
          ASSERT_GT(static_cast<std::uint64_t>(values.back()) + 20, sequence);
        }
        left = left.subspan(std::max(taken, std::size_t{1}));
      }
      if (sequence == rows) return;
    }
  });
  for (std::uint64_t sequence = 1; sequence <= rows; ++sequence) {
    const std::string key = key_of(10 + sequence % 20);
    const auto value = static_cast<std::int64_t>(sequence);
    memtable.put(memtable.series(key, hash_of(key)), value, value, never, sequence);
    memtable.set_last_sequence(sequence);
    visible.store(sequence, std::memory_order_release);
  }
  reader.join();
}

}  // namespace
}  // namespace varve::engine
