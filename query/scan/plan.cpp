#include "query/scan/plan.hpp"

#include <string>

#include "engine/record/key.hpp"
#include "engine/record/time_span.hpp"
#include "varve/try.hpp"

namespace varve::query {

Result<engine::CursorBounds> bounds_of(const Query& query) {
  if (const Status checked = engine::check_range(query.first_key(), query.end_key(), query.range());
      !checked) {
    return fail(Errc::invalid_argument, "query: " + checked.error().where);
  }
  return engine::CursorBounds{engine::user_key_range(query.first_key(), query.end_key()),
                              engine::time_span(query.range()), query.is_newest_first()};
}

engine::CursorOptions cursor_options(const ReadOptions& options) {
  return {.fill_cache = options.fill_cache(), .skip_damaged = options.skip_damaged()};
}

}  // namespace varve::query
