#pragma once

#include <limits>

#include "varve/time.hpp"

namespace varve::engine {

/// Both ends belong to it: the form inside the engine, where every int64 is reachable.
struct TimeSpan {
  Timestamp first = std::numeric_limits<Timestamp>::min();
  Timestamp last = std::numeric_limits<Timestamp>::max();

  bool contains(Timestamp ts) const { return first <= ts && ts <= last; }
  bool overlaps(const TimeSpan& other) const { return first <= other.last && other.first <= last; }
  bool empty() const { return first > last; }
  friend bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

TimeSpan time_span(const TimeRange& range);

/// Whether a part of the span lies further than `far` from a moment, before or after it. None of an
/// empty one does.
inline bool lies_far_from(Timestamp moment, const TimeSpan& span, Duration far) {
  return !span.empty() && (span.first < saturating_add(moment, -far.count()) ||
                           span.last > saturating_add(moment, far.count()));
}

}  // namespace varve::engine
