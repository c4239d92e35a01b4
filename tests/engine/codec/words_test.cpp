#include "engine/codec/words.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <utility>
#include <vector>

#include "engine/codec/encoding.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Words = std::vector<std::uint64_t>;

Bytes encoded(const Words& words, Compression compression = Compression::none) {
  Bytes bytes;
  encode_words(words, compression, bytes);
  return bytes;
}

Encoding encoding_of(const Words& words, Compression compression = Compression::none) {
  return static_cast<Encoding>(encoded(words, compression).at(0));
}

/// None where the bytes are not a column of so many words, and nothing else.
std::optional<Words> decoded(ByteSpan bytes, std::size_t count) {
  ByteReader reader(bytes);
  Words words(count);
  decode_words(reader, words);
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return words;
}

constexpr std::uint64_t least = std::uint64_t{1} << 63;  // As a signed number.
constexpr std::uint64_t greatest = least - 1;

TEST(Words, no_words_take_no_bytes) {
  EXPECT_TRUE(encoded({}).empty());
  EXPECT_EQ(decoded({}, 0), Words());
}

TEST(Words, come_back_at_every_extreme) {
  for (const Words& words :
       {Words{0}, Words{least}, Words{greatest}, Words{least, greatest}, Words{greatest, least},
        Words{least, greatest, least, greatest, 0, ~std::uint64_t{0}},
        Words{least, least + 1, least + 2}, Words{greatest, greatest - 1, greatest - 2},
        Words{greatest, least, least + 1}}) {
    EXPECT_EQ(decoded(encoded(words), words.size()), words);
  }
}

TEST(Words, come_back_whatever_their_shape) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 500; ++round) {
    Words words(1 + random.below(1500));
    const std::uint64_t mask = ~std::uint64_t{0} >> random.below(64);
    const std::uint64_t step = random.next() >> random.below(64);
    const bool sum_up = random.chance(0.5);
    std::uint64_t word = random.next();
    for (auto& value : words) {
      word = sum_up ? word + step + (random.next() & mask & 0xF) : random.next() & mask;
      value = word;
    }
    for (const auto compression : {Compression::none, Compression::zstd}) {
      ASSERT_EQ(decoded(encoded(words, compression), words.size()), words) << "round " << round;
    }
  }
}

TEST(Words, that_are_equal_take_a_few_bytes) {
  EXPECT_EQ(encoded(Words(1000, 42)).size(), 2u);
  EXPECT_EQ(encoding_of(Words(1000, 42)), Encoding::constant);
}

TEST(Words, of_a_small_range_take_as_many_bits_as_the_range) {
  Words words;
  for (std::uint64_t i = 0; i < 1000; ++i) words.push_back(1'000'000 + i * 7 % 16);
  EXPECT_EQ(encoding_of(words), Encoding::packed);
  EXPECT_LE(encoded(words).size(), 500u + 8);
}

TEST(Words, of_equal_steps_take_a_few_bytes) {
  Words words;
  for (std::uint64_t i = 0; i < 1000; ++i) words.push_back(i * 1'000'000 - 5'000);
  EXPECT_EQ(encoding_of(words), Encoding::packed_delta);
  EXPECT_LE(encoded(words).size(), 16u);
}

TEST(Words, without_order_are_stored_as_they_are) {
  test::Random random(3);
  Words words(1000);
  for (auto& word : words) word = random.next();
  EXPECT_EQ(encoding_of(words), Encoding::raw);
  EXPECT_EQ(encoding_of(words, Compression::zstd), Encoding::raw) << "zstd saves nothing";
  EXPECT_EQ(encoded(words).size(), 8001u);
}

TEST(Words, of_few_distinct_doubles_are_compressed_if_asked) {
  test::Random random(4);
  Words words(1000);
  for (auto& word : words) {
    word = std::bit_cast<std::uint64_t>(static_cast<double>(random.below(50)) / 10);
  }
  EXPECT_EQ(encoding_of(words), Encoding::packed);
  EXPECT_EQ(encoding_of(words, Compression::zstd), Encoding::zstd);
  EXPECT_LT(encoded(words, Compression::zstd).size(), 2000u);
}

TEST(Words, whose_high_bytes_repeat_are_compressed_by_planes_if_asked) {
  test::Random random(5);
  Words words(1000);
  for (auto& word : words)
    word = random.below(2) * (std::uint64_t{1} << 62) + (random.next() >> 40);
  EXPECT_EQ(encoding_of(words, Compression::zstd), Encoding::zstd_planes);
  EXPECT_EQ(decoded(encoded(words, Compression::zstd), 1000), words);
}

TEST(Words, a_bitmap_or_an_unknown_encoding_is_refused) {
  for (int tag = std::to_underlying(Encoding::bitmap); tag < 256; ++tag) {
    Bytes bytes(100);
    bytes[0] = static_cast<std::byte>(tag);
    EXPECT_FALSE(decoded(bytes, 5).has_value());
  }
}

TEST(Words, a_width_over_64_is_refused) {
  const Bytes bytes{std::byte{1}, std::byte{0}, std::byte{65}};
  ByteReader reader{ByteSpan(bytes)};
  Words words(3);
  decode_words(reader, words);
  EXPECT_FALSE(reader.ok());
}

TEST(Words, that_end_too_early_are_refused_at_every_length) {
  test::Random random(6);
  Words constant(10, 1'000'000);
  Words steps;
  Words packed;
  Words raw;
  Words few;
  for (std::uint64_t i = 0; i < 300; ++i) {
    steps.push_back(i * i);
    packed.push_back(random.below(100));
    raw.push_back(random.next());
    few.push_back(std::bit_cast<std::uint64_t>(static_cast<double>(i % 10)));
  }
  for (const Words& words : {constant, steps, packed, raw, few}) {
    const Bytes bytes = encoded(words, Compression::zstd);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decoded(ByteSpan(bytes).first(size), words.size()).has_value()) << size;
    }
  }
}

TEST(Words, a_compressed_column_of_another_size_is_refused) {
  const Words words = [] {
    Words distinct(400);
    for (std::size_t i = 0; i < distinct.size(); ++i) {
      distinct[i] = std::bit_cast<std::uint64_t>(static_cast<double>(i % 7) / 10);
    }
    return distinct;
  }();
  const Bytes bytes = encoded(words, Compression::zstd);
  ASSERT_EQ(static_cast<Encoding>(bytes[0]), Encoding::zstd);
  EXPECT_FALSE(decoded(bytes, 399).has_value());
  EXPECT_FALSE(decoded(bytes, 401).has_value());
  EXPECT_TRUE(decoded(bytes, 400).has_value());
}

}  // namespace
}  // namespace varve::engine
