#include "query/aggregate/number.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace varve::query {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

constexpr std::int64_t odd = (std::int64_t{1} << 53) + 1;  // No double: 2^53 is the nearest.
constexpr double even = 0x1p53;

/// Whether the numbers are in this order, asked both ways round.
bool ascending(const Number& a, const Number& b) { return less(a, b) && !less(b, a); }
bool equal(const Number& a, const Number& b) { return !less(a, b) && !less(b, a); }

TEST(Number, of_an_int64_is_not_rounded_to_be_compared) {
  EXPECT_TRUE(ascending(even, odd));
  EXPECT_TRUE(ascending(-odd, -even));
  EXPECT_TRUE(ascending(odd, even + 2));
  EXPECT_TRUE(ascending(Limits::max() - 1, 0x1p63));
  EXPECT_TRUE(ascending(0x1p62, (std::int64_t{1} << 62) + 1));
}

TEST(Number, of_a_double_keeps_its_fraction) {
  EXPECT_TRUE(ascending(std::int64_t{2}, 2.5));
  EXPECT_TRUE(ascending(2.5, std::int64_t{3}));
  EXPECT_TRUE(ascending(std::int64_t{-3}, -2.5));
  EXPECT_TRUE(ascending(-2.5, std::int64_t{-2}));
  EXPECT_TRUE(ascending(std::int64_t{0}, 5e-324));
  EXPECT_TRUE(ascending(-5e-324, std::int64_t{0}));
}

TEST(Number, is_compared_across_the_ends_of_int64) {
  EXPECT_TRUE(ascending(Limits::max(), 0x1p63));
  EXPECT_TRUE(equal(Limits::min(), -0x1p63));
  EXPECT_TRUE(ascending(-0x1.0000000000001p63, Limits::min()));
  EXPECT_TRUE(ascending(Limits::max(), std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(ascending(-std::numeric_limits<double>::infinity(), Limits::min()));
}

TEST(Number, equals_the_same_number_of_the_other_type) {
  EXPECT_TRUE(equal(std::int64_t{7}, 7.0));
  EXPECT_TRUE(equal(std::int64_t{0}, -0.0));
  EXPECT_TRUE(equal(odd - 1, even));
}

TEST(Number, is_never_less_than_nan_nor_above_it) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(equal(std::int64_t{1}, nan));
  EXPECT_TRUE(equal(nan, 1.0));
}

}  // namespace
}  // namespace varve::query
