#include "varve/time.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace varve {
namespace {

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();

TEST(Time, added_beyond_its_ends_stays_there) {
  EXPECT_EQ(saturating_add(40, 2), 42);
  EXPECT_EQ(saturating_add(never - 1, 1), never);
  EXPECT_EQ(saturating_add(never, 1), never);
  EXPECT_EQ(saturating_add(5, std::numeric_limits<std::int64_t>::max()), never);
  EXPECT_EQ(saturating_add(least, -1), least);
  EXPECT_EQ(saturating_add(-5, std::numeric_limits<std::int64_t>::min()), least);
}

using std::chrono::sys_time;
using namespace std::chrono_literals;

template <class Time>
constexpr bool converts = std::is_constructible_v<TimePoint, Time> &&
                          std::is_convertible_v<Time, std::optional<TimePoint>>;

static_assert(converts<Timestamp> && converts<int>);
static_assert(converts<sys_time<std::chrono::microseconds>>);
static_assert(converts<sys_time<std::chrono::milliseconds>>);
static_assert(converts<std::chrono::sys_days>);
// What would have to be rounded, or is of another clock, is none.
static_assert(!std::is_constructible_v<TimePoint, sys_time<std::chrono::nanoseconds>>);
static_assert(!std::is_constructible_v<TimePoint, sys_time<std::chrono::duration<double>>>);
static_assert(!std::is_constructible_v<TimePoint, std::chrono::steady_clock::time_point>);
static_assert(!std::is_constructible_v<TimePoint, std::chrono::local_days>);
static_assert(!std::is_constructible_v<TimePoint, std::chrono::microseconds>);

TEST(TimePoint, is_a_timestamp_or_a_time_of_the_system_clock) {
  EXPECT_EQ(TimePoint(42), 42);
  EXPECT_EQ(TimePoint(sys_time<std::chrono::microseconds>(7us)), 7);
  EXPECT_EQ(TimePoint(sys_time<std::chrono::milliseconds>(-5ms)), -5'000);
  EXPECT_EQ(TimePoint(std::chrono::sys_days(1970y / 1 / 2)), 86'400'000'000);
}

TEST(TimePoint, beyond_all_timestamps_is_the_first_or_the_last) {
  using Hours = sys_time<std::chrono::hours>;
  EXPECT_EQ(TimePoint(Hours::max()), std::numeric_limits<Timestamp>::max());
  EXPECT_EQ(TimePoint(Hours::min()), least);
  using Unsigned = std::chrono::duration<std::uint64_t, std::milli>;
  EXPECT_EQ(TimePoint(sys_time<Unsigned>::max()), std::numeric_limits<Timestamp>::max());
  EXPECT_EQ(TimePoint(sys_time<Unsigned>(Unsigned(3))), 3'000);
}

TEST(TimePoint, bounds_a_range) {
  const TimeRange range(sys_time<std::chrono::seconds>(1s), std::nullopt);
  EXPECT_EQ(range, TimeRange(1'000'000, {}));
}

}  // namespace
}  // namespace varve
