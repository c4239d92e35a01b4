#include "query/aggregate/quantiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/random.hpp"

namespace varve::query {
namespace {

using Limits = std::numeric_limits<double>;

Quantiles of(const std::vector<double>& values) {
  Quantiles quantiles;
  for (const double value : values) quantiles.add(value);
  return quantiles;
}

/// By how much of all the values the rank of the answer is off.
double rank_error(const Quantiles& quantiles, const std::vector<double>& sorted, double q) {
  const double value = quantiles.value(q);
  const auto rank = [&](auto bound) {
    return static_cast<double>(bound - sorted.begin()) / static_cast<double>(sorted.size());
  };
  const double low = rank(std::ranges::lower_bound(sorted, value));
  const double high = rank(std::ranges::upper_bound(sorted, value));
  return q < low ? low - q : q > high ? q - high : 0;
}

TEST(Quantiles, lie_on_the_line_between_two_of_few_numbers) {
  const Quantiles quantiles = of({40, 10, 30, 20});
  EXPECT_EQ(quantiles.value(0), 10);
  EXPECT_EQ(quantiles.value(1), 40);
  EXPECT_EQ(quantiles.value(0.5), 25);
  EXPECT_EQ(quantiles.value(0.25), 17.5);
  EXPECT_EQ(of({7}).value(0.99), 7);
}

TEST(Quantiles, pass_over_nan_and_count_infinities) {
  const double infinity = Limits::infinity();
  EXPECT_EQ(of({Limits::quiet_NaN(), 1, 3}).value(0.5), 2);
  EXPECT_TRUE(std::isnan(of({Limits::quiet_NaN()}).value(0.5)));
  const Quantiles quantiles = of({infinity, 1, 2, 3, -infinity});
  EXPECT_EQ(quantiles.value(0), -infinity);
  EXPECT_EQ(quantiles.value(0.5), 2);
  EXPECT_EQ(quantiles.value(0.1), -infinity);
  EXPECT_EQ(quantiles.value(0.9), infinity);
}

TEST(Quantiles, have_the_negative_zero_first_however_the_numbers_come) {
  for (const auto& numbers : {std::vector{0.0, -0.0}, {-0.0, 0.0}}) {
    EXPECT_TRUE(std::signbit(of(numbers).value(0)));
    EXPECT_FALSE(std::signbit(of(numbers).value(1)));
  }
}

TEST(Quantiles, are_exact_up_to_the_limit) {
  std::vector<double> values;
  for (std::size_t i = 0; i < Aggregation::quantile_exact_max; ++i) {
    values.push_back(static_cast<double>(i * 7919 % Aggregation::quantile_exact_max));
  }
  EXPECT_EQ(of(values).value(0.25), 0.25 * static_cast<double>(values.size() - 1));
}

TEST(Quantiles, stay_near_beyond_it_whatever_the_order) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  std::vector<double> values;
  for (int i = 0; i < 100'000; ++i) {
    const double x = random.fraction();
    values.push_back(i % 10 == 0 ? 1e6 * x : std::log(x) * 5);
  }
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  std::vector<double> descending(sorted.rbegin(), sorted.rend());
  for (const auto* order : {&values, &sorted, &descending}) {
    const Quantiles quantiles = of(*order);
    for (const double q : {0.0001, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 0.9999}) {
      EXPECT_LE(rank_error(quantiles, sorted, q), 0.004 * std::sqrt(q * (1 - q))) << q;
    }
    EXPECT_EQ(quantiles.value(0), sorted.front());
    EXPECT_EQ(quantiles.value(1), sorted.back());
  }
}

TEST(Quantiles, of_parts_stay_near_when_put_together) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  Quantiles all;
  std::vector<double> sorted;
  for (const std::size_t size : {10u, 30'000u, 5'000u, 3u, 20'000u}) {
    Quantiles part;
    for (std::size_t i = 0; i < size; ++i) {
      sorted.push_back(random.fraction() * static_cast<double>(size));
      part.add(sorted.back());
    }
    all.add(part);
  }
  std::ranges::sort(sorted);
  for (const double q : {0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999}) {
    EXPECT_LE(rank_error(all, sorted, q), 0.004 * std::sqrt(q * (1 - q))) << q;
  }
}

TEST(Quantiles, of_one_repeated_number_are_that_number) {
  const Quantiles quantiles = of(std::vector<double>(50'000, 21.7));
  for (const double q : {0.0, 0.1, 0.5, 0.99, 1.0}) EXPECT_EQ(quantiles.value(q), 21.7);
}

}  // namespace
}  // namespace varve::query
