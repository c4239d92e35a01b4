// That the wall clock was set, as the writer sees it.

#include "engine/record/clock_watch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "tests/support/manual_clock.hpp"

namespace varve::engine {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp second = 1'000'000;

TEST(ClockWatch, expects_the_wall_clock_to_run_on_as_the_monotonic_one_does) {
  const ClockReading before{100 * second, 5s};
  EXPECT_EQ(expected_wall(before, {110 * second, 15s}), std::nullopt);
  EXPECT_EQ(expected_wall(before, {170 * second, 15s}), std::nullopt) << "a minute is no step";
  EXPECT_EQ(expected_wall(before, {171 * second, 15s}), 110 * second);
  EXPECT_EQ(expected_wall(before, {50 * second, 15s}), std::nullopt);
  EXPECT_EQ(expected_wall(before, {49 * second, 15s}), 110 * second);
}

TEST(ClockWatch, takes_any_times) {
  constexpr Timestamp first = std::numeric_limits<Timestamp>::min();
  constexpr Timestamp last = std::numeric_limits<Timestamp>::max();
  EXPECT_EQ(expected_wall({first, 0s}, {last, 1s}), first + second);
  EXPECT_EQ(expected_wall({last, 0s}, {first, 1s}), last);
}

TEST(ClockWatch, says_once_that_the_clock_was_set_and_after_which_batch) {
  test::ManualClock clock;
  TrustedClock trusted(clock, [&clock] { return clock.wall(); });
  ClockWatch watch(clock, trusted);
  EXPECT_FALSE(watch.look(1));
  clock.advance(10s);
  EXPECT_FALSE(watch.look(2));
  const Timestamp before = clock.wall();
  clock.set_wall(before - Duration(1h).count());
  const auto step = watch.look(3);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->sequence, 3u);
  EXPECT_EQ(step->before, before);
  EXPECT_EQ(step->after, clock.wall());
  EXPECT_FALSE(watch.look(4));
}

TEST(ClockWatch, says_what_is_trusted_and_not_what_the_wall_says) {
  test::ManualClock clock;
  clock.set_synchronised(false);
  TrustedClock trusted(clock, [&clock] { return clock.wall(); });
  ClockWatch watch(clock, trusted);
  EXPECT_FALSE(watch.look(1));
  const Timestamp before = clock.wall();
  EXPECT_EQ(watch.now(), (TrustedTime{before, false}));
  clock.step_wall(24h * 3'650);
  EXPECT_TRUE(watch.look(2));
  EXPECT_EQ(watch.now(), (TrustedTime{before, false}));
  clock.set_synchronised(true);
  clock.advance_monotonic(1s);
  watch.look(3);
  EXPECT_EQ(watch.now(), (TrustedTime{clock.wall(), true}));
}

}  // namespace
}  // namespace varve::engine
