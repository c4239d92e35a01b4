#pragma once

#include <chrono>
#include <cstdint>

#include "engine/record/expiry.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// What both clocks said at one moment.
struct ClockReading {
  Timestamp wall = 0;
  std::chrono::nanoseconds monotonic{};
  bool synchronised = false;  ///< Whether the system said that the wall is right.
};

/// Whether two times of day are further apart than slewing explains. Pure.
constexpr bool are_apart(Timestamp a, Timestamp b) {
  const auto least = static_cast<std::uint64_t>(a < b ? a : b);
  const auto greatest = static_cast<std::uint64_t>(a < b ? b : a);
  return greatest - least > static_cast<std::uint64_t>(slew_max.count());
}

/// How much later `now` is, in whole microseconds. Pure.
constexpr Duration time_between(std::chrono::nanoseconds before, std::chrono::nanoseconds now) {
  return std::chrono::duration_cast<Duration>(now - before);
}

}  // namespace varve::engine
