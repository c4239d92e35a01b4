#include "tools/formats/time_reader.hpp"

#include <algorithm>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

/// A digit and a minus are in no number. What most dates are known by, at no cost.
bool begins_with_year(std::string_view text) {
  return text.size() > 4 && text[4] == '-' && text[3] >= '0' && text[3] <= '9';
}

/// What to do about a text that is no time.
std::string advice(std::string_view text) {
  const std::vector<std::string> forms = forms_that_read(trimmed(text));
  if (forms.empty()) {
    return "give times as 2024-05-01T12:00:00Z, numbers since 1970, or say their form with "
           "--time-format, as %d.%m.%Y %H:%M:%S";
  }
  if (forms.size() == 1) return "it reads as " + forms[0] + ": give --time-format " + forms[0];
  return "it reads as " + joined(forms, " and as ") +
         ": say which with --time-format, as --time-format " + forms[0];
}

bool reads_as(const char* form, std::string_view text) {
  const auto format = parse_time_format(form);
  if (!format) return false;
  const auto written = format->read(text);
  return written && is_likely(written->ts);
}

/// What to give where a number lies outside of 1980 to 2100.
std::string remedy(std::string_view text) {
  if (const auto fits = unit_that_fits(text)) return std::string("--time-unit ") + name_of(*fits);
  for (const char* form : {"iso-basic", "excel", "year"}) {
    if (reads_as(form, text)) return std::string("--time-format ") + form;
  }
  return "its unit (s, ms, us or ns)";
}

/// "1714564800 would be 1970-01-01 00:28:34.5648 in microseconds: give --time-unit s, or
/// --time-unit us if it is meant so".
std::unexpected<Problem> unlikely(std::string_view text, const Parsed<Timestamp>& ts,
                                  TimeUnit unit) {
  return problem(quote(text) +
                 (ts ? " would be " + format_time_short(*ts) + " in " : " is no time in ") +
                 long_name_of(unit) + ": give " + remedy(text) + ", or --time-unit " +
                 name_of(unit) + " if it is meant so");
}

std::unexpected<Problem> no_local_time(std::string_view text, const TimeZone& zone,
                                       LocalFault fault) {
  switch (fault) {
    case LocalFault::missing:
      return problem(quote(text) + " is no time of " + zone.name() +
                     ", whose clocks are set on over it: they were not of this zone; where they "
                     "kept one offset all year, give that, as --time-zone +01:00");
    case LocalFault::not_known:
      return problem(quote(text) + " is beyond 2037, where the table of " + zone.name() +
                     " ends: give times with an offset, or --time-zone with one, as +01:00");
    case LocalFault::range: break;
  }
  return problem(quote(text) + " is beyond the times that exist here");
}

}  // namespace

TimeReader::TimeReader(TimeForm form)
    : form_(std::move(form)), unit_(form_.unit.value_or(form_.unit_if_not_given)) {
  is_settled_ = form_.unit.has_value();
  if (form_.zone != nullptr) local_.emplace(*form_.zone);
  is_plain_ = is_settled_ && !local_ && !form_.format;
}

Parsed<Timestamp> TimeReader::parse_plain(std::string_view text) const {
  auto ts = parse_time(text, unit_);
  if (ts || is_epoch_number(text) || parse_written_time(text)) return ts;
  return problem(std::move(ts).error().text + ": " + advice(text));
}

Parsed<Timestamp> TimeReader::read_carefully(std::string_view text) {
  if (form_.format) {
    const auto written = form_.format->read(text);
    if (!written) return std::unexpected(written.error());
    return moment_of(*written, text);
  }
  if (!local_ && begins_with_year(text)) return parse_plain(text);
  if (is_epoch_number(text)) return read_number(text);
  if (!local_) return parse_plain(text);
  const auto written = parse_written_time(text);
  return written ? moment_of(*written, text) : parse_plain(text);
}

Parsed<Timestamp> TimeReader::read_number(std::string_view text) {
  auto ts = parse_epoch(text, unit_);
  if (is_settled_) return ts;
  if (is_refused_ || !ts || !is_likely(*ts)) {
    is_refused_ = true;
    return unlikely(text, ts, unit_);
  }
  is_settled_ = true;
  is_plain_ = !local_;
  return ts;
}

Parsed<Timestamp> TimeReader::moment_of(const WrittenTime& written, std::string_view text) {
  if (written.has_offset) return written.ts;
  const std::string_view name = written.abbreviation;
  if (!local_) {
    if (name.empty()) return written.ts;
    return problem(quote(text) + ": " + quote(name) +
                   " names no offset for sure: say the zone with --time-zone, as Europe/Berlin");
  }
  const TimeZone& zone = local_->zone();
  if (!written.has_time_of_day && zone.knows(written.ts)) return first_moment(zone, written.ts);
  const auto ts = name.empty() ? std::optional(local_->moment_of(written.ts))
                               : local_->moment_of(written.ts, name);
  if (!ts) {
    return problem(quote(text) + ": " + quote(name) + " is no name of the offset of " +
                   zone.name() + " at that time");
  }
  if (!*ts) return no_local_time(text, zone, ts->error());
  return **ts;
}

Parsed<const TimeZone*> parse_time_zone(std::string_view text) {
  const TimeZone* const zone = TimeZone::find(text);
  if (zone != nullptr) return zone;
  if (!TimeZone::tables_are_there()) {
    return problem(
        "this machine has no tables of time zones that reach to 2037 (the package "
        "tzdata): give an offset, as +01:00");
  }
  constexpr std::size_t names_max = 3;
  const std::vector<std::string> like = TimeZone::names_with(text, names_max);
  return problem(
      quote(text) + " is no time zone: give " +
      (like.empty() ? "a name as Europe/Berlin, or an offset as +01:00" : joined(like, " or ")));
}

}  // namespace varve::tools
