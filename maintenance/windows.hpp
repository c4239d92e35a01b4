#pragma once

#include <cstdint>

#include "engine/base/assert.hpp"
#include "varve/time.hpp"

namespace varve::maintenance {

/// The last moment of the window of `width` that holds `ts`. Windows are aligned to the epoch;
/// at both ends of time they are cut short, so nothing here can overflow. REQUIRES width > 0.
constexpr Timestamp window_last(Timestamp ts, std::int64_t width) {
  VARVE_ASSERT(width > 0);
  const std::int64_t into = ts % width < 0 ? ts % width + width : ts % width;
  return saturating_add(ts, width - 1 - into);
}

/// The first moment of that window.
constexpr Timestamp window_first(Timestamp ts, std::int64_t width) {
  VARVE_ASSERT(width > 0);
  const std::int64_t into = ts % width < 0 ? ts % width + width : ts % width;
  return saturating_add(ts, -into);
}

/// The width of a window at `level` (1 and up): each level 8 times wider, saturating.
constexpr std::int64_t window_width(std::int64_t base, std::uint32_t level) {
  VARVE_ASSERT(base > 0 && level >= 1);
  for (; level > 1; --level) {
    if (__builtin_mul_overflow(base, std::int64_t{8}, &base)) return INT64_MAX;
  }
  return base;
}

}  // namespace varve::maintenance
