#pragma once

#include <cstddef>

#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

/// How many cells are held at once, about.
inline constexpr std::size_t wide_cells_at_once = 200'000;

/// Writes the records of the query as csv with a row for each time and a column for each series, by
/// key. They are read by spans of time, one after the other, that are so short that about
/// `cells_at_once` are held, or those of one moment. `reads` has the snapshot that all of it is of.
/// Does not finish the output. REQUIRES a query without limits.
Outcome<void> export_wide(Engine& engine, const Query& query, const ReadOptions& reads,
                          bool epoch_times, Output& output,
                          std::size_t cells_at_once = wide_cells_at_once);

}  // namespace varve::tools
