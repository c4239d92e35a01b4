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

TEST(BitPacking, gives_back_every_width_in_whole_units) {
  test::Random random(2);
  for (unsigned width = 0; width <= 64; ++width) {
    const std::uint64_t mask = width == 0 ? 0 : ~std::uint64_t{0} >> (64 - width);
    for (const std::size_t count : {256u, 257u, 511u, 1000u, 1024u}) {
      const std::uint64_t base = random.next();
      Words words(count);
      for (auto& word : words) word = base + (random.next() & mask);
      ASSERT_EQ(unpacked(packed(words, base, width), base, width, count), words)
          << "width " << width << " count " << count;
    }
  }
}

TEST(BitPacking, drops_the_bits_above_the_width) {
  Words words(300);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = i * 0x1'0001;
  Words low = words;
  for (auto& word : low) word &= 7;
  EXPECT_EQ(unpacked(packed(words, 0, 3), 0, 3, 300), low);
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

TEST(BitPacking, puts_four_values_of_a_unit_side_by_side) {
  // Value i is i % 4, but the fifth is 2: it follows the first in the first of four words.
  Words words(256);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = i % 4;
  words[4] = 2;
  const Bytes bytes = packed(words, 0, 2);
  ASSERT_EQ(bytes.size(), 64u);
  EXPECT_EQ(bytes[0], std::byte{0b1000});
  EXPECT_EQ(bytes[8], std::byte{0b01'01'01'01});
  EXPECT_EQ(bytes[16], std::byte{0b10'10'10'10});
  EXPECT_EQ(bytes[24], std::byte{0b11'11'11'11});
}

}  // namespace
}  // namespace varve::engine
