#pragma once

#include <string>

#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/terminal.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

/// The chart of what the query finds, in bounded memory: two scans of one snapshot, the first for
/// the span of time, the second for the points. Bools are drawn as 0 and 1; bytes are passed over,
/// and so are series beyond Plot::series_max, which the last line counts. Empty where there is
/// nothing to draw. Fails where a terminal is too narrow for a chart.
Outcome<std::string> plot_query(Engine& engine, const Query& query, const ReadOptions& options,
                                const Terminal& terminal);

/// The chart of what the aggregation gives, each value at the start of its bucket, with the same
/// exceptions. A bucket without a value (Fill::null) is a gap. REQUIRES an aggregation with
/// every().
Outcome<std::string> plot_aggregates(Engine& engine, const Query& query,
                                     const Aggregation& aggregation, const ReadOptions& options,
                                     const Terminal& terminal);

}  // namespace varve::tools
