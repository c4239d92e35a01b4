#pragma once

#include "engine/cursor/cursor.hpp"
#include "varve/error.hpp"
#include "varve/query.hpp"

namespace varve::query {

/// The keys and times in which a query has to look. Fails with invalid_argument where check_range()
/// does; an empty range is fine and finds nothing.
Result<engine::CursorBounds> bounds_of(const Query& query);

engine::CursorOptions cursor_options(const ReadOptions& options);

}  // namespace varve::query
