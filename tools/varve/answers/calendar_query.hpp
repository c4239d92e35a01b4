#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/formats/times/calendar.hpp"
#include "tools/formats/times/time_zone.hpp"
#include "tools/varve/terminal/failure.hpp"
#include "varve/engine.hpp"

namespace varve::tools {

/// "1d", "2w", "3mo" or "1y": one number, of days, weeks, months or years.
Parsed<CalendarStep> parse_calendar_step(std::string_view text);

/// Buckets of a calendar, which the engine knows nothing of.
struct CalendarBuckets {
  CalendarStep step;
  const TimeZone* zone = nullptr;  ///< Is given, and outlives the call.
  Fill fill = Fill::none;
  bool newest_first = false;

  static constexpr std::size_t buckets_max = 100'000;
};

/// One value of each bucket that has any, and what the fill puts for the others, in the order of
/// Engine::aggregate(): by key, then by time, or newest first. Buckets of one width in a row are
/// one read of the engine; all reads are of one snapshot. `increase` and `rate` read from the
/// query's beginning on for each, since the step into a bucket counts there.
///
/// REQUIRES a query without limits and in the order of time, and an aggregation without every().
/// Fails with usage where the range has over buckets_max buckets, or the zone's table does not
/// reach to its end.
Outcome<std::vector<Aggregate>> aggregate_by_calendar(Engine& engine, const Query& query,
                                                      const Aggregation& aggregation,
                                                      const CalendarBuckets& buckets,
                                                      const ReadOptions& options);

}  // namespace varve::tools
