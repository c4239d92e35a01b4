#include "query/scan/plan.hpp"

#include <string>

#include "varve/try.hpp"

namespace varve::query {

Result<engine::CursorBounds> bounds_of(const Query& query) {
  const auto& end = query.end_key();
  if (end && *end < query.first_key()) {
    return fail(Errc::invalid_argument, "query: the key range ends before it begins: [" +
                                            query.first_key() + ", " + *end + ")");
  }
  const TimeRange& range = query.range();
  if (range.from() && range.to() && *range.to() < *range.from()) {
    return fail(Errc::invalid_argument, "query: the time range ends before it begins: [" +
                                            std::to_string(*range.from()) + ", " +
                                            std::to_string(*range.to()) + ")");
  }
  return engine::CursorBounds{engine::user_key_range(query.first_key(), end),
                              engine::time_span(range), query.is_newest_first()};
}

engine::CursorOptions cursor_options(const ReadOptions& options) {
  return {.fill_cache = options.fill_cache(), .skip_damaged = options.skip_damaged()};
}

}  // namespace varve::query
