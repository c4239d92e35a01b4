#pragma once

#include <chrono>
#include <memory>

#include "varve/time.hpp"

namespace varve {

/// Where the engine reads the time. Called on many threads at once.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The time of day, for expiry only. It may be wrong, and may jump either way.
  virtual Timestamp wall() const = 0;

  /// For intervals and latencies. Never goes back.
  virtual std::chrono::nanoseconds monotonic() const = 0;
};

/// The machine's clocks.
std::shared_ptr<Clock> system_clock();

}  // namespace varve
