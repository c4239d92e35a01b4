#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tools/formats/times/time_zone.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// A width of buckets that a calendar gives: so many days, weeks, months or years.
struct CalendarStep {
  enum class Unit : std::uint8_t { day, week, month, year };

  Unit unit = Unit::day;
  std::int64_t count = 1;  ///< From 1 to count_max.

  static constexpr std::int64_t count_max = 1'000;
};

/// The edges of the buckets that together hold [from, to), ascending: each bucket reaches from one
/// edge to the next, the first holds `from`, and the last edge is `to` or later. So there is one
/// edge more than buckets, and no bucket where the range is empty. Nothing where there would be
/// over `buckets_max` of them, where a year lies beyond -25,000 to 29,000, or where the zone's
/// table does not reach to the end of the last bucket.
///
/// A bucket begins at the first moment of a day of the zone, which is its midnight, or where clocks
/// were set on over that the moment at which they were. Weeks begin on Monday; several days are
/// counted from 1970-01-01, several weeks from 1970-01-05, several months from January of year 0.
/// So a day of the zone has 23 or 25 hours where its clocks are set, and a day that a place left
/// out has no bucket.
std::optional<std::vector<Timestamp>> calendar_edges(const CalendarStep& step, const TimeZone& zone,
                                                     Timestamp from, Timestamp to,
                                                     std::size_t buckets_max);

}  // namespace varve::tools
