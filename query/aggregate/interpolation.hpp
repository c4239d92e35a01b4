#pragma once

#include <cmath>
#include <limits>

#include "engine/base/assert.hpp"

namespace varve::query {

/// What lies at `part` of the way, strictly between 0 and 1. A NaN at an end makes it NaN, an
/// infinity itself, two opposite ones NaN; std::lerp gives one of the ends there.
inline double interpolated(double from, double to, double part) {
  VARVE_ASSERT(part > 0 && part < 1);
  if (std::isfinite(from) && std::isfinite(to)) return std::lerp(from, to, part);
  const double sum = from + to;
  return std::isnan(sum) ? std::numeric_limits<double>::quiet_NaN() : sum;
}

}  // namespace varve::query
