#include "engine/numeric/number_range.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace varve::engine {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(NumberRange, has_the_least_and_the_greatest_wherever_they_stand) {
  for (std::size_t at = 0; at < 11; ++at) {
    std::vector<std::int64_t> whole(11, 5);
    std::vector<double> real(11, 5);
    whole[at] = -7, whole[(at + 4) % 11] = 9;
    real[at] = -7.5, real[(at + 4) % 11] = 9.5;
    EXPECT_EQ(range_of(std::span<const std::int64_t>(whole))->least, -7);
    EXPECT_EQ(range_of(std::span<const std::int64_t>(whole))->greatest, 9);
    EXPECT_EQ(range_of(std::span<const double>(real))->least, -7.5);
    EXPECT_EQ(range_of(std::span<const double>(real))->greatest, 9.5);
  }
}

TEST(NumberRange, is_none_without_numbers) {
  EXPECT_FALSE(range_of(std::span<const std::int64_t>()));
  EXPECT_FALSE(range_of(std::span<const double>()));
  EXPECT_FALSE(range_of(std::vector<double>{nan, nan}));
}

TEST(NumberRange, passes_over_nan) {
  const auto range = range_of(std::vector<double>{nan, 2, nan, 1, nan});
  EXPECT_EQ(range->least, 1);
  EXPECT_EQ(range->greatest, 2);
}

TEST(NumberRange, tells_infinities_from_nothing_at_all) {
  EXPECT_EQ(range_of(std::vector<double>{nan, infinity})->least, infinity);
  EXPECT_EQ(range_of(std::vector<double>{-infinity, nan})->greatest, -infinity);
}

TEST(NumberRange, puts_minus_zero_below_zero) {
  for (const auto& zeros : {std::vector<double>{0.0, -0.0}, std::vector<double>{-0.0, 0.0}}) {
    EXPECT_TRUE(std::signbit(range_of(zeros)->least));
    EXPECT_FALSE(std::signbit(range_of(zeros)->greatest));
  }
}

}  // namespace
}  // namespace varve::engine
