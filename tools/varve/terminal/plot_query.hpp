#pragma once

#include <string>
#include <vector>

#include "tools/formats/times/time_zone.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/terminal.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

/// The chart of what the query finds, in bounded memory: two scans of one snapshot, the first for
/// the span of time, the second for the points. Bools are drawn as 0 and 1; bytes are passed over,
/// and so are series beyond Plot::series_max, which the last line counts. Empty where there is
/// nothing to draw. Fails where a terminal is too narrow for a chart.
///
/// Times on it are those of the zone; null: UTC.
Outcome<std::string> plot_query(Engine& engine, const Query& query, const ReadOptions& options,
                                const Terminal& terminal, const TimeZone* zone = nullptr);

/// The chart of buckets that were computed, each value at the start of its bucket, with the same
/// exceptions. One without a value (Fill::null) is a gap. They come in any order of series, and
/// within one in the order of time or in its reverse.
Outcome<std::string> plot_buckets(std::vector<Aggregate> answers, const Terminal& terminal,
                                  const TimeZone* zone = nullptr);

}  // namespace varve::tools
