#include "engine/memory/memory_block.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <utility>
#include <vector>

namespace varve::engine {
namespace {

bool is_aligned(const std::byte* memory, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(memory) % alignment == 0;
}

/// How many of the pages of a block that has its own are there.
std::ptrdiff_t resident_pages(const MemoryBlock& block, std::size_t size) {
  std::vector<unsigned char> pages(size / static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(::mincore(block.data(), size, pages.data()), 0);
  return std::ranges::count_if(pages, [](unsigned char page) { return (page & 1U) != 0; });
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

TEST(MemoryBlock, of_pages_of_its_own_is_the_systems_again_when_it_goes) {
  constexpr std::size_t size = MemoryBlock::mapped_size_min;
  const std::size_t before = MemoryBlock::mapped_bytes();
  {
    const MemoryBlock small(size - 1);
    EXPECT_EQ(MemoryBlock::mapped_bytes(), before) << "it is of the heap";
    const MemoryBlock mapped(size);
    EXPECT_EQ(MemoryBlock::mapped_bytes(), before + size);
    const MemoryBlock huge(MemoryBlock::huge_size + 1);
    EXPECT_GT(MemoryBlock::mapped_bytes(), before + size + MemoryBlock::huge_size);
  }
  EXPECT_EQ(MemoryBlock::mapped_bytes(), before);
}

TEST(MemoryBlock, of_pages_of_its_own_takes_those_that_were_written_to) {
  constexpr std::size_t size = 8 * MemoryBlock::mapped_size_min;
  const MemoryBlock block(size);
  EXPECT_EQ(resident_pages(block, size), 0);
  block.data()[size / 2] = std::byte{1};
  EXPECT_GT(resident_pages(block, size), 0);
}

TEST(MemoryBlock, that_the_system_does_not_have_is_bad_alloc) {
  const std::size_t before = MemoryBlock::mapped_bytes();
  // More than is left beside the program, whatever a pointer reaches.
  constexpr std::size_t too_much =
      std::numeric_limits<std::size_t>::max() - (std::size_t{64} << 20);
  EXPECT_THROW(MemoryBlock{too_much}, std::bad_alloc);
  EXPECT_EQ(MemoryBlock::mapped_bytes(), before);
}

TEST(MemoryBlock, keeps_its_place_when_it_is_moved) {
  MemoryBlock block(64);
  std::byte* const place = block.data();
  const MemoryBlock moved(std::move(block));
  EXPECT_EQ(moved.data(), place);
}

}  // namespace
}  // namespace varve::engine
