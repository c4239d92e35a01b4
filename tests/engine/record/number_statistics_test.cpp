#include "engine/record/number_statistics.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/numeric/wide.hpp"
#include "tests/support/random.hpp"
#include "varve/value.hpp"

namespace varve::engine {
namespace {

using Wide = Int128;

constexpr double infinity = std::numeric_limits<double>::infinity();

double as_double(std::uint64_t bits) { return std::bit_cast<double>(bits); }

Wide exact_sum(const NumberStatistics& statistics) {
  if (statistics.type == RowType::int64) {
    return static_cast<Wide>(static_cast<std::int64_t>(statistics.sum_high)) << 64 |
           static_cast<Wide>(statistics.sum_low);
  }
  return static_cast<Wide>(as_double(statistics.sum_high)) +
         static_cast<Wide>(as_double(statistics.sum_low));
}

std::vector<double> values_of(std::initializer_list<double> values) { return values; }

TEST(NumberStatistics, keep_first_last_least_and_greatest) {
  const auto statistics = statistics_of(values_of({2.5, -1.0, 7.25, 3.0})).value();
  EXPECT_EQ(statistics.type, RowType::double_);
  EXPECT_EQ(as_double(statistics.first), 2.5);
  EXPECT_EQ(as_double(statistics.last), 3.0);
  EXPECT_EQ(as_double(statistics.min), -1.0);
  EXPECT_EQ(as_double(statistics.max), 7.25);
  EXPECT_EQ(as_double(statistics.sum_high), 11.75);
}

TEST(NumberStatistics, take_the_negative_zero_for_the_less_wherever_it_comes) {
  for (const auto& values : {values_of({0.0, -0.0, 0.0}), values_of({-0.0, 0.0})}) {
    const auto statistics = statistics_of(values).value();
    EXPECT_TRUE(std::signbit(as_double(statistics.min)));
    EXPECT_FALSE(std::signbit(as_double(statistics.max)));
  }
  EXPECT_TRUE(std::signbit(as_double(statistics_of(values_of({-0.0, -1.0})).value().max)));
}

TEST(NumberStatistics, have_what_the_nearest_double_lacks_of_the_sum) {
  // A million and ten tenths: a tenth is not a multiple of what a million can be told apart by.
  std::vector<double> values(10, 0.1);
  values.push_back(1e6);
  const auto statistics = statistics_of(values).value();
  const double low = as_double(statistics.sum_low);
  EXPECT_NE(low, 0.0);
  EXPECT_LT(std::fabs(low), 1e-9);
}

TEST(NumberStatistics, there_are_none_where_a_value_is_not_finite) {
  EXPECT_FALSE(statistics_of(values_of({1.0, infinity})));
  EXPECT_FALSE(statistics_of(values_of({1.0, -infinity})));
  EXPECT_FALSE(statistics_of(values_of({std::nan("")})));
}

TEST(NumberStatistics, there_are_none_where_a_stale_marker_is_passed_over) {
  EXPECT_FALSE(statistics_of(values_of({stale_marker})));
  EXPECT_FALSE(statistics_of(values_of({1.0, stale_marker, 2.0})));
  std::vector<double> values(1'024, 20.5);
  EXPECT_TRUE(statistics_of(values));
  values[700] = stale_marker;
  EXPECT_FALSE(statistics_of(values));
}

TEST(NumberStatistics, there_are_none_where_the_sum_might_not_fit) {
  EXPECT_FALSE(statistics_of(values_of({1e300, 1e-300})));
  EXPECT_FALSE(statistics_of(values_of({1e308, 1e308, 1e308})));
  EXPECT_FALSE(statistics_of(std::vector<double>(4, std::nextafter(0x1p1022, 0.0))));
  EXPECT_FALSE(statistics_of(std::vector<double>(65'537, 1.0)));
  EXPECT_TRUE(statistics_of(std::vector<double>(65'536, 1.0)));
}

TEST(NumberStatistics, of_the_smallest_doubles_are_exact_or_absent) {
  const double least = std::numeric_limits<double>::denorm_min();
  for (const double value : {least, -least, std::numeric_limits<double>::min(), 1e-300}) {
    const auto statistics = statistics_of(std::vector<double>(3, value));
    if (!statistics) continue;
    EXPECT_EQ(as_double(statistics->sum_high), 3 * value);
  }
}

TEST(NumberStatistics, of_integers_do_not_overflow) {
  const std::vector<std::int64_t> values(1000, std::numeric_limits<std::int64_t>::min());
  const auto statistics = statistics_of(values).value();
  EXPECT_EQ(statistics.type, RowType::int64);
  EXPECT_TRUE(exact_sum(statistics) == Wide{1000} * std::numeric_limits<std::int64_t>::min());
}

TEST(NumberStatistics, of_rows_are_of_numbers_only) {
  const std::vector<Timestamp> times{1, 2};
  const std::vector<std::int64_t> numbers{5, 6};
  EXPECT_TRUE(statistics_of(RowsView{"k", RowType::int64, times, numbers.data(), {}}));
  const bool flags[] = {true, false};
  EXPECT_FALSE(statistics_of(RowsView{"k", RowType::bool_, times, flags, {}}));
  EXPECT_FALSE(statistics_of(RowsView{"k", RowType::tombstone, times, nullptr, {}}));
}

TEST(NumberStatistics, sums_are_exact_whatever_the_values) {
  test::Random random(test::test_seed());
  SCOPED_TRACE(test::describe_seed(test::test_seed()));
  std::size_t known = 0;
  for (int round = 0; round < 2000; ++round) {
    // Whole numbers, so that integers can say what their sum is: of up to 53 bits, times a power
    // of two.
    const int range = static_cast<int>(random.below(45));
    std::vector<double> values(1 + random.below(random.chance(0.2) ? 5000 : 40));
    Wide sum = 0;
    for (double& value : values) {
      const auto bits = random.below(54);
      auto whole = static_cast<std::int64_t>(random.below(std::uint64_t{1} << bits));
      if (random.chance(0.5)) whole = -whole;
      const auto power = random.below(static_cast<std::uint64_t>(range) + 1);
      value = std::ldexp(static_cast<double>(whole), static_cast<int>(power));
      sum += static_cast<Wide>(whole) << static_cast<unsigned>(power);
    }
    const auto statistics = statistics_of(values);
    if (!statistics) continue;
    ++known;
    ASSERT_TRUE(exact_sum(*statistics) == sum) << "round " << round;
    const double high = as_double(statistics->sum_high);
    ASSERT_EQ(high, high + as_double(statistics->sum_low)) << "the nearest double";
  }
  EXPECT_GT(known, 200u);
}

}  // namespace
}  // namespace varve::engine
