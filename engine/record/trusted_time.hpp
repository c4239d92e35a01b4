#pragma once

#include "varve/time.hpp"

namespace varve::engine {

/// A moment, and whether the clock that gave it was synchronised then.
struct TrustedTime {
  Timestamp time = 0;
  bool synchronised = false;

  friend bool operator==(const TrustedTime&, const TrustedTime&) = default;
};

}  // namespace varve::engine
