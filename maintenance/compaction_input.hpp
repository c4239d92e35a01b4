#pragma once

#include <functional>
#include <memory>

#include "engine/cursor/cursor.hpp"
#include "engine/record/time_span.hpp"
#include "maintenance/compaction.hpp"

namespace varve::maintenance {

/// The rows of one input within a span of time, for a merge. The table is opened when the merge
/// comes to its first key, and let go of after its last, when `on_end` is called: so of tables
/// whose keys follow each other, as those of one level and one time do, one is in memory at a time.
///
/// It begins with the table's first key, also where that has no rows in the span. What fails is
/// noted as the table's. `broken` outlives it.
std::unique_ptr<engine::Cursor> input_cursor(TablePointer table, const engine::TimeSpan& times,
                                             BrokenInput& broken, std::function<void()> on_end);

}  // namespace varve::maintenance
