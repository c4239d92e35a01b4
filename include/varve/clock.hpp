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

  /// Whether the time of day is kept right by something outside this machine, like NTP or GPS.
  /// False says that wall() may be wrong by any amount, as after a boot without a battery; true
  /// promises nothing. The default is true: a clock that cannot know must not stop the work of
  /// those who ask.
  virtual bool synchronised() const { return true; }
};

/// The machine's clocks. synchronised() is what the kernel was told by the program that sets the
/// time (ntpd, chrony, timesyncd, ...), and true where the kernel does not say. What an engine uses
/// if Options::clock is empty.
std::shared_ptr<Clock> system_clock();

}  // namespace varve
