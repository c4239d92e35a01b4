#include "engine/codec/bit_packing.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Words = std::vector<std::uint64_t>;

Bytes packed(const Words& words, std::uint64_t base, unsigned width) {
  Bytes bytes(packed_size(words.size(), width));
  pack(words, base, width, bytes);
  return bytes;
}

Words unpacked(const Bytes& bytes, std::uint64_t base, unsigned width, std::size_t count) {
  Words words(count);
  unpack(bytes, base, width, words);
  return words;
}

TEST(BitPacking, gives_back_every_width_at_every_short_length) {
  test::Random random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    const std::uint64_t mask = width == 0 ? 0 : ~std::uint64_t{0} >> (64 - width);
    for (std::size_t count = 0; count <= 130; ++count) {
      const std::uint64_t base = random.next();
      Words words(count);
      for (auto& word : words) word = base + (random.next() & mask);
      ASSERT_EQ(unpacked(packed(words, base, width), base, width, count), words)
          << "width " << width << " count " << count;
    }
  }
}

TEST(BitPacking, takes_no_byte_more_than_the_bits_need) {
  EXPECT_EQ(packed_size(0, 64), 0u);
  EXPECT_EQ(packed_size(1, 1), 1u);
  EXPECT_EQ(packed_size(8, 3), 3u);
  EXPECT_EQ(packed_size(9, 3), 4u);
  EXPECT_EQ(packed_size(1024, 64), 8192u);
  EXPECT_EQ(packed_size(std::size_t{1} << 40, 0), 0u);
}

TEST(BitPacking, has_the_documented_bytes) {
  // 5, 1, 7, 2 in 3 bits each, lowest first: 101 001 111 010 from the right.
  EXPECT_EQ(packed({5, 1, 7, 2}, 0, 3), (Bytes{std::byte{0b11'001'101}, std::byte{0b0000'0101}}));
}

}  // namespace
}  // namespace varve::engine
