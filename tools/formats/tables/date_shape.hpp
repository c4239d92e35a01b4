#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"

namespace varve::tools {

/// What a cell looks like, as a time.
enum class TimeShape : std::uint8_t {
  none,
  moment,  ///< A date with a time of day, or with both in one number: 202405011200.
  date,    ///< A date alone.
  clock,   ///< A time of day alone.
};

/// Says it of a cell without blanks around it. Numbers since 1970 are none: any number might be
/// one.
TimeShape time_shape(std::string_view cell);

/// What stands between the two moments of a cell like `2025-10-19 00:00 to 2025-10-19 01:00`, of
/// which the first is the time; nothing where the cell is none.
std::optional<std::string_view> find_interval(std::string_view cell);

/// Of `00:15-00:30` and `00:15` the beginning, and nothing where a text is no such part of a day.
std::optional<std::string_view> clock_of_day(std::string_view text);

/// Of such a beginning, also with AM or PM behind it: minutes since midnight.
int minute_of_day(std::string_view clock);
inline constexpr int minutes_in_day = 24 * 60;

/// How a column's times are written, in the words of strftime(): `%d.%m.%Y %H:%M`; empty where they
/// are RFC 3339, or numbers, or none at all, so that nothing has to be said.
///
/// Whether the day or the month comes first is what the cells show: one with a number over 12
/// settles it. Dates with points begin with the day everywhere, but for those like 24.05.01 and
/// 24.05.02, which follow each other as if the year came first. Fails where the cells allow both,
/// or contradict each other, and names the forms to choose from.
Parsed<std::string> time_pattern(std::span<const std::string> cells);

/// The same of cells that are years from 1500 to 2200, or such a year and a month (2024-05): only
/// for a column that is known to be the time. Empty where they are not.
std::string year_pattern(std::span<const std::string> cells);

}  // namespace varve::tools
