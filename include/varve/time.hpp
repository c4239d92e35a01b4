#pragma once

#include "varve/detail/requirements.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>

namespace varve {

/// Microseconds since the Unix epoch. Any int64 is legal; Varve gives none a special meaning. So a
/// count of milliseconds or nanoseconds is taken, too, and lies in 1970 or far in the future: give
/// calls a time point of std::chrono instead (TimePoint), and watch Stats::writes_far_from_clock.
using Timestamp = std::int64_t;

/// Microseconds too: the unit of time to live, intervals and windows. Every coarser unit of
/// std::chrono converts to it implicitly: std::chrono::hours(24) will do.
using Duration = std::chrono::microseconds;

/// A moment, as calls take it: a Timestamp, or a time point of std::chrono::system_clock in
/// microseconds or a coarser unit, which converts exactly:
///
///     engine.get(key, std::chrono::sys_days(2026y / 3 / 1))
///     engine.get(key, std::chrono::floor<Duration>(std::chrono::system_clock::now()))
///
/// A finer one does not compile, as that clock's own with its nanoseconds: whoever has it says how
/// it is rounded. Nor does that of another clock. Beyond all Timestamps it is the first or last.
class TimePoint {
 public:
  constexpr TimePoint(Timestamp microseconds) : ts_(microseconds) {}
  template <std::convertible_to<Duration> Unit>
  constexpr TimePoint(std::chrono::sys_time<Unit> time) : ts_(exact(time.time_since_epoch())) {}
  template <class Unit>
    requires(!std::convertible_to<Unit, Duration>)
  TimePoint(std::chrono::sys_time<Unit> time) = delete;

  constexpr operator Timestamp() const { return ts_; }

 private:
  template <class Unit>
  static constexpr Timestamp exact(Unit time) {
    constexpr auto each = std::ratio_divide<typename Unit::period, Duration::period>::num;
    Timestamp ts = 0;
    if (!__builtin_mul_overflow(time.count(), each, &ts)) return ts;
    return time < Unit::zero() ? std::numeric_limits<Timestamp>::min()
                               : std::numeric_limits<Timestamp>::max();
  }

  Timestamp ts_;
};

/// The expires_at of a record without a time to live: it stays until it is deleted.
inline constexpr Timestamp never = std::numeric_limits<std::int64_t>::max();

/// Returns `ts` moved by `by` microseconds, and the first or last moment there is where the sum
/// does not fit. So an expiry that lies beyond all time is `never`, and not in the past.
constexpr Timestamp saturating_add(Timestamp ts, std::int64_t by) {
  Timestamp sum = 0;
  if (!__builtin_add_overflow(ts, by, &sum)) return sum;
  return by > 0 ? std::numeric_limits<Timestamp>::max() : std::numeric_limits<Timestamp>::min();
}

/// A span of time [from, to): `from` belongs to it, `to` does not. An empty side is open, so
/// TimeRange() is all of time, and only an open `to` reaches a record at the largest int64.
///
/// One rule for all ranges, of time and of keys, in reads and in deletes: one that ends before it
/// begins makes the call fail with invalid_argument; one that ends where it begins is empty, and
/// the call finds, or deletes, nothing.
class TimeRange {
 public:
  /// All of time.
  TimeRange() = default;
  TimeRange(std::optional<TimePoint> from, std::optional<TimePoint> to) : from_(from), to_(to) {}

  std::optional<Timestamp> from() const { return from_; }
  std::optional<Timestamp> to() const { return to_; }

  friend bool operator==(const TimeRange&, const TimeRange&) = default;

 private:
  std::optional<Timestamp> from_;
  std::optional<Timestamp> to_;
};

}  // namespace varve
