#include "query/aggregate/moments.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tests/support/random.hpp"

namespace varve::query {
namespace {

constexpr std::size_t group = 64;  // So many numbers are folded at once.

Moments moments_of(std::span<const double> values) {
  Moments moments;
  for (const double value : values) moments.add(value);
  return moments;
}

double deviation(std::span<const double> values) { return moments_of(values).standard_deviation(); }

std::vector<double> random_numbers(std::size_t count) {
  test::Random random(17);
  std::vector<double> values(count);
  for (double& value : values) value = static_cast<double>(random.below(1'000)) / 8;
  return values;
}

TEST(Moments, give_the_deviation_of_the_population) {
  EXPECT_EQ(deviation(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}), 2);
  EXPECT_EQ(deviation(std::vector<double>{3}), 0);
}

TEST(Moments, give_nothing_for_equal_numbers_however_many) {
  for (const std::size_t count : {std::size_t{2}, group - 1, group, group + 1, 5 * group}) {
    EXPECT_EQ(deviation(std::vector<double>(count, 0.1)), 0) << count;
  }
}

TEST(Moments, keep_a_small_deviation_of_large_numbers) {
  std::vector<double> values;
  for (int i = 0; i < 1'000; ++i) values.push_back(1e9 + i % 2);
  EXPECT_DOUBLE_EQ(deviation(values), 0.5);
}

TEST(Moments, of_parts_come_close_to_those_of_all) {
  const std::vector<double> values = random_numbers(1'000);
  const std::span<const double> all(values);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, group, std::size_t{777}}) {
    Moments parts = moments_of(all.first(cut));
    parts.add(moments_of(all.subspan(cut)));
    EXPECT_NEAR(parts.standard_deviation(), deviation(all), 1e-9) << cut;
  }
}

TEST(Moments, of_a_part_that_ends_a_group_have_the_bits_of_all) {
  const std::vector<double> values = random_numbers(3 * group);
  const std::span<const double> all(values);
  Moments parts = moments_of(all.first(2 * group));
  parts.add(moments_of(all.subspan(2 * group)));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(parts.standard_deviation()),
            std::bit_cast<std::uint64_t>(deviation(all)));
}

TEST(Moments, are_nan_with_a_nan_among_the_numbers) {
  EXPECT_TRUE(std::isnan(deviation(std::vector<double>{1, std::nan(""), 2})));
}

TEST(Moments, begin_anew_after_a_reset) {
  Moments moments = moments_of(random_numbers(100));
  moments.reset();
  moments.add(1);
  moments.add(3);
  EXPECT_EQ(moments.standard_deviation(), 1);
}

}  // namespace
}  // namespace varve::query
