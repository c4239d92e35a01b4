#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/record/expiry.hpp"
#include "engine/record/trusted_time.hpp"
#include "varve/clock.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// What both clocks said at one moment.
struct ClockReading {
  Timestamp wall = 0;
  std::chrono::nanoseconds monotonic{};
};

/// What the wall clock would say at `now` if it had run on from `before`, where it says something
/// else by more than slew_max: then it was set in between (or the machine slept, which the
/// monotonic clock does not see). Pure.
inline std::optional<Timestamp> expected_wall(const ClockReading& before, const ClockReading& now) {
  const auto passed =
      std::chrono::duration_cast<Duration>(now.monotonic - before.monotonic).count();
  const Timestamp expected = saturating_add(before.wall, passed);
  const std::uint64_t apart =
      expected < now.wall
          ? static_cast<std::uint64_t>(now.wall) - static_cast<std::uint64_t>(expected)
          : static_cast<std::uint64_t>(expected) - static_cast<std::uint64_t>(now.wall);
  if (apart <= static_cast<std::uint64_t>(slew_max.count())) return std::nullopt;
  return expected;
}

/// Watches the wall clock on behalf of the writer: what time it is, and whether it was set. For one
/// thread at a time.
class ClockWatch {
 public:
  ClockWatch(const Clock& clock, ExpiryClock& expiry) : clock_(clock), expiry_(expiry) {}

  /// What a look at the clocks found.
  struct Found {
    TrustedTime time;               ///< By which the engine judges.
    std::optional<ClockStep> step;  ///< That the clock was set since the last look.
  };

  /// The time by which the engine judges, without a look.
  TrustedTime now() { return {expiry_.now(), synchronised_}; }

  /// `sequence` is that of the last batch. Each clock is read once.
  Found look(std::uint64_t sequence) {
    const ClockReading now{clock_.wall(), clock_.monotonic()};
    const std::optional<ClockReading> before = last_;
    last_ = now;
    const bool due = !before || now.monotonic - asked_at_ >= ask_every;
    const auto expected = before ? expected_wall(*before, now) : std::nullopt;
    if (due || expected) {
      asked_at_ = now.monotonic;
      synchronised_ = clock_.synchronised();
    }
    Found found{.time = {expiry_.now(now.wall), synchronised_}, .step = {}};
    if (expected) found.step = ClockStep{sequence, *expected, now.wall, synchronised_};
    return found;
  }

 private:
  /// Asking is a system call.
  static constexpr std::chrono::nanoseconds ask_every = std::chrono::seconds(1);

  const Clock& clock_;
  ExpiryClock& expiry_;
  std::optional<ClockReading> last_;
  std::chrono::nanoseconds asked_at_{};
  bool synchronised_ = false;
};

}  // namespace varve::engine
