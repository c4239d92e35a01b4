#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "tools/formats/times/time_zone.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// What one step of an epoch number is worth.
enum class TimeUnit : std::uint8_t { seconds, milliseconds, microseconds, nanoseconds };

/// "s", "ms", "us" or "ns".
Parsed<TimeUnit> parse_time_unit(std::string_view text);

/// "s", "ms", "us" or "ns"; and "seconds", "milliseconds", ...
const char* name_of(TimeUnit unit);
const char* long_name_of(TimeUnit unit);

/// Whether the text is a decimal number, as parse_epoch() reads it: "-12", "1.5", "1.7145648e9".
bool is_epoch_number(std::string_view text);

/// A decimal number since 1970, exact over all of int64 microseconds. Fractions are for seconds
/// and milliseconds; what is finer than a microsecond is cut off towards the past. With an
/// exponent it may be of any unit.
Parsed<Timestamp> parse_epoch(std::string_view text, TimeUnit unit);

/// The moments of which most data is: from 1980 on, and before 2100. A number since 1970 lies
/// there in one unit at most, so it tells of a wrong one.
bool is_likely(Timestamp ts);
/// The unit in which a number is_likely(); none where no unit is.
std::optional<TimeUnit> unit_that_fits(std::string_view number);

/// What a text says of a moment.
struct WrittenTime {
  /// With an offset: the moment. Without: what a clock showed, as if it showed UTC.
  Timestamp ts = 0;
  bool has_offset = false;
  bool has_time_of_day = false;
  /// "CEST", of the text that was read; empty where there is none. Then has_offset is false.
  std::string_view abbreviation;
};

/// "2013-12-02T21:15:00.5Z" (RFC 3339), with an offset instead of Z ("+01:00", "+0100", "+01",
/// "UTC", "GMT", also after a blank), with a space instead of T, without a zone, without seconds,
/// or without any time of day. Years beyond 0000 to 9999 carry a sign and six digits:
/// "-004712-01-01T12:00:00Z".
Parsed<WrittenTime> parse_written_time(std::string_view text);

/// As parse_epoch(), or as parse_written_time(), in UTC where no offset is said.
Parsed<Timestamp> parse_time(std::string_view text, TimeUnit unit);

/// A moment on the command line: as parse_time() with microseconds, "now", a duration before or
/// after now ("-1h", "+5m"), or that after the word ("now-1h"). A bare number that is_likely() in
/// another unit, and not in microseconds, is refused. `zone` is that of dates that say no offset;
/// null: UTC. Of a time that comes twice in it this is the first, and of one that clocks are set
/// over the moment at which they are.
Parsed<Timestamp> parse_moment(std::string_view text, Timestamp now,
                               const TimeZone* zone = nullptr);

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
