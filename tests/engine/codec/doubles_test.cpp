#include "engine/codec/doubles.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "engine/codec/encoding.hpp"
#include "tests/support/other_rounding.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Doubles = std::vector<double>;
using Bits = std::vector<std::uint64_t>;

Bits bits_of(const Doubles& values) {
  Bits bits;
  for (const double value : values) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}

Bytes encoded(const Doubles& values) {
  Bytes bytes;
  encode_doubles(values, Compression::none, bytes);
  return bytes;
}

Encoding encoding_of(const Doubles& values) { return static_cast<Encoding>(encoded(values).at(0)); }

/// None where the bytes are not a column of so many doubles, and nothing else.
std::optional<Bits> decoded(ByteSpan bytes, std::size_t count) {
  ByteReader reader(bytes);
  Doubles values(count);
  decode_doubles(reader, values);
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return bits_of(values);
}

/// A walk in steps of 10^-digits, as a program has it that reads decimal text.
Doubles decimal_walk(std::size_t count, unsigned digits) {
  test::Random random(digits);
  const double scale = std::pow(10.0, digits);
  std::int64_t place = 21'000;
  Doubles values(count);
  for (auto& value : values) {
    place += static_cast<std::int64_t>(random.below(15)) - 7;
    value = static_cast<double>(place) / scale;
  }
  return values;
}

TEST(Doubles, with_few_digits_take_the_bits_of_their_integers) {
  for (unsigned digits = 0; digits <= 9; ++digits) {
    const Doubles values = decimal_walk(1000, digits);
    EXPECT_EQ(encoding_of(values), Encoding::decimal) << digits;
    EXPECT_LE(encoded(values).size(), 1000u * 4 / 8 + 20) << digits;
    EXPECT_EQ(decoded(encoded(values), 1000), bits_of(values)) << digits;
  }
}

TEST(Doubles, of_every_decimal_of_15_digits_are_exact) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (unsigned digits = 0; digits <= 15; ++digits) {
    Doubles values(1000);
    for (auto& value : values) {
      const auto integer = static_cast<std::int64_t>(random.below(1'000'000'000'000'000));
      value =
          static_cast<double>(random.chance(0.5) ? -integer - 1 : integer) / std::pow(10.0, digits);
    }
    const Bytes bytes = encoded(values);
    ASSERT_EQ(static_cast<Encoding>(bytes[0]), Encoding::decimal) << digits;
    EXPECT_EQ(bytes[2], std::byte{0}) << "exceptions with " << digits << " digits";
    EXPECT_EQ(decoded(bytes, 1000), bits_of(values));
  }
}

TEST(Doubles, that_were_floats_are_decimals_too) {
  Doubles values = decimal_walk(1000, 3);
  for (auto& value : values) value = static_cast<double>(static_cast<float>(value));
  EXPECT_EQ(encoding_of(values), Encoding::decimal32);
  EXPECT_LE(encoded(values).size(), 1000u * 4 / 8 + 20);
  EXPECT_EQ(decoded(encoded(values), 1000), bits_of(values));
}

TEST(Doubles, that_are_no_decimals_are_exceptions_among_many_that_are) {
  using Limits = std::numeric_limits<double>;
  Doubles values = decimal_walk(1000, 2);
  values[0] = Limits::quiet_NaN();
  values[100] = -0.0;
  values[101] = Limits::infinity();
  values[500] = std::bit_cast<double>(0x7FF0'0000'DEAD'BEEFu);
  values[777] = Limits::max();
  values[998] = Limits::denorm_min();
  values[999] = 1.0 / 3;
  EXPECT_EQ(encoding_of(values), Encoding::decimal);
  EXPECT_LE(encoded(values).size(), 1000u * 4 / 8 + 7 * (2 + 8) + 30);
  EXPECT_EQ(decoded(encoded(values), 1000), bits_of(values));
}

TEST(Doubles, that_are_no_numbers_are_never_taken_for_decimals) {
  // Arithmetic on a NaN may give another one elsewhere.
  for (const std::uint64_t bits : {0x7FF8'0000'0000'0000u, 0xFFF8'0000'0000'0000u,
                                   0x7FF8'0000'DEAD'BEEFu, 0x7FF0'0000'0000'0000u}) {
    const Doubles values(100, std::bit_cast<double>(std::uint64_t{bits}));
    EXPECT_EQ(encoding_of(values), Encoding::constant) << bits;
    EXPECT_EQ(decoded(encoded(values), 100), bits_of(values)) << bits;
  }
  Doubles values = decimal_walk(1000, 2);
  values[500] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(encoded(values)[2], std::byte{1}) << "one exception";
}

TEST(Doubles, without_decimals_are_stored_by_their_bits) {
  test::Random random(1);
  Doubles values(1000);
  for (auto& value : values) value = std::bit_cast<double>(random.next());
  EXPECT_EQ(encoded(values).size(), 8001u);
  EXPECT_EQ(decoded(encoded(values), 1000), bits_of(values));
}

TEST(Doubles, come_back_whatever_their_mix) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 500; ++round) {
    Doubles values = decimal_walk(1 + random.below(1500), static_cast<unsigned>(random.below(20)));
    const double strange = random.chance(0.5) ? static_cast<double>(random.below(30)) / 100 : 0;
    const bool single = random.chance(0.2);
    for (auto& value : values) {
      if (single) value = static_cast<double>(static_cast<float>(value));
      if (random.chance(strange)) value = std::bit_cast<double>(random.next());
    }
    ASSERT_EQ(decoded(encoded(values), values.size()), bits_of(values)) << "round " << round;
  }
}

/// Decimals of one to nine digits, and some that were floats.
std::vector<Doubles> decimal_columns() {
  std::vector<Doubles> columns;
  for (unsigned digits = 1; digits <= 9; ++digits) columns.push_back(decimal_walk(1000, digits));
  columns.push_back(decimal_walk(1000, 3));
  for (auto& value : columns.back()) value = static_cast<double>(static_cast<float>(value));
  return columns;
}

TEST(Doubles, come_back_however_the_thread_that_reads_them_rounds) {
  for (const Doubles& values : decimal_columns()) {
    const Bytes bytes = encoded(values);
    for (const int mode : test::other_roundings) {
      std::optional<Bits> read;
      {
        const test::OtherRounding other(mode);
        read = decoded(bytes, values.size());
      }
      EXPECT_EQ(read, bits_of(values)) << "mode " << mode;
    }
  }
}

TEST(Doubles, are_stored_alike_however_the_thread_that_writes_them_rounds) {
  for (const Doubles& values : decimal_columns()) {
    for (const int mode : test::other_roundings) {
      Bytes written;
      {
        const test::OtherRounding other(mode);
        written = encoded(values);
      }
      EXPECT_EQ(written, encoded(values)) << "mode " << mode;
    }
  }
}

TEST(Doubles, leave_the_rounding_of_the_thread_as_it_was) {
  const Doubles values = decimal_walk(100, 2);
  const test::OtherRounding other(FE_UPWARD);
  EXPECT_TRUE(decoded(encoded(values), 100).has_value());
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
}

TEST(Doubles, that_end_too_early_are_refused_at_every_length) {
  Doubles values = decimal_walk(300, 2);
  values[7] = 1.0 / 3;
  const Bytes bytes = encoded(values);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decoded(ByteSpan(bytes).first(size), values.size()).has_value()) << size;
  }
}

TEST(Doubles, of_an_unknown_exponent_or_with_a_place_outside_are_refused) {
  Doubles values = decimal_walk(64, 2);
  Bytes bytes = encoded(values);
  bytes[1] = std::byte{19};
  EXPECT_FALSE(decoded(bytes, 64).has_value());

  values[63] = 1.0 / 3;
  bytes = encoded(values);
  ASSERT_TRUE(decoded(bytes, 64).has_value());
  // One exception: its place, then its bits, each a constant.
  const std::size_t place = bytes.size() - 2 - 10;
  ASSERT_EQ(bytes[place], std::byte{static_cast<unsigned char>(Encoding::constant)});
  // 63 and 64 as zigzags.
  ASSERT_EQ(bytes[place + 1], std::byte{126});
  bytes[place + 1] = std::byte{127};
  EXPECT_FALSE(decoded(bytes, 64).has_value());
}

}  // namespace
}  // namespace varve::engine
