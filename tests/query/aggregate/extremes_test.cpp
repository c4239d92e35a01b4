#include "query/aggregate/extremes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace varve::query {
namespace {

using Limits = std::numeric_limits<std::int64_t>;
using Whole = std::vector<std::int64_t>;
using Real = std::vector<double>;

constexpr std::int64_t beyond_double = (std::int64_t{1} << 53) + 1;  // The next double is below.
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Extremes extremes_of(const Whole& whole, const Real& real) {
  Extremes extremes;
  extremes.add(std::span<const std::int64_t>(whole));
  extremes.add(std::span<const double>(real));
  return extremes;
}

TEST(Extremes, are_none_without_numbers) {
  EXPECT_EQ(extremes_of({}, {}).min(), std::nullopt);
  EXPECT_EQ(extremes_of({}, {}).max(), std::nullopt);
}

TEST(Extremes, are_nan_only_where_nothing_else_came) {
  EXPECT_EQ(extremes_of({}, {nan}).min(), Value(nan));
  EXPECT_EQ(extremes_of({}, {nan, 1.5}).min(), Value(1.5));
  EXPECT_EQ(extremes_of({4}, {nan}).max(), Value(4));
}

TEST(Extremes, keep_the_type_of_the_number_that_is_one) {
  const Extremes extremes = extremes_of({1, 5}, {0.5, 4.5});
  EXPECT_EQ(extremes.min(), Value(0.5));
  EXPECT_EQ(extremes.max(), Value(5));
}

TEST(Extremes, lose_no_digit_of_an_int64_beside_a_double) {
  const double below = 0x1p53;
  EXPECT_EQ(extremes_of({beyond_double}, {below}).min(), Value(below));
  EXPECT_EQ(extremes_of({beyond_double}, {below}).max(), Value(beyond_double));
  EXPECT_EQ(extremes_of({-beyond_double}, {-below}).min(), Value(-beyond_double));
  EXPECT_EQ(extremes_of({Limits::max()}, {0x1p63}).max(), Value(0x1p63));
}

TEST(Extremes, put_minus_zero_below_zero) {
  EXPECT_EQ(extremes_of({}, {0.0, -0.0}).min(), Value(-0.0));
  EXPECT_EQ(extremes_of({}, {-0.0, 0.0}).max(), Value(0.0));
}

TEST(Extremes, of_parts_are_those_of_all) {
  Extremes all = extremes_of({3}, {});
  all.add(extremes_of({}, {nan, 7.5}));
  all.add(extremes_of({-2}, {}));
  EXPECT_EQ(all.min(), Value(-2));
  EXPECT_EQ(all.max(), Value(7.5));
}

}  // namespace
}  // namespace varve::query
