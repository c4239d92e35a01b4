#include "engine/numeric/exact_sum.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/other_rounding.hpp"
#include "tests/support/plain_aggregates.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Limits = std::numeric_limits<double>;

double sum_of(const std::vector<double>& values) {
  ExactSum sum;
  sum.add(values);
  return sum.rounded();
}

/// Doubles of all sizes, or of a few.
std::vector<double> random_doubles(test::Random& random) {
  const std::int64_t low = random.between(-1'074, 990);
  const std::int64_t high = random.between(low, std::min<std::int64_t>(low + 300, 990));
  std::vector<double> values;
  for (std::uint64_t count = random.below(3'000); count > 0; --count) {
    const double sign = random.chance(0.5) ? -1 : 1;
    values.push_back(sign *
                     std::ldexp(random.fraction(), static_cast<int>(random.between(low, high))));
    if (random.chance(0.2)) values.push_back(-values[random.below(values.size())]);
  }
  return values;
}

TEST(ExactSum, rounds_once) {
  EXPECT_EQ(sum_of({}), 0.0);
  EXPECT_EQ(sum_of({0.1, 0.2, 0.3}), 0.6);
  EXPECT_EQ(sum_of({1e16, 1.0, -1e16}), 1.0);
  EXPECT_EQ(sum_of({1e300, 1.0, -1e300}), 1.0);
  EXPECT_EQ(sum_of({Limits::max(), Limits::max(), -Limits::max()}), Limits::max());
  EXPECT_EQ(sum_of({Limits::max(), Limits::max()}), Limits::infinity());
  EXPECT_EQ(sum_of({-Limits::max(), -Limits::max()}), -Limits::infinity());
  EXPECT_EQ(sum_of({Limits::denorm_min(), Limits::denorm_min()}), 2 * Limits::denorm_min());
  EXPECT_EQ(sum_of({Limits::min(), -Limits::denorm_min()}), Limits::min() - Limits::denorm_min());
  EXPECT_EQ(sum_of({0x1p53, 1.0}), 0x1p53) << "a tie goes to the even";
  EXPECT_EQ(sum_of({0x1p53, 1.0, 0x1p-1074}), 0x1p53 + 2) << "and is none with a bit more";
  EXPECT_EQ(sum_of({-0x1p53, -1.0, -0x1p-1074}), -0x1p53 - 2);
}

TEST(ExactSum, is_finite_where_it_is_though_a_step_to_it_need_not_be) {
  // Just below a power of two each, and all together just below the next beyond the greatest.
  EXPECT_EQ(sum_of(std::vector<double>(32, std::nextafter(0x1p1019, 0.0))), Limits::max());
  EXPECT_EQ(sum_of(std::vector<double>(64, std::nextafter(0x1p1018, 0.0))), Limits::max());
  EXPECT_EQ(sum_of(std::vector<double>(32, std::nextafter(-0x1p1019, 0.0))), -Limits::max());
}

TEST(ExactSum, of_a_pair_is_none_where_it_may_pass_the_greatest_double) {
  EXPECT_FALSE(exact_pair_of(std::vector<double>(4, std::nextafter(0x1p1022, 0.0))));
  EXPECT_FALSE(exact_pair_of(std::vector<double>(1'024, std::nextafter(0x1p1014, 0.0))));
  const double below = std::nextafter(0x1p1021, 0.0);
  const auto pair = exact_pair_of(std::vector<double>(4, below));
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->high, 4 * below);
  EXPECT_EQ(pair->low, 0);
}

TEST(ExactSum, is_the_same_at_the_largest_exponents_as_further_below) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<double> values(1 + random.below(1'200));
    for (double& value : values) {
      const double sign = random.chance(0.5) ? -1 : 1;
      value = sign * std::ldexp(1 - random.fraction() / 4, static_cast<int>(random.between(0, 40)));
    }
    const double expected = std::ldexp(sum_of(values), 983);
    for (double& value : values) value = std::ldexp(value, 983);
    ASSERT_EQ(sum_of(values), expected) << round;
  }
}

TEST(ExactSum, is_the_same_however_the_thread_rounds) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 100; ++round) {
    const std::vector<double> values = random_doubles(random);
    const double expected = sum_of(values);
    for (const int mode : test::other_roundings) {
      double sum = 0;
      {
        const test::OtherRounding other(mode);
        sum = sum_of(values);
      }
      ASSERT_EQ(sum, expected) << round << ", mode " << mode;
    }
  }
}

TEST(ExactSum, has_no_negative_zero) {
  EXPECT_FALSE(std::signbit(sum_of({-0.0, -0.0})));
  EXPECT_FALSE(std::signbit(sum_of({1e300, -1e300})));
}

TEST(ExactSum, keeps_infinities_and_nan_whatever_follows) {
  const double infinity = Limits::infinity();
  EXPECT_EQ(sum_of({1.0, infinity, -1e308}), infinity);
  EXPECT_EQ(sum_of({-infinity, 1.0}), -infinity);
  EXPECT_TRUE(std::isnan(sum_of({infinity, 1.0, -infinity})));
  EXPECT_TRUE(std::isnan(sum_of({1.0, Limits::quiet_NaN(), infinity})));
}

TEST(ExactSum, adds_int64s_beyond_64_bits_and_beside_doubles) {
  constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
  ExactSum sum;
  for (int i = 0; i < 1'000; ++i) sum.add(greatest);
  EXPECT_EQ(sum.rounded(), 1e3 * 0x1p63);
  sum.add(0.5);
  for (int i = 0; i < 1'000; ++i) sum.subtract(greatest);
  EXPECT_EQ(sum.rounded(), 0.5);
  sum.add(std::int64_t{(1LL << 53) + 1});
  EXPECT_EQ(sum.rounded(), 0x1p53 + 2) << "2^53 + 1.5";
}

TEST(ExactSum, equals_shewchuks_whatever_the_values) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 200; ++round) {
    const std::vector<double> values = random_doubles(random);
    ASSERT_EQ(sum_of(values), test::shewchuk_sum(values)) << round;
  }
}

TEST(ExactSum, is_the_same_in_any_order_and_in_any_parts) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 100; ++round) {
    std::vector<double> values = random_doubles(random);
    const double expected = sum_of(values);
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[random.below(i)]);
    }
    std::vector<ExactSum> parts(5);
    for (const double value : values) random.pick(parts).add(value);
    ExactSum all;
    for (const ExactSum& part : parts) all.add(part);
    ASSERT_EQ(all.rounded(), expected) << round;
  }
}

TEST(ExactSum, outgrows_its_fixed_point_without_loss) {
  // 2^39 fits, and 2^20 times that do not.
  std::vector<double> values(1 << 20, 0x1.0000000000001p39);
  ExactSum sum;
  sum.add(values);
  EXPECT_EQ(sum.rounded(), 0x1.0000000000001p59);
  ExactSum twice;
  twice.add(sum);
  twice.add(sum);
  EXPECT_EQ(twice.rounded(), 0x1.0000000000001p60);
}

}  // namespace
}  // namespace varve::engine
