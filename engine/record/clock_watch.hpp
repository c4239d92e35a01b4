#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/record/clock_reading.hpp"
#include "engine/record/trusted_clock.hpp"
#include "engine/record/trusted_time.hpp"
#include "varve/clock.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// What the wall clock would say at `now` if it had run on from `before`, where it says something
/// else by more than slew_max: then it was set in between (or the machine slept, which the
/// monotonic clock does not see). Pure.
inline std::optional<Timestamp> expected_wall(const ClockReading& before, const ClockReading& now) {
  const Duration passed = time_between(before.monotonic, now.monotonic);
  const Timestamp expected = saturating_add(before.wall, passed.count());
  return are_apart(expected, now.wall) ? std::optional(expected) : std::nullopt;
}

/// Watches the wall clock on behalf of the writer: what time is trusted, and whether the wall was
/// set. For one thread at a time.
class ClockWatch {
 public:
  ClockWatch(const Clock& clock, TrustedClock& trusted) : clock_(clock), trusted_(trusted) {}

  /// What is trusted, as of the last look or up to a second before it.
  TrustedTime now() {
    if (!time_) time_ = trusted_.look();
    return *time_;
  }

  /// That the clock was set since the last call, if it was. `sequence` is that of the last batch.
  std::optional<ClockStep> look(std::uint64_t sequence) {
    const ClockReading now{clock_.wall(), clock_.monotonic()};
    const std::optional<ClockReading> before = last_;
    last_ = now;
    const bool due = !before || now.monotonic - asked_at_ >= ask_every;
    const auto expected = before ? expected_wall(*before, now) : std::nullopt;
    if (due || expected) {
      asked_at_ = now.monotonic;
      time_ = trusted_.look();
    }
    if (!expected) return std::nullopt;
    return ClockStep{sequence, *expected, now.wall, time_->synchronised};
  }

 private:
  /// Asking takes a lock, and now and then a system call.
  static constexpr std::chrono::nanoseconds ask_every = std::chrono::seconds(1);

  const Clock& clock_;
  TrustedClock& trusted_;
  std::optional<ClockReading> last_;
  std::chrono::nanoseconds asked_at_{};
  std::optional<TrustedTime> time_;
};

}  // namespace varve::engine
