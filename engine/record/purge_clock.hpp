#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "engine/record/clock_reading.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// How much faster than time passes the trusted time may follow a wall clock that nobody vouches
/// for: by a day in each hour.
inline constexpr std::int64_t follow_rate_max = 24;

/// `from`, moved towards `wall` by no more than that allows after `passed`. Pure.
constexpr Timestamp moved_towards(Timestamp wall, Timestamp from, Duration passed) {
  std::int64_t most = 0;
  if (__builtin_mul_overflow(passed.count(), follow_rate_max, &most)) {
    most = std::numeric_limits<std::int64_t>::max();
  }
  return wall > from ? std::min(wall, saturating_add(from, most))
                     : std::max(wall, saturating_add(from, -most));
}

/// The trusted time: up to which what has expired may go for good. The wall clock hides, which its
/// correction undoes; what is purged stays gone, so this must not be moved by the clock that it
/// guards against, nor by timestamps, which may come from the same clock.
///
/// It goes on by the monotonic clock, which nobody can set. It takes the wall's word where the
/// system says that the wall is synchronised, and where the two are no further apart than slewing
/// makes them. Otherwise it follows the wall, ahead or back, by follow_rate_max at most, and only
/// for as long as the wall has run on from where it was seen elsewhere: a clock that was set a
/// moment ago moves it by nothing, however long ago anybody looked before, and whatever was seen.
///
/// Pure: it is told what the clocks say. For one thread at a time; monotonic readings never go
/// back.
class PurgeClock {
 public:
  /// Goes on from what was trusted when it was stored. How long ago that was nobody knows.
  void resume(Timestamp stored, std::chrono::nanoseconds monotonic) {
    set({.wall = stored, .monotonic = monotonic});
  }

  /// Whether the wall says something else than is trusted. Then it matters whether it is
  /// synchronised.
  bool is_apart(const ClockReading& now) const {
    return time_ && are_apart(expected_at(now), now.wall);
  }

  /// What is trusted at `now`. Where nothing was stored the wall is all there is.
  Timestamp move_to(const ClockReading& now) {
    if (!time_ || now.synchronised || !is_apart(now)) {
      set(now);
      return now.wall;
    }
    const Duration passed = time_between(at_, now.monotonic);
    time_ = moved_towards(now.wall, expected_at(now), has_run_on(now) ? passed : Duration(0));
    at_ += passed;  // And not to `now`: what is left of a microsecond counts next time.
    apart_ = are_apart(*time_, now.wall) ? std::optional(now) : std::nullopt;
    return *time_;
  }

  /// Takes the wall's word: somebody who knows says that it is right.
  void vouch(const ClockReading& now) { set(now); }

 private:
  void set(const ClockReading& to) {
    time_ = to.wall;
    at_ = to.monotonic;
    apart_.reset();
  }
  /// Whether the wall is where it was seen apart, but for the time that has passed since.
  bool has_run_on(const ClockReading& now) const {
    if (!apart_) return false;
    const Duration passed = time_between(apart_->monotonic, now.monotonic);
    return !are_apart(saturating_add(apart_->wall, passed.count()), now.wall);
  }
  /// REQUIRES a time.
  Timestamp expected_at(const ClockReading& now) const {
    return saturating_add(*time_, time_between(at_, now.monotonic).count());
  }

  std::optional<Timestamp> time_;
  std::chrono::nanoseconds at_{};      // When it was that.
  std::optional<ClockReading> apart_;  // The wall said something else then.
};

}  // namespace varve::engine
