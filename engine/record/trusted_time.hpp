#pragma once

#include <cstdint>

#include "varve/time.hpp"

namespace varve::engine {

/// What time it was as far as a clock that may be wrong is trusted (PurgeClock), as manifest, log
/// and tables keep it.
struct TrustedTime {
  Timestamp time = 0;
  bool synchronised = false;  ///< Whether the system said then that its clock is synchronised.

  friend bool operator==(const TrustedTime&, const TrustedTime&) = default;
};

/// A moment at which the wall clock was set, between two batches.
struct ClockStep {
  std::uint64_t sequence = 0;  ///< Of the last batch before it.
  Timestamp before = 0;
  Timestamp after = 0;
  bool synchronised = false;  ///< Whether the clock was synchronised after it.

  friend bool operator==(const ClockStep&, const ClockStep&) = default;
};

}  // namespace varve::engine
