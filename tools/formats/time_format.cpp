#include "tools/formats/time_format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "tools/formats/civil_time.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

/// No text that is a time is longer; longer ones are not looked at.
constexpr std::size_t text_size_max = 200;

constexpr auto names =
    std::to_array<std::string_view>({"dmy", "mdy", "ymd", "iso-basic", "month", "year", "rfc2822",
                                     "ctime", "clf", "excel", "excel-1904"});

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// A date of three parts, with each of the separators.
void add_dates(std::vector<std::string>& dates, std::string_view separators, std::string_view begin,
               std::string_view middle, std::string_view end) {
  for (const char separator : separators) {
    std::string date(begin);
    ((date += separator) += middle) += separator;
    date += end;
    dates.push_back(std::move(date));
  }
}

std::vector<std::string> dates_of(std::string_view name) {
  std::vector<std::string> dates;
  if (name == "dmy") {
    add_dates(dates, "./-", "%d", "%m", "%Y");
    add_dates(dates, "./-", "%d", "%m", "%y");
    add_dates(dates, "- /.", "%d", "%b", "%Y");
  } else if (name == "mdy") {
    add_dates(dates, "/-.", "%m", "%d", "%Y");
    add_dates(dates, "/-.", "%m", "%d", "%y");
    dates.emplace_back("%b %d[,] %Y");
  } else if (name == "ymd") {
    add_dates(dates, "/.-", "%Y", "%m", "%d");
    dates.emplace_back("%Y-%b-%d");
  }
  return dates;
}

/// The patterns that a name stands for; those of a clock of 24 hours before those of 12.
std::vector<std::string> patterns_of(std::string_view name) {
  std::vector<std::string> patterns;
  const std::vector<std::string> dates = dates_of(name);
  patterns.reserve(2 * dates.size());
  for (const std::string& date : dates) {
    patterns.push_back(date + "[[,] %H:%M[:%S][[ ]%Z]]");
  }
  for (const std::string& date : dates) {
    patterns.push_back(date + "[,] %I:%M[:%S][ ]%p[[ ]%Z]");
  }
  if (name == "iso-basic") {
    patterns = {"%Y%m%d[T%H%M[%S]][%z]", "%Y%m%d%H%M[%S][%z]", "%Y%m%d %H%M[%S][[ ]%z]",
                "%Y%m%d %H:%M[:%S][[ ]%z]", "%Y%m%dT%H:%M[:%S][%z]"};
  }
  if (name == "month") patterns = {"%Y-%m", "%Y/%m"};
  if (name == "year") patterns = {"%Y"};
  if (name == "rfc2822") patterns = {"[%a, ]%d %b %Y %H:%M[:%S] %Z"};
  if (name == "ctime") patterns = {"%a %b %e %H:%M:%S[ %Z] %Y"};
  if (name == "clf") patterns = {"[%[]%d/%b/%Y:%H:%M:%S %z[%]]"};
  return patterns;
}

constexpr std::array<const char*, 7> weekday_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};

/// The weekday of a midnight of UTC, Sunday being 0. 1970-01-01 was a Thursday.
int weekday_of(Timestamp midnight) {
  const std::int64_t days = midnight / day - (midnight % day < 0 ? 1 : 0);
  return static_cast<int>(((days + 4) % 7 + 7) % 7);
}

/// Hour, minute and second as microseconds. 24:00 is the end of a day; a leap second counts as the
/// first of the next minute.
std::optional<std::int64_t> time_of_day(const TimeFields& fields) {
  std::int64_t hours = fields.hour;
  if (fields.afternoon) hours = hours % 12 + (*fields.afternoon ? 12 : 0);
  const std::int64_t after = fields.minute * minute + fields.second * second + fields.microsecond;
  if (hours == 24 && after != 0) return {};
  return hours * hour + after;
}

/// The midnight that begins the day, as if in UTC.
std::optional<Timestamp> midnight_of(const TimeFields& fields) {
  if (fields.day_of_year) {
    const int days = 365 + (days_in_month(fields.year, 2) - 28);
    if (*fields.day_of_year < 1 || *fields.day_of_year > days) return {};
    return timestamp_of(fields.year, 1, 1, (*fields.day_of_year - 1) * day);
  }
  if (fields.month < 1 || fields.day < 1) return {};
  if (fields.day > days_in_month(fields.year, fields.month)) return {};
  return timestamp_of(fields.year, fields.month, fields.day, 0);
}

Parsed<WrittenTime> written_time(const TimeFields& fields, std::string_view text) {
  WrittenTime written;
  written.has_time_of_day = fields.has_time_of_day || !fields.epoch.empty();
  if (!fields.epoch.empty()) {
    written.has_offset = true;
    auto ts = parse_epoch(fields.epoch, TimeUnit::seconds);
    if (!ts) return std::unexpected(std::move(ts).error());
    written.ts = *ts;
    return written;
  }
  // Years have four digits, so that no sum of these is beyond int64.
  const auto midnight = midnight_of(fields);
  if (!midnight) return problem(quote(text) + ": there is no such day");
  const auto clock = time_of_day(fields);
  if (!clock) return problem(quote(text) + ": there is no such time of day");
  if (fields.weekday && *fields.weekday != weekday_of(*midnight)) {
    return problem(quote(text) + ": that day is a " +
                   weekday_names[static_cast<std::size_t>(weekday_of(*midnight))]);
  }
  written.has_offset = fields.offset.has_value();
  written.abbreviation = fields.abbreviation;
  written.ts = *midnight + *clock - fields.offset.value_or(0);
  return written;
}

/// Excel has a 29th of February 1900, so its days are right from March of that year on. The last
/// one is of the year 9999. Its times are binary fractions, of which the millisecond is sure.
Parsed<WrittenTime> excel_time(std::string_view text, bool from_1904) {
  constexpr double days_of_1970 = 25'569;
  constexpr double days_between = 1'462;  // From 1900 to 1904.
  constexpr double first_sure_day = 61;
  constexpr double last_day = 2'958'466;
  constexpr double milliseconds_of_day = 86'400'000;
  if (!is_epoch_number(text)) return problem(quote(text) + " is no number of days, as 45657.5");
  const auto number = parse_double(text);
  const double days = number.value_or(0) + (from_1904 ? days_between : 0);
  if (!(days >= first_sure_day && days < last_day)) {
    return problem(quote(text) + " is no day of Excel from 1900-03-01 to 9999-12-31");
  }
  WrittenTime written;
  written.has_time_of_day = true;
  written.ts = std::llround((days - days_of_1970) * milliseconds_of_day) * 1'000;
  return written;
}

}  // namespace

Parsed<WrittenTime> TimeFormat::read(std::string_view text) const {
  const std::string_view inner = trimmed(text);
  if (kind_ != Kind::patterns) return excel_time(inner, kind_ == Kind::excel_1904);
  if (inner.size() <= text_size_max) {
    for (const TimePattern& pattern : patterns_) {
      if (const auto fields = pattern.match(inner)) return written_time(*fields, inner);
    }
  }
  return problem(quote(text) + " is no time of the form " + text_);
}

Parsed<TimeFormat> parse_time_format(std::string_view text) {
  TimeFormat format;
  format.text_ = text;
  const std::string name = lower(text);
  if (name == "excel" || name == "excel-1904") {
    format.kind_ = name == "excel" ? TimeFormat::Kind::excel : TimeFormat::Kind::excel_1904;
    return format;
  }
  std::vector<std::string> patterns = patterns_of(name);
  if (patterns.empty()) {
    if (!text.contains('%')) {
      return problem(quote(text) +
                     " is no form of times: give a pattern as %d.%m.%Y %H:%M:%S, or " +
                     time_format_names());
    }
    patterns.emplace_back(text);
  }
  for (const std::string& pattern : patterns) {
    auto compiled = TimePattern::compile(pattern);
    if (!compiled) return problem("the form " + quote(text) + ' ' + compiled.error());
    format.patterns_.push_back(*std::move(compiled));
  }
  return format;
}

std::string time_format_names() {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

std::vector<std::string> forms_that_read(std::string_view text) {
  static const std::vector<TimeFormat> formats = [] {
    std::vector<TimeFormat> made;
    for (const char* name : {"dmy", "mdy", "ymd", "iso-basic", "rfc2822", "ctime", "clf"}) {
      if (auto format = parse_time_format(name)) made.push_back(*std::move(format));
    }
    return made;
  }();
  std::vector<std::string> found;
  for (const TimeFormat& format : formats) {
    if (format.read(text)) found.push_back(format.text());
  }
  return found;
}

}  // namespace varve::tools
