#pragma once

#include "engine/cursor/cursor.hpp"
#include "varve/error.hpp"
#include "varve/query.hpp"

namespace varve::query {

/// The keys and times in which a query has to look. Fails with invalid_argument for an inverted
/// range of keys or of time; an empty one is fine and finds nothing.
Result<engine::CursorBounds> bounds_of(const Query& query);

engine::CursorOptions cursor_options(const ReadOptions& options);

}  // namespace varve::query
