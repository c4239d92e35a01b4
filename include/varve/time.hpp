#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace varve {

/// Microseconds since the Unix epoch. Any int64 is legal; Varve gives none a special meaning.
using Timestamp = std::int64_t;

/// Microseconds too: the unit of time to live, intervals and windows. Every coarser unit of
/// std::chrono converts to it implicitly: std::chrono::hours(24) will do.
using Duration = std::chrono::microseconds;

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
/// A range whose `to` lies before its `from` is refused with invalid_argument by the call that
/// takes it; equal ones make an empty range.
class TimeRange {
 public:
  /// All of time.
  TimeRange() = default;
  TimeRange(std::optional<Timestamp> from, std::optional<Timestamp> to) : from_(from), to_(to) {}

  std::optional<Timestamp> from() const { return from_; }
  std::optional<Timestamp> to() const { return to_; }

  friend bool operator==(const TimeRange&, const TimeRange&) = default;

 private:
  std::optional<Timestamp> from_;
  std::optional<Timestamp> to_;
};

}  // namespace varve
