#include "engine/record/time_span.hpp"

namespace varve::engine {

TimeSpan time_span(const TimeRange& range) {
  TimeSpan span;
  if (range.from()) span.first = *range.from();
  if (range.to()) {
    if (*range.to() == std::numeric_limits<Timestamp>::min()) return {1, 0};
    span.last = *range.to() - 1;
  }
  return span;
}

}  // namespace varve::engine
