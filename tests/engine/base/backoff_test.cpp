#include "engine/base/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace varve::engine {
namespace {

using Steady = std::chrono::steady_clock;

TEST(Backoff, sleeps_once_it_has_given_way_for_some_times) {
  Backoff backoff;
  for (int i = 0; i < Backoff::yields_max; ++i) backoff.wait();
  const auto begun = Steady::now();
  for (int i = 0; i < 10; ++i) backoff.wait();
  EXPECT_GE(Steady::now() - begun, 10 * Backoff::pause);
}

TEST(Backoff, begins_anew_once_it_is_reset) {
  Backoff backoff;
  const auto takes = [&] {
    const auto begun = Steady::now();
    backoff.wait();
    return Steady::now() - begun;
  };
  auto least = std::chrono::nanoseconds::max();
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < Backoff::yields_max; ++i) backoff.wait();
    backoff.reset();
    least = std::min<std::chrono::nanoseconds>(least, takes());
  }
  EXPECT_LT(least, Backoff::pause) << "of fifty, one at least was not held up by others";
}

}  // namespace
}  // namespace varve::engine
