#include "engine/codec/columns.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec/encoding.hpp"
#include "engine/codec/plain_words.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

constexpr std::array compressions{Compression::none, Compression::zstd};
constexpr std::size_t any_size = std::size_t{1} << 20;

Bytes encoded_bytes(const std::vector<std::string>& values, Compression compression) {
  std::vector<std::uint64_t> sizes;
  std::string heap;
  for (const std::string& value : values) {
    sizes.push_back(value.size());
    heap += value;
  }
  Bytes bytes;
  encode_bytes(sizes, heap, compression, bytes);
  return bytes;
}

std::optional<std::vector<std::string>> decoded_bytes(ByteSpan bytes, std::size_t count,
                                                      std::size_t heap_size_max = any_size) {
  ByteReader reader(bytes);
  const BytesColumn column = decode_bytes(reader, count, heap_size_max);
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return std::vector<std::string>(column.values.begin(), column.values.end());
}

TEST(DoubleColumn, keeps_every_bit_of_every_kind_of_double) {
  using Limits = std::numeric_limits<double>;
  const std::vector<double> corners{0.0,
                                    -0.0,
                                    Limits::infinity(),
                                    -Limits::infinity(),
                                    Limits::quiet_NaN(),
                                    -Limits::quiet_NaN(),
                                    Limits::signaling_NaN(),
                                    std::bit_cast<double>(0x7FF0'0000'DEAD'BEEFu),
                                    std::bit_cast<double>(0xFFFF'FFFF'FFFF'FFFFu),
                                    Limits::denorm_min(),
                                    -Limits::denorm_min(),
                                    Limits::min(),
                                    Limits::max(),
                                    Limits::lowest(),
                                    Limits::epsilon(),
                                    22.5};
  std::vector<std::vector<double>> columns{corners, {}};
  for (const double corner : corners) columns.emplace_back(100, corner);
  for (const auto& values : columns) {
    for (const auto compression : compressions) {
      Bytes bytes;
      encode_doubles(values, compression, bytes);
      ByteReader reader{ByteSpan(bytes)};
      std::vector<double> back(values.size());
      decode_doubles(reader, back);
      EXPECT_TRUE(reader.ok() && reader.at_end());
      for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(std::bit_cast<std::uint64_t>(back[i]), std::bit_cast<std::uint64_t>(values[i]));
      }
    }
  }
}

TEST(Int64Column, keeps_the_extremes) {
  using Limits = std::numeric_limits<std::int64_t>;
  const std::vector<std::int64_t> values{Limits::min(), Limits::max(), 0, -1, 1,
                                         Limits::max(), Limits::min()};
  Bytes bytes;
  encode_int64s(values, Compression::none, bytes);
  ByteReader reader{ByteSpan(bytes)};
  std::vector<std::int64_t> back(values.size());
  decode_int64s(reader, back);
  EXPECT_TRUE(reader.ok() && reader.at_end());
  EXPECT_EQ(back, values);
}

TEST(BoolColumn, keeps_every_pattern_of_up_to_ten) {
  for (std::size_t count = 0; count <= 10; ++count) {
    for (unsigned pattern = 0; pattern < 1u << count; ++pattern) {
      std::array<bool, 10> values{};
      for (std::size_t i = 0; i < count; ++i) values[i] = (pattern >> i & 1) != 0;
      Bytes bytes;
      encode_bools(std::span(values).first(count), bytes);
      std::array<bool, 10> back{};
      ByteReader reader{ByteSpan(bytes)};
      decode_bools(reader, std::span(back).first(count));
      EXPECT_TRUE(reader.ok() && reader.at_end());
      EXPECT_EQ(back, values);
    }
  }
}

std::vector<bool> decoded_bools(ByteSpan bytes, std::size_t count) {
  ByteReader reader(bytes);
  const auto values = std::make_unique<bool[]>(count);
  decode_bools(reader, {values.get(), count});
  if (!reader.ok() || !reader.at_end()) return {};
  return std::vector<bool>(values.get(), values.get() + count);
}

TEST(BoolColumn, that_rarely_changes_is_stored_by_its_runs) {
  test::Random random(9);
  std::array<bool, 1000> values{};
  for (std::size_t i = 1; i < values.size(); ++i) values[i] = values[i - 1] != random.chance(0.01);
  Bytes bytes;
  encode_bools(values, bytes);
  EXPECT_EQ(static_cast<Encoding>(bytes[0]), Encoding::runs);
  EXPECT_LT(bytes.size(), 30u);
  EXPECT_EQ(decoded_bools(bytes, 1000), std::vector<bool>(values.begin(), values.end()));

  for (auto& value : values) value = random.chance(0.5);
  bytes.clear();
  encode_bools(values, bytes);
  EXPECT_EQ(static_cast<Encoding>(bytes[0]), Encoding::bitmap);
}

TEST(BoolColumn, whose_runs_are_not_its_length_is_refused) {
  // True, so many runs but the last, and all of these of one length.
  const auto runs = [](unsigned first, unsigned count, unsigned zigzag_length) {
    return Bytes{static_cast<std::byte>(Encoding::runs), static_cast<std::byte>(first),
                 static_cast<std::byte>(count), static_cast<std::byte>(Encoding::constant),
                 static_cast<std::byte>(zigzag_length)};
  };
  EXPECT_EQ(decoded_bools(runs(1, 2, 4), 5), (std::vector{true, true, false, false, true}));
  EXPECT_TRUE(decoded_bools(runs(1, 2, 4), 4).empty()) << "none is left for the last run";
  EXPECT_TRUE(decoded_bools(runs(1, 2, 4), 3).empty());
  EXPECT_TRUE(decoded_bools(runs(1, 2, 0), 5).empty()) << "a run of nothing";
  EXPECT_TRUE(decoded_bools(runs(1, 2, 1), 5).empty()) << "a negative length";
  EXPECT_TRUE(decoded_bools(runs(2, 2, 4), 5).empty());
  EXPECT_TRUE(decoded_bools(runs(1, 5, 2), 5).empty()) << "more runs than values";
}

TEST(BoolColumn, refuses_what_is_neither_true_nor_false) {
  const Bytes bytes{static_cast<std::byte>(Encoding::constant), std::byte{2}};
  ByteReader reader{ByteSpan(bytes)};
  std::array<bool, 3> values{};
  decode_bools(reader, values);
  EXPECT_FALSE(reader.ok());
}

TEST(BoolColumn, refuses_other_encodings_and_an_early_end) {
  for (unsigned tag = 1; tag < 256; ++tag) {
    const Bytes bytes{static_cast<std::byte>(tag)};
    ByteReader reader{ByteSpan(bytes)};
    std::array<bool, 3> values{};
    decode_bools(reader, values);
    EXPECT_FALSE(reader.ok()) << tag;
  }
}

TEST(BytesColumn, keeps_values_of_all_lengths) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> values(random.below(200));
    for (auto& value : values) {
      value = random.chance(0.5) ? std::string(random.below(300), 'x')
                                 : std::string(as_text(random.bytes(random.below(30))));
    }
    for (const auto compression : compressions) {
      EXPECT_EQ(decoded_bytes(encoded_bytes(values, compression), values.size()), values);
    }
  }
}

TEST(BytesColumn, of_empty_values_takes_two_bytes) {
  const std::vector<std::string> values(100);
  EXPECT_EQ(encoded_bytes(values, Compression::zstd).size(), 2u);
  EXPECT_EQ(decoded_bytes(encoded_bytes(values, Compression::zstd), 100), values);
}

TEST(BytesColumn, that_repeats_itself_is_compressed_if_asked) {
  const std::vector<std::string> values(50, "the same text");
  EXPECT_LT(encoded_bytes(values, Compression::zstd).size(), 50u);
  EXPECT_GT(encoded_bytes(values, Compression::none).size(), 650u);
}

std::vector<std::string> states(std::size_t count, std::size_t distinct) {
  test::Random random(count);
  std::vector<std::string> values(count);
  for (auto& value : values) value = "state " + std::to_string(random.below(distinct));
  return values;
}

TEST(BytesColumn, of_few_distinct_values_takes_the_bits_of_which_it_is) {
  for (const auto compression : compressions) {
    const auto values = states(1000, 4);
    const Bytes bytes = encoded_bytes(values, compression);
    EXPECT_EQ(static_cast<Encoding>(bytes[0]), Encoding::distinct);
    EXPECT_LT(bytes.size(), 1000 * 2 / 8 + 50u);
    EXPECT_EQ(decoded_bytes(bytes, values.size()), values);
  }
}

TEST(BytesColumn, of_few_distinct_values_takes_their_memory_once) {
  const Bytes bytes = encoded_bytes(std::vector(1000, std::string(128, 'x')), Compression::zstd);
  EXPECT_TRUE(decoded_bytes(bytes, 1000, 128).has_value());
  EXPECT_FALSE(decoded_bytes(bytes, 1000, 127).has_value());
}

TEST(BytesColumn, keeps_up_to_256_distinct_values_and_more) {
  for (const std::size_t distinct : {255u, 256u, 257u, 300u}) {
    auto values = states(4000, distinct);
    EXPECT_EQ(decoded_bytes(encoded_bytes(values, Compression::none), 4000), values);
    values.back() = "";
    EXPECT_EQ(decoded_bytes(encoded_bytes(values, Compression::zstd), 4000), values);
  }
}

TEST(BytesColumn, of_a_place_beyond_the_distinct_values_is_refused) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put(std::to_underlying(Encoding::distinct));
  writer.put(std::uint8_t{1});  // Two values.
  encode_bytes(std::vector<std::uint64_t>{1, 1}, "ab", Compression::none, bytes);
  const std::size_t values_end = bytes.size();
  encode_plain_words(std::vector<std::uint64_t>{0, 1, 1}, bytes);
  EXPECT_EQ(decoded_bytes(bytes, 3), (std::vector<std::string>{"a", "b", "b"}));
  bytes.resize(values_end);
  encode_plain_words(std::vector<std::uint64_t>{0, 1, 2}, bytes);
  EXPECT_FALSE(decoded_bytes(bytes, 3).has_value());
}

// What a column claims to hold is bounded before memory is taken for it.
TEST(BytesColumn, over_the_bound_is_refused) {
  for (const auto compression : compressions) {
    const Bytes bytes =
        encoded_bytes({std::string(1000, 'x'), std::string(1000, 'y')}, compression);
    EXPECT_TRUE(decoded_bytes(bytes, 2, 2000).has_value());
    EXPECT_FALSE(decoded_bytes(bytes, 2, 1999).has_value());
  }
}

TEST(BytesColumn, of_sizes_that_overflow_when_added_is_refused) {
  const std::vector<std::uint64_t> sizes{~std::uint64_t{0}, 2, 5};
  Bytes bytes;
  encode_bytes(sizes, "abcdef", Compression::none, bytes);
  EXPECT_FALSE(decoded_bytes(bytes, 3).has_value());
}

TEST(BytesColumn, that_ends_too_early_is_refused_at_every_length) {
  for (const auto compression : compressions) {
    const Bytes bytes = encoded_bytes({std::string(100, 'x'), "yz"}, compression);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decoded_bytes(ByteSpan(bytes).first(size), 2).has_value());
    }
  }
}

TEST(BytesColumn, a_frame_of_another_size_than_the_values_is_refused) {
  const Bytes longer =
      encoded_bytes({std::string(100, 'x'), std::string(101, 'x')}, Compression::zstd);
  const Bytes shorter =
      encoded_bytes({std::string(100, 'x'), std::string(100, 'x')}, Compression::zstd);
  // The sizes of one, the frame of the other.
  Bytes sizes_of_longer;
  encode_bytes(std::vector<std::uint64_t>{100, 101}, "", Compression::none, sizes_of_longer);
  Bytes sizes_of_shorter;
  encode_bytes(std::vector<std::uint64_t>{100, 100}, "", Compression::none, sizes_of_shorter);
  Bytes mixed = sizes_of_longer;
  mixed.insert(mixed.end(), shorter.begin() + std::ssize(sizes_of_shorter), shorter.end());
  EXPECT_FALSE(decoded_bytes(mixed, 2).has_value());
  mixed = sizes_of_shorter;
  mixed.insert(mixed.end(), longer.begin() + std::ssize(sizes_of_longer), longer.end());
  EXPECT_FALSE(decoded_bytes(mixed, 2).has_value());
}

}  // namespace
}  // namespace varve::engine
