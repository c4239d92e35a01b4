#include "engine/numeric/wide.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Signed = by_words::TwoWords<true>;
using Unsigned = by_words::TwoWords<false>;

constexpr std::uint64_t all_bits = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();

TEST(TwoWords, multiply_to_all_bits) {
  const Product product = by_words::multiply(all_bits, all_bits);
  EXPECT_EQ(product.high, all_bits - 1);
  EXPECT_EQ(product.low, 1u);
  EXPECT_EQ(by_words::multiply(std::uint64_t{1} << 63, 6).high, 3u);
}

TEST(TwoWords, round_a_fraction_up) {
  EXPECT_EQ(by_words::fraction_of(0, 7), 0u);
  EXPECT_EQ(by_words::fraction_of(1, 2), std::uint64_t{1} << 63);
  EXPECT_EQ(by_words::fraction_of(1, 3), 0x5555'5555'5555'5556u);
  EXPECT_EQ(by_words::fraction_of(all_bits - 1, all_bits), all_bits);
}

TEST(TwoWords, compare_and_add_across_the_words) {
  const Signed carried = Signed(all_bits) + 1;
  EXPECT_EQ(carried.high(), 1u);
  EXPECT_EQ(carried.low(), 0u);
  EXPECT_EQ(carried - 1, Signed(all_bits));
  EXPECT_EQ(Signed(0) - 1, Signed(-1));
  EXPECT_LT(Signed(-1), Signed(0));
  EXPECT_GT(Unsigned(Signed(-1)), Unsigned(all_bits));
  EXPECT_EQ(Signed(least) * least, Signed(1) << 126);
  EXPECT_EQ(Signed(least) >> 127, Signed(-1));
}

TEST(TwoWords, say_where_a_sum_does_not_fit) {
  const Signed half = Signed(1) << 126;
  Signed sum;
  EXPECT_TRUE(by_words::sum_fits(half, half - 1, sum));
  EXPECT_FALSE(by_words::sum_fits(half, half, sum));
  EXPECT_TRUE(by_words::sum_fits(-half, -half, sum));
  EXPECT_FALSE(by_words::sum_fits(-half - 1, -half, sum));
  EXPECT_TRUE(by_words::sum_fits(-half, half, sum));
}

TEST(TwoWords, become_the_nearest_double_and_a_tie_the_even_one) {
  EXPECT_EQ(static_cast<double>(Unsigned(1) << 100), 0x1p100);
  EXPECT_EQ(static_cast<double>((Unsigned(1) << 100) + (Unsigned(1) << 47)), 0x1p100);
  EXPECT_EQ(static_cast<double>((Unsigned(1) << 100) + (Unsigned(1) << 47) + 1),
            0x1.0000000000001p100);
  EXPECT_EQ(static_cast<double>(-(Signed(3) << 90)), -0x1.8p91);
  EXPECT_EQ(static_cast<double>(Unsigned(Signed(-1))), 0x1p128);
}

TEST(TwoWords, are_made_of_doubles_towards_zero) {
  EXPECT_EQ(Signed(0x1.8p100), Signed(3) << 99);
  EXPECT_EQ(Signed(-0x1.8p100), -(Signed(3) << 99));
  EXPECT_EQ(Signed(-2.75), Signed(-2));
  EXPECT_EQ(Signed(0x1p-200), Signed(0));
  EXPECT_EQ(Signed(0.0), Signed(0));
}

#ifdef __SIZEOF_INT128__

__extension__ using Native = __int128;
__extension__ using UnsignedNative = unsigned __int128;

Native native(Signed value) {
  return static_cast<Native>(static_cast<UnsignedNative>(value.high()) << 64 | value.low());
}
UnsignedNative native(Unsigned value) {
  return static_cast<UnsignedNative>(value.high()) << 64 | value.low();
}

/// Of any length, and often near where a word ends.
std::uint64_t random_word(test::Random& random) {
  const std::uint64_t word = random.next() >> random.below(64);
  return random.chance(0.2) ? ~std::uint64_t{0} - word : word;
}
Signed random_number(test::Random& random) {
  Signed number = Signed(random_word(random)) << static_cast<unsigned>(random.below(65));
  number += random_word(random);
  return random.chance(0.5) ? -number : number;
}

TEST(TwoWords, do_to_products_and_fractions_what_the_compiler_does) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t a = random_word(random);
    const std::uint64_t b = random_word(random);
    const Product product = by_words::multiply(a, b);
    const UnsignedNative expected = static_cast<UnsignedNative>(a) * b;
    ASSERT_EQ(product.high, static_cast<std::uint64_t>(expected >> 64)) << round;
    ASSERT_EQ(product.low, static_cast<std::uint64_t>(expected)) << round;
    if (b == 0) continue;
    const std::uint64_t fraction = by_words::fraction_of(a % b, b);
    ASSERT_EQ(fraction,
              static_cast<std::uint64_t>(((static_cast<UnsignedNative>(a % b) << 64) + b - 1) / b))
        << round;
  }
}

TEST(TwoWords, calculate_as_the_compiler_does) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    SCOPED_TRACE(round);
    const Signed a = random_number(random);
    const Signed b = random_number(random);
    const auto bits = static_cast<unsigned>(random.below(128));
    // Unsigned, since what wraps around has no meaning with a sign.
    const auto x = static_cast<UnsignedNative>(native(a));
    const auto y = static_cast<UnsignedNative>(native(b));
    ASSERT_TRUE(native(Unsigned(a + b)) == x + y);
    ASSERT_TRUE(native(Unsigned(a - b)) == x - y);
    ASSERT_TRUE(native(Unsigned(a * b)) == x * y);
    ASSERT_TRUE(native(Unsigned(a | b)) == (x | y));
    ASSERT_TRUE(native(Unsigned(-a)) == -x);
    ASSERT_TRUE(native(Unsigned(a << bits)) == x << bits);
    ASSERT_TRUE(native(Unsigned(a) >> bits) == x >> bits);
    ASSERT_TRUE(native(a >> bits) == native(a) >> bits);
    ASSERT_EQ(a < b, native(a) < native(b));
    ASSERT_EQ(Unsigned(a) < Unsigned(b), x < y);
    Signed sum;
    Native expected = 0;
    const bool fits = !__builtin_add_overflow(native(a), native(b), &expected);
    ASSERT_EQ(by_words::sum_fits(a, b, sum), fits);
    ASSERT_TRUE(!fits || native(sum) == expected);
  }
}

TEST(TwoWords, become_doubles_and_come_of_them_as_the_compilers_do) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const Signed number = random_number(random);
    ASSERT_EQ(static_cast<double>(number), static_cast<double>(native(number))) << round;
    ASSERT_EQ(static_cast<double>(Unsigned(number)),
              static_cast<double>(static_cast<UnsignedNative>(native(number))))
        << round;
    const double real = std::ldexp(random.fraction(), static_cast<int>(random.below(127)));
    ASSERT_TRUE(native(Signed(-real)) == static_cast<Native>(-real)) << round;
  }
}

TEST(TwoWords, have_the_ends_of_int64) {
  for (const std::int64_t end : {least, std::int64_t{-1}, std::int64_t{0}, greatest}) {
    ASSERT_TRUE(native(Signed(end)) == end);
    ASSERT_EQ(static_cast<std::int64_t>(Signed(end)), end);
  }
}

#endif

}  // namespace
}  // namespace varve::engine
