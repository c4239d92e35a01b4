#pragma once

#include "engine/cursor/cursor.hpp"
#include "engine/record/range.hpp"
#include "varve/error.hpp"
#include "varve/query.hpp"

namespace varve::query {

/// Where a query has to look, in the engine's terms. Fails with invalid_argument for an inverted
/// range of keys or of time; an empty one is fine and finds nothing.
Result<engine::CursorBounds> bounds_of(const Query& query);

engine::CursorOptions cursor_options(const ReadOptions& options);

}  // namespace varve::query
