#pragma once

#include <chrono>
#include <memory>

#include "varve/time.hpp"

namespace varve {

/// Where the engine reads the time; Options::clock takes one. Called on many threads at once and
/// for every call, so it has to be quick. A test gives its own and sets it by hand.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The time of day, in microseconds since the Unix epoch. Used for expiry only: records bring
  /// their own timestamps. It may be wrong, and may jump either way; the engine follows a step back
  /// of over a minute, and stands still during a smaller one.
  virtual Timestamp wall() const = 0;

  /// The time since any fixed moment, for intervals and latencies. Never goes back.
  virtual std::chrono::nanoseconds monotonic() const = 0;

  /// Whether something keeps the time of day right (NTP, a GNSS receiver). False where that is not
  /// known.
  virtual bool synchronised() const { return false; }
};

/// The machine's clocks. What an engine uses if Options::clock is empty.
std::shared_ptr<Clock> system_clock();

}  // namespace varve
