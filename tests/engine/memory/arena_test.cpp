#include "engine/memory/arena.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace varve::engine {
namespace {

constexpr std::size_t first_block = std::size_t{64} << 10;

std::uintptr_t number_of(const void* place) { return reinterpret_cast<std::uintptr_t>(place); }

class ArenaTest : public testing::Test {
 protected:
  std::byte* take(std::size_t size, std::size_t alignment = 1) {
    return arena_.allocate(size, alignment);
  }

  std::atomic<std::size_t> bytes_{0};
  Arena arena_{bytes_};
};

TEST_F(ArenaTest, aligns_what_it_gives_as_asked) {
  for (std::size_t alignment = 1; alignment <= alignof(std::max_align_t); alignment *= 2) {
    take(1);  // Leaves the next place odd.
    EXPECT_EQ(number_of(take(3, alignment)) % alignment, 0u) << alignment;
  }
}

TEST_F(ArenaTest, aligns_arrays_for_their_type) {
  take(1);
  EXPECT_EQ(number_of(arena_.allocate_array<std::uint64_t>(5)) % alignof(std::uint64_t), 0u);
}

TEST_F(ArenaTest, gives_pieces_side_by_side) {
  const std::byte* const first = take(10);
  EXPECT_EQ(take(6), first + 10);
  EXPECT_EQ(take(1), first + 16);
}

TEST_F(ArenaTest, never_gives_the_same_byte_twice) {
  struct Piece {
    std::byte* begin;
    std::size_t size;
    std::byte filling;
  };
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t size = 1 + i * 7919 % (i % 100 == 0 ? 40'000 : 300);
    const auto filling = static_cast<std::byte>(i % 251);
    pieces.push_back({take(size, std::size_t{1} << (i % 4)), size, filling});
    std::memset(pieces.back().begin, std::to_integer<int>(filling), size);
  }
  for (const Piece& piece : pieces) {
    for (std::size_t at = 0; at < piece.size; ++at) ASSERT_EQ(piece.begin[at], piece.filling);
  }
}

TEST_F(ArenaTest, counts_what_it_gives_with_the_gaps_between) {
  take(10);
  EXPECT_EQ(bytes_, 10u);
  take(8, 8);
  EXPECT_EQ(bytes_, 24u);  // 6 for the alignment.
}

TEST_F(ArenaTest, does_not_count_what_is_left_of_a_block) {
  take(1);
  EXPECT_EQ(bytes_, 1u);
  take(first_block / 8);
  EXPECT_EQ(bytes_, 1 + first_block / 8);
}

TEST_F(ArenaTest, counts_memory_that_lies_elsewhere_as_told) {
  take(10);
  arena_.count(1000);
  EXPECT_EQ(bytes_, 1010u);
}

TEST_F(ArenaTest, gives_what_is_large_a_block_of_its_own_and_goes_on_in_the_current_one) {
  const std::byte* const before = take(100);
  const std::byte* const large = take(first_block);
  EXPECT_TRUE(large < before || large >= before + first_block);
  EXPECT_EQ(take(1), before + 100);
  EXPECT_EQ(bytes_, 101 + first_block);
}

TEST_F(ArenaTest, lays_blocks_of_their_own_that_are_huge_where_a_huge_page_can_begin) {
  EXPECT_EQ(number_of(take(MemoryBlock::huge_size)) % MemoryBlock::huge_size, 0u);
}

/// What was counted at most for one of many pieces.
std::size_t largest_count(Arena& arena, const std::atomic<std::size_t>& bytes) {
  std::size_t largest = 0;
  for (std::size_t taken = 0; taken < 5 * MemoryBlock::huge_size; taken += 1000) {
    const std::size_t before = bytes.load();
    arena.allocate(1000, 1);
    largest = std::max(largest, bytes.load() - before);
  }
  return largest;
}

TEST(ArenaOfMuch, comes_to_huge_blocks_as_it_grows_and_counts_each_as_it_begins) {
  std::atomic<std::size_t> bytes{0};
  Arena arena(bytes, 16 * MemoryBlock::huge_size);
  EXPECT_EQ(largest_count(arena, bytes), MemoryBlock::huge_size);
  EXPECT_GE(bytes, 5 * MemoryBlock::huge_size);
  EXPECT_LE(bytes, 6 * MemoryBlock::huge_size + 10'000);
}

TEST(ArenaOfMuch, says_beforehand_what_it_will_count) {
  std::atomic<std::size_t> bytes{0};
  Arena arena(bytes, 16 * MemoryBlock::huge_size);
  int huge_blocks = 0;
  for (std::size_t taken = 0; taken < 5 * MemoryBlock::huge_size; taken += 1000) {
    const std::size_t said = arena.bytes_with(1000);
    huge_blocks += said - bytes >= MemoryBlock::huge_size ? 1 : 0;
    arena.allocate(1000, 1);
    ASSERT_EQ(bytes, said);
  }
  EXPECT_GE(huge_blocks, 3);
}

TEST(ArenaOfMuch, begins_huge_blocks_where_a_huge_page_can) {
  std::atomic<std::size_t> bytes{0};
  Arena arena(bytes, 16 * MemoryBlock::huge_size);
  // Blocks double, from 64 KiB on.
  bool is_huge = false;
  for (std::size_t taken = 0; taken < 4 * MemoryBlock::huge_size && !is_huge; taken += 1000) {
    is_huge = number_of(arena.allocate(1000, 1)) % MemoryBlock::huge_size == 0;
  }
  EXPECT_TRUE(is_huge);
}

TEST_F(ArenaTest, of_little_comes_to_no_huge_block) {
  EXPECT_EQ(largest_count(arena_, bytes_), 1000u);
  EXPECT_EQ(arena_.bytes_with(3 * MemoryBlock::huge_size), bytes_ + 3 * MemoryBlock::huge_size);
}

}  // namespace
}  // namespace varve::engine
