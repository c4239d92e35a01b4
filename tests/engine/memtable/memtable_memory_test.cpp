// What a memtable takes, and gives back.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "engine/base/checksum.hpp"
#include "engine/memory/memory_block.hpp"
#include "engine/memtable/memtable.hpp"

namespace varve::engine {
namespace {

constexpr std::size_t bytes_expected = std::size_t{32} << 20;
constexpr int series_count = 20'000;

/// A row of each of many series in each round from `first` on.
void fill(Memtable& memtable, int first, int rounds) {
  std::uint64_t sequence = memtable.last_sequence();
  for (int round = first; round < first + rounds; ++round) {
    for (int i = 0; i < series_count; ++i) {
      const std::string key = "plant/sensor" + std::to_string(i);
      memtable.put(memtable.series(key, hash_of(key)), round, 1.0 * i, never, ++sequence);
    }
  }
  memtable.set_last_sequence(sequence);
}

TEST(MemtableMemory, is_the_systems_again_when_it_goes) {
  const std::size_t before = MemoryBlock::mapped_bytes();
  {
    Memtable memtable(1, 1, 0, bytes_expected);
    fill(memtable, 0, 8);
    EXPECT_GT(MemoryBlock::mapped_bytes() - before, memtable.bytes() * 9 / 10)
        << "nearly all of it has pages of its own";
  }
  EXPECT_EQ(MemoryBlock::mapped_bytes(), before);
}

TEST(MemtableMemory, counts_what_its_series_take_without_their_rows) {
  Memtable memtable(1, 1, 0, bytes_expected);
  fill(memtable, 0, 1);
  const std::size_t with_one_row = memtable.bytes();
  EXPECT_GT(with_one_row, series_count * std::size_t{200});
  // Three more rows of each go where the first one is.
  fill(memtable, 1, 3);
  EXPECT_EQ(memtable.bytes(), with_one_row);
}

TEST(MemtableMemory, of_series_that_are_sorted_is_counted_before) {
  Memtable memtable(1, 1, 0, bytes_expected);
  fill(memtable, 0, 1);
  const std::size_t unsorted = memtable.bytes();
  EXPECT_EQ(memtable.sorted_series()->size(), std::size_t{series_count});
  EXPECT_EQ(memtable.bytes(), unsorted);
}

}  // namespace
}  // namespace varve::engine
