#include "engine/memory/memory_block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace varve::engine {
namespace {

bool is_aligned(const std::byte* memory, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(memory) % alignment == 0;
}

TEST(MemoryBlock, can_be_written_from_end_to_end) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, MemoryBlock::huge_size + 1}) {
    const MemoryBlock block(size);
    std::fill_n(block.data(), size, std::byte{7});
    EXPECT_EQ(block.data()[size - 1], std::byte{7});
  }
}

TEST(MemoryBlock, of_a_huge_page_or_more_begins_where_one_can) {
  for (const std::size_t size :
       {MemoryBlock::huge_size, MemoryBlock::huge_size + 1, 3 * MemoryBlock::huge_size + 4096}) {
    EXPECT_TRUE(is_aligned(MemoryBlock(size).data(), MemoryBlock::huge_size)) << size;
  }
}

TEST(MemoryBlock, that_is_smaller_holds_any_type) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{48}, MemoryBlock::huge_size - 1}) {
    EXPECT_TRUE(is_aligned(MemoryBlock(size).data(), alignof(std::max_align_t))) << size;
  }
}

TEST(MemoryBlock, keeps_its_place_when_it_is_moved) {
  MemoryBlock block(64);
  std::byte* const place = block.data();
  const MemoryBlock moved(std::move(block));
  EXPECT_EQ(moved.data(), place);
}

}  // namespace
}  // namespace varve::engine
