#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// What one step of an epoch number is worth.
enum class TimeUnit : std::uint8_t { seconds, milliseconds, microseconds, nanoseconds };

/// "s", "ms", "us" or "ns".
Parsed<TimeUnit> parse_time_unit(std::string_view text);

/// A decimal number since 1970, exact over all of int64 microseconds. Fractions are for seconds
/// and milliseconds; what is finer than a microsecond is cut off towards the past.
Parsed<Timestamp> parse_epoch(std::string_view text, TimeUnit unit);

/// As parse_epoch(), or a date: "2013-12-02T21:15:00.5Z" (RFC 3339), with an offset instead of Z,
/// with a space instead of T, without a zone (UTC), without seconds, or without any time of day.
/// Years beyond 0000 to 9999 carry a sign and six digits: "-004712-01-01T12:00:00Z".
Parsed<Timestamp> parse_time(std::string_view text, TimeUnit unit);

/// A moment on the command line: as parse_time() with microseconds, "now", a duration before or
/// after now ("-1h", "+5m"), or that after the word ("now-1h").
Parsed<Timestamp> parse_moment(std::string_view text, Timestamp now);

/// "90s", "1h30m", "1.5h", "250ms": one or more numbers, each with w, d, h, m, s, ms or us.
/// Never negative.
Parsed<Duration> parse_duration(std::string_view text);
/// The same, and not zero.
Parsed<Duration> parse_positive_duration(std::string_view text);

/// "2013-12-02T21:15:00.000000Z". Every int64 has such a form, and parse_time() reads it back.
void append_time(std::string& out, Timestamp ts);
std::string format_time(Timestamp ts);

/// For people: "2013-12-02 21:15:00", with a fraction only where there is one.
std::string format_time_short(Timestamp ts);

}  // namespace varve::tools
