#include "tools/formats/readers/line_times.hpp"

#include <gtest/gtest.h>

namespace varve::tools {
namespace {

TEST(LineTimes, are_unfit_where_the_first_number_is_of_another_unit) {
  LineTimes times(times_in(TimeUnit::microseconds));
  EXPECT_FALSE(times.read("1714564800"));
  EXPECT_TRUE(times.is_unfit());
}

TEST(LineTimes, are_not_unfit_because_of_one_that_is_no_time) {
  LineTimes times(times_in(TimeUnit::microseconds));
  EXPECT_FALSE(times.read("yesterday"));
  EXPECT_FALSE(times.is_unfit());
  EXPECT_EQ(times.read("1714564800000000"), 1714564800000000);
  EXPECT_FALSE(times.is_unfit());
}

TEST(LineTimes, take_a_number_of_any_size_in_a_unit_that_is_given) {
  LineTimes times(with_unit_given(times_in(TimeUnit::milliseconds)));
  EXPECT_EQ(times.read("5"), 5'000);
}

}  // namespace
}  // namespace varve::tools
