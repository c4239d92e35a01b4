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
    const double far_off = random.chance(0.5) ? 0.02 : 0;
    const std::uint64_t divisor = random.chance(0.3) ? 1 + random.below(100'000) : 1;
    for (auto& value : words) {
      word = sum_up ? word + step + (random.next() & mask & 0xF) : random.next() & mask;
      value = random.chance(far_off) ? random.next() : word * divisor;
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

/// 300 words without order, again and again: too many for a dictionary, but zstd sees it.
Words refrain(std::size_t count) {
  test::Random random(4);
  Words words(count);
  for (std::size_t i = 0; i < count; ++i) words[i] = i < 300 ? random.next() : words[i - 300];
  return words;
}

TEST(Words, that_come_again_are_compressed_if_asked) {
  const Words words = refrain(1000);
  EXPECT_EQ(encoding_of(words), Encoding::raw);
  EXPECT_EQ(encoding_of(words, Compression::zstd), Encoding::zstd);
  EXPECT_LT(encoded(words, Compression::zstd).size(), 3000u);
}

TEST(Words, of_few_distinct_values_are_stored_as_a_dictionary) {
  test::Random random(4);
  Words values(50);
  for (auto& value : values) value = random.next();
  Words words(1000);
  for (auto& word : words) word = values[random.below(values.size())];
  EXPECT_EQ(encoding_of(words), Encoding::dictionary);
  EXPECT_LT(encoded(words).size(), 50u * 8 + 1000 * 6 / 8 + 20);
  EXPECT_EQ(decoded(encoded(words), 1000), words);
}

TEST(Words, of_256_distinct_values_still_are_a_dictionary_and_of_257_not) {
  test::Random random(4);
  Words values(257);
  for (auto& value : values) value = random.next();
  Words words;
  for (int round = 0; round < 16; ++round) {
    for (std::size_t i = 0; i < 256; ++i) words.push_back(values[i * 16 % 256 + i / 16]);
  }
  EXPECT_EQ(encoding_of(words), Encoding::dictionary);
  EXPECT_EQ(decoded(encoded(words), words.size()), words);
  words.push_back(values[256]);
  EXPECT_EQ(encoding_of(words), Encoding::raw);
}

TEST(Words, whose_steps_grow_evenly_take_a_few_bytes) {
  Words words;
  for (std::uint64_t i = 0; i < 1000; ++i) words.push_back(i * i * 1'000 - 77);
  EXPECT_EQ(encoding_of(words), Encoding::packed_delta2);
  EXPECT_LE(encoded(words).size(), 20u);
}

TEST(Words, of_a_common_divisor_are_stored_without_it) {
  test::Random random(6);
  for (const std::uint64_t divisor : {std::uint64_t{1'000}, std::uint64_t{1} << 50}) {
    Words words(1000);
    for (auto& word : words) word = 17 + divisor * random.below(256);
    EXPECT_EQ(encoding_of(words), Encoding::scaled) << divisor;
    EXPECT_LE(encoded(words).size(), 1000u + 25) << divisor;
    EXPECT_EQ(decoded(encoded(words), 1000), words) << divisor;

    words[501] += 1;  // Not of the sample.
    EXPECT_NE(encoding_of(words), Encoding::scaled) << divisor;
    EXPECT_EQ(decoded(encoded(words), 1000), words) << divisor;
  }
}

TEST(Words, whose_upper_bits_repeat_are_split_from_the_noise_below) {
  test::Random random(8);
  const Words uppers{0x3FE1, 0xBFF2, 0x4013, 0x3FC4};
  Words words(1000);
  for (auto& word : words) word = uppers[random.below(4)] << 48 | random.next() >> 16;
  EXPECT_EQ(encoding_of(words, Compression::zstd), Encoding::split);
  EXPECT_LE(encoded(words, Compression::zstd).size(), 1000u * 50 / 8 + 50);
  EXPECT_EQ(decoded(encoded(words, Compression::zstd), 1000), words);

  Bytes wrong = encoded(words, Compression::zstd);
  wrong[1] = std::byte{64};
  EXPECT_FALSE(decoded(wrong, 1000).has_value());
}

TEST(Words, that_are_rarely_far_off_are_exceptions) {
  test::Random random(7);
  for (const std::uint64_t far : {std::uint64_t{1} << 40, ~std::uint64_t{0} << 40}) {
    Words words(1000);
    for (auto& word : words) word = random.below(256);
    words[13] = far + 5;
    words[500] = far;
    words[999] = greatest;
    words[0] = least;
    EXPECT_LE(encoded(words).size(), 1000u + 4 * (2 + 8) + 16) << far;
    EXPECT_EQ(decoded(encoded(words), 1000), words) << far;
  }
}

TEST(Words, of_a_range_far_from_a_power_of_two_take_little_more_than_its_logarithm) {
  test::Random random(10);
  for (const auto& [range, bits] : {std::pair{3u, 1.62}, std::pair{5u, 2.4}, std::pair{9u, 3.3},
                                    std::pair{21u, 4.7}, std::pair{601u, 9.4}}) {
    Words words(1000);
    for (auto& word : words) word = 7 + random.below(range);
    words[0] = 7;
    words[1] = 7 + range - 1;
    EXPECT_LE(static_cast<double>(encoded(words).size() * 8), 1000 * bits + 64) << range;
    EXPECT_EQ(decoded(encoded(words), 1000), words) << range;
  }
}

TEST(Words, of_digits_are_refused_with_a_wrong_radix_and_at_every_shorter_length) {
  test::Random random(11);
  Words words(300);
  for (auto& word : words) word = random.below(9);
  Bytes bytes = encoded(words);
  // Tag, base, form (no bits below the digits), radix.
  ASSERT_EQ(static_cast<Encoding>(bytes[0]), Encoding::packed);
  ASSERT_EQ(bytes[2], std::byte{65});
  ASSERT_EQ(bytes[3], std::byte{9});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decoded(ByteSpan(bytes).first(size), words.size()).has_value()) << size;
  }
  for (const unsigned radix : {0u, 1u, 2u, 64u, 255u}) {
    bytes[3] = static_cast<std::byte>(radix);
    EXPECT_FALSE(decoded(bytes, words.size()).has_value()) << radix;
  }
}

TEST(Words, of_which_few_are_one_more_than_the_others_take_the_places_of_these) {
  Words words(1000, 7);
  for (std::size_t i = 50; i < words.size(); i += 100) words[i] = 8;
  EXPECT_LE(encoded(words).size(), 10u * 2 + 12);
  EXPECT_EQ(decoded(encoded(words), 1000), words);
}

TEST(Words, a_bitmap_or_an_unknown_encoding_is_refused) {
  for (int tag = 0; tag < 256; ++tag) {
    const auto encoding = static_cast<Encoding>(tag);
    const bool retired = tag == 5;
    if (encoding <= Encoding::dictionary && encoding != Encoding::bitmap && !retired) continue;
    if (encoding == Encoding::split || encoding == Encoding::line) continue;
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

TEST(Words, nested_in_nested_ones_are_refused) {
  // A divisor of words that have a divisor.
  const auto tag = static_cast<std::byte>(Encoding::scaled);
  const Bytes bytes{tag,          std::byte{0}, std::byte{2}, tag,
                    std::byte{0}, std::byte{2}, std::byte{0}, std::byte{0}};
  EXPECT_FALSE(decoded(bytes, 3).has_value());
}

TEST(Words, exceptions_out_of_order_or_outside_are_refused) {
  // Base 0, width 1 with exceptions; three words in one byte; then two exceptions of 4 more bits.
  const auto frame = [](std::uint8_t first, std::uint8_t second, std::uint8_t high_width = 4) {
    Bytes bytes{static_cast<std::byte>(Encoding::packed),
                std::byte{0},
                std::byte{0x81},
                std::byte{0b010},
                std::byte{1},
                std::byte{0},
                static_cast<std::byte>(high_width),
                static_cast<std::byte>(first),
                std::byte{0},
                static_cast<std::byte>(second),
                std::byte{0}};
    bytes.resize(bytes.size() + high_width / 4, std::byte{0x21});
    return bytes;
  };
  EXPECT_EQ(decoded(frame(0, 2), 3), (Words{2, 1, 4}));
  EXPECT_FALSE(decoded(frame(2, 0), 3).has_value());
  EXPECT_FALSE(decoded(frame(1, 1), 3).has_value());
  EXPECT_FALSE(decoded(frame(0, 3), 3).has_value());
  EXPECT_FALSE(decoded(frame(0, 1, 0), 3).has_value());
  EXPECT_FALSE(decoded(frame(0, 1, 64), 3).has_value());
}

TEST(Words, a_place_outside_the_dictionary_is_refused) {
  // Values 7 and 9; then three places.
  const auto dictionary = [](std::uint8_t places) {
    return Bytes{static_cast<std::byte>(Encoding::dictionary),
                 std::byte{1},
                 static_cast<std::byte>(Encoding::packed),
                 std::byte{14},
                 std::byte{2},
                 std::byte{0b1000},
                 static_cast<std::byte>(Encoding::packed),
                 std::byte{0},
                 std::byte{2},
                 static_cast<std::byte>(places)};
  };
  EXPECT_EQ(decoded(dictionary(0b01'00'01), 3), (Words{9, 7, 9}));
  EXPECT_FALSE(decoded(dictionary(0b01'10'01), 3).has_value());
}

TEST(Words, that_end_too_early_are_refused_at_every_length) {
  test::Random random(6);
  Words constant(10, 1'000'000);
  Words steps;
  Words packed;
  Words raw;
  Words few;
  Words scaled;
  Words patched;
  Words split;
  for (std::uint64_t i = 0; i < 300; ++i) {
    steps.push_back(i * i);
    packed.push_back(random.below(100));
    raw.push_back(random.next());
    few.push_back(random.below(5) * 0x123456789ABCDEF);
    scaled.push_back(random.below(100) * 1'000);
    split.push_back((i % 3 * 0x1357) << 48 | random.next() >> 16);
    patched.push_back(random.below(16) << (i % 50 == 0 ? 30 : 0));
  }
  for (const Words& words :
       {constant, steps, packed, raw, few, scaled, patched, split, refrain(1000)}) {
    const Bytes bytes = encoded(words, Compression::zstd);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decoded(ByteSpan(bytes).first(size), words.size()).has_value()) << size;
    }
  }
}

TEST(Words, a_compressed_column_of_another_size_is_refused) {
  const Words words = refrain(1000);
  const Bytes bytes = encoded(words, Compression::zstd);
  ASSERT_EQ(static_cast<Encoding>(bytes[0]), Encoding::zstd);
  EXPECT_FALSE(decoded(bytes, 999).has_value());
  EXPECT_FALSE(decoded(bytes, 1001).has_value());
  EXPECT_TRUE(decoded(bytes, 1000).has_value());
}

}  // namespace
}  // namespace varve::engine
