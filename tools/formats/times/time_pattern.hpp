#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::tools {

/// What a text says of a moment, part by part. What it does not say is as here.
struct TimeFields {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
  std::optional<int> day_of_year;
  std::optional<int> weekday;  ///< Sunday is 0.
  int hour = 0;                ///< To 24; with `afternoon` from 1 to 12.
  std::optional<bool> afternoon;
  int minute = 0;
  int second = 0;
  std::int64_t microsecond = 0;
  bool has_time_of_day = false;
  std::optional<std::int64_t> offset;  ///< Microseconds to take off to get UTC.
  std::string_view abbreviation;       ///< "CEST", a part of the text.
  std::string_view epoch;              ///< Seconds since 1970 as a number, a part of the text.
};

/// A pattern of times in strftime's words, compiled. Immutable; any thread.
///
/// %Y year (4 digits), %y (69 to 99: 19.., 00 to 68: 20..), %m month, %b or %B or %h its English
/// name, %d or %e day, %j day of the year, %a or %A weekday's English name, %H or %k hour, %I or
/// %l with %p (am, pm, a.m., a. m.), %M minute, %S second with any fraction after a point or comma,
/// %f digits of a fraction, %z offset (+01, +0100, +01:00, Z, UTC, GMT), %Z the same or a name of
/// the offset (not AM and PM), %s seconds since 1970, %F %T %R %D as in strftime, %n and %t and a
/// blank: one or more blanks, %% %[ %] the characters themselves. What is in [brackets] may be
/// missing. All other characters stand for themselves. Numbers may have one digit less, unless
/// another number touches them: 1/2/2024, and 20240102.
class TimePattern {
 public:
  /// What is wrong with a pattern, as the end of a sentence: "has no year: %Y or %y".
  static std::expected<TimePattern, std::string> compile(std::string_view text);

  /// What the whole text says; nothing where it is not of the form. Dates are not checked: there
  /// may be a 31st of February.
  std::optional<TimeFields> match(std::string_view text) const;

  static constexpr std::size_t size_max = 200;  ///< Of a pattern, in bytes.
  static constexpr std::size_t groups_max = 8;  ///< That may be missing.

  enum class Part : std::uint8_t {
    literal,
    blanks,
    maybe_blanks,
    group,  // What follows may be missing, up to `end`.
    year,
    short_year,
    month,
    month_name,
    day,
    day_of_year,
    weekday,
    hour,
    hour_of_half,
    half,
    minute,
    second,
    fraction,
    offset,
    zone_name,
    epoch,
  };
  struct Item {
    Part part = Part::literal;
    char literal = 0;
    bool exact = false;          // All its digits have to be there.
    bool with_fraction = false;  // A second that may have one.
    std::size_t end = 0;         // Of a group: the item after it.
  };

 private:
  explicit TimePattern(std::vector<Item> items) : items_(std::move(items)) {}

  bool match_from(std::size_t at, std::string_view rest, TimeFields& fields) const;

  std::vector<Item> items_;
};

}  // namespace varve::tools
