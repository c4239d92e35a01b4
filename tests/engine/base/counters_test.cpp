#include "engine/base/counters.hpp"

#include <gtest/gtest.h>

namespace varve::engine {
namespace {

using std::chrono::nanoseconds;

TEST(LatencyHistogram, of_nothing_is_all_zero) {
  EXPECT_EQ(LatencyHistogram().summary().p99, nanoseconds(0));
}

TEST(LatencyHistogram, quantiles_are_exact_to_a_sixteenth) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 10'000; ++i) histogram.record(nanoseconds(i * 100));
  const LatencySummary summary = histogram.summary();
  EXPECT_EQ(summary.count, 10'000u);
  EXPECT_EQ(summary.max, nanoseconds(1'000'000));
  EXPECT_NEAR(static_cast<double>(summary.p50.count()), 500'000, 500'000 / 16.0);
  EXPECT_NEAR(static_cast<double>(summary.p99.count()), 990'000, 990'000 / 16.0);
}

TEST(LatencyHistogram, takes_a_clock_that_stood_still_and_one_that_ran_for_hours) {
  LatencyHistogram histogram;
  histogram.record(nanoseconds(0));
  histogram.record(std::chrono::hours(100));
  EXPECT_EQ(histogram.summary().max, std::chrono::hours(100));
}

}  // namespace
}  // namespace varve::engine
