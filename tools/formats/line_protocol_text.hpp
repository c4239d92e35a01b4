#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "varve/labels.hpp"
#include "varve/record.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve::tools {

// The parts of which lines of line protocol are made, in and out. docs/line_protocol.md says how.

/// What a line begins with whose key no labels made: "varve,key=plant/temp value=21.5".
inline constexpr std::string_view own_line_series = "varve,key=";
/// The field of such a line.
inline constexpr std::string_view own_line_field = "value";
/// A line that says the unit of times, so that nobody doubts those that lie far from today.
inline constexpr std::string_view line_times_comment = "# varve: times in ns";

/// The first `stop` from `at` on that has no backslash directly before it; the size if there is
/// none. What stands before the backslash does not matter: "\\ " holds a backslash and a blank.
std::size_t find_unescaped(std::string_view text, char stop, std::size_t at);

/// What a field is: 1.5, 12i, 12u, true. None for a whole number that no int64 holds, and 64 bits
/// without a sign do. Strings are none of these.
Parsed<std::optional<ValueView>> parse_line_value(std::string_view text);

/// The key that stands behind own_line_series. Backslashes are escapes before commas, blanks, equal
/// signs, n, semicolons and backslashes, and else themselves.
std::string own_line_key(std::string_view escaped);

/// "cpu,host=a": measurement and tags, by name. None where the format has no words for them, or has
/// them for something else: what is empty, ends in a backslash or holds a line break; a measurement
/// like a comment; and what begins like own_line_series.
std::optional<std::string> line_series(std::string_view measurement, const Labels& tags);
/// The name of a field, or none for the same reasons.
std::optional<std::string> line_field(std::string_view name);
/// "varve,key=plant/temp". Of any key.
std::string own_line_series_of(std::string_view key);

/// 1.5, 12i, true, "text". NaN and infinities are written as such, which Influx does not take; of a
/// NaN only its sign is kept.
void append_line_value(std::string& out, const ValueView& value);

/// In nanoseconds. Says whether an int64 holds them; it does from 1677 to 2262. Readers refuse what
/// it does not hold.
bool append_line_time(std::string& out, Timestamp ts);

/// Adds a line of a record as that of a key that no labels made.
void append_line_protocol(std::string& out, const RecordView& record);

}  // namespace varve::tools
