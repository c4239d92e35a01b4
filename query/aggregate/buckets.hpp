#pragma once

#include <cstdint>

#include "engine/record/time_span.hpp"
#include "varve/time.hpp"

namespace varve::query {

/// Time cut into spans [start, start + width) that are aligned to the epoch plus an offset, and
/// numbered from there; or all of time as bucket 0.
class Buckets {
 public:
  Buckets() = default;
  /// REQUIRES a width of 1 us or more. Of the offset only the remainder after whole widths counts.
  Buckets(Duration width, Duration offset);

  bool all_of_time() const { return width_ == 0; }

  std::int64_t number_of(Timestamp ts) const;
  /// Cut off at the ends of int64.
  Timestamp start_of(std::int64_t number) const;
  /// First and last moment, cut off at the ends of int64. REQUIRES that some of them are inside.
  engine::TimeSpan span_of(std::int64_t number) const;

 private:
  std::int64_t width_ = 0;
  std::int64_t offset_ = 0;  // In [0, width_).
};

}  // namespace varve::query
