#include "tools/formats/times/time_pattern.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "tools/formats/times/half_of_day.hpp"
#include "tools/formats/times/time_zone.hpp"

namespace varve::tools {

namespace {

using Part = TimePattern::Part;
using Item = TimePattern::Item;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// From `least` to `most` digits.
std::optional<int> take_number(std::string_view& rest, std::size_t least, std::size_t most) {
  std::size_t size = 0;
  int number = 0;
  while (size < most && size < rest.size() && is_digit(rest[size])) {
    number = number * 10 + (rest[size++] - '0');
  }
  if (size < least) return {};
  rest.remove_prefix(size);
  return number;
}

bool take_into(std::string_view& rest, const Item& item, std::size_t digits, int most, int& out) {
  const auto number = take_number(rest, item.exact ? digits : 1, digits);
  if (!number || *number > most) return false;
  out = *number;
  return true;
}

/// Digits as microseconds; those beyond the sixth are cut off.
bool take_fraction(std::string_view& rest, std::int64_t& out) {
  const auto end = std::ranges::find_if_not(rest, is_digit);
  const std::string_view digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  if (digits.empty()) return false;
  out = 0;
  for (std::size_t i = 0; i < 6; ++i) out = out * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  rest.remove_prefix(digits.size());
  return true;
}

bool take_second(std::string_view& rest, const Item& item, TimeFields& fields) {
  if (!take_into(rest, item, 2, 60, fields.second)) return false;
  const bool goes_on = item.with_fraction && rest.size() > 1 &&
                       (rest[0] == '.' || rest[0] == ',') && is_digit(rest[1]);
  if (!goes_on) return true;
  rest.remove_prefix(1);
  return take_fraction(rest, fields.microsecond);
}

constexpr std::array<std::string_view, 12> months = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> weekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};

/// A name, or its first letters, at least three. Its place in the list.
template <std::size_t size>
std::optional<int> take_name(std::string_view& rest,
                             const std::array<std::string_view, size>& names) {
  for (std::size_t i = 0; i < size; ++i) {
    std::size_t same = 0;
    while (same < rest.size() && same < names[i].size() && lower(rest[same]) == names[i][same]) {
      ++same;
    }
    if (same < 3) continue;
    rest.remove_prefix(same);
    return static_cast<int>(i);
  }
  return {};
}

bool take_half(std::string_view& rest, TimeFields& fields) {
  const std::size_t size = half_of_day_size(rest);
  if (size == 0) return false;
  fields.afternoon = lower(rest.front()) == 'p';
  rest.remove_prefix(size);
  return true;
}

bool take_offset(std::string_view& rest, TimeFields& fields) {
  std::int64_t offset = 0;
  if (!take_utc_offset(rest, offset)) return false;
  fields.offset = offset;
  return true;
}

/// An offset, or a name of one, in two to six letters.
bool take_zone_name(std::string_view& rest, TimeFields& fields) {
  const auto end =
      std::ranges::find_if_not(rest, [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; });
  const std::string_view letters = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  std::string name(letters);
  std::ranges::transform(name, name.begin(), [](char c) { return lower(c); });
  if (name.empty() || name == "z" || name == "utc" || name == "gmt") {
    return take_offset(rest, fields);
  }
  const bool is_half = name == "am" || name == "pm";
  if (is_half || letters.size() < 2 || letters.size() > 6) return false;
  fields.abbreviation = letters;
  rest.remove_prefix(letters.size());
  return true;
}

/// "-12", "12.5"
bool take_epoch(std::string_view& rest, TimeFields& fields) {
  std::size_t size = rest.starts_with('-') || rest.starts_with('+') ? 1 : 0;
  while (size < rest.size() && is_digit(rest[size])) ++size;
  if (size + 1 < rest.size() && rest[size] == '.' && is_digit(rest[size + 1])) {
    ++size;
    while (size < rest.size() && is_digit(rest[size])) ++size;
  }
  if (size == 0 || !is_digit(rest[size - 1])) return false;
  fields.epoch = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

bool take_blanks(std::string_view& rest, std::size_t least) {
  const auto end = std::ranges::find_if_not(rest, is_blank);
  const auto size = static_cast<std::size_t>(end - rest.begin());
  rest.remove_prefix(size);
  return size >= least;
}

bool take_year(std::string_view& rest, TimeFields& fields) {
  const auto number = take_number(rest, 4, 4);
  if (number) fields.year = *number;
  return number.has_value();
}

bool take_short_year(std::string_view& rest, TimeFields& fields) {
  const auto number = take_number(rest, 2, 2);
  if (number) fields.year = *number < 69 ? 2'000 + *number : 1'900 + *number;
  return number.has_value();
}

bool take_date(std::string_view& rest, const Item& item, TimeFields& fields) {
  switch (item.part) {
    case Part::year: return take_year(rest, fields);
    case Part::short_year: return take_short_year(rest, fields);
    case Part::month: return take_into(rest, item, 2, 12, fields.month);
    case Part::day: return take_into(rest, item, 2, 31, fields.day);
    case Part::day_of_year: {
      int number = 0;
      if (!take_into(rest, item, 3, 366, number)) return false;
      fields.day_of_year = number;
      return true;
    }
    case Part::month_name: {
      const auto place = take_name(rest, months);
      if (place) fields.month = *place + 1;
      return place.has_value();
    }
    default: fields.weekday = take_name(rest, weekdays); return fields.weekday.has_value();
  }
}

bool take(std::string_view& rest, const Item& item, TimeFields& fields) {
  switch (item.part) {
    case Part::literal:
      if (!rest.starts_with(item.literal)) return false;
      rest.remove_prefix(1);
      return true;
    case Part::blanks: return take_blanks(rest, 1);
    case Part::maybe_blanks: return take_blanks(rest, 0);
    case Part::hour:
      fields.has_time_of_day = true;
      return take_into(rest, item, 2, 24, fields.hour);
    case Part::hour_of_half:
      fields.has_time_of_day = true;
      return take_into(rest, item, 2, 12, fields.hour) && fields.hour > 0;
    case Part::half: return take_half(rest, fields);
    case Part::minute: return take_into(rest, item, 2, 59, fields.minute);
    case Part::second: return take_second(rest, item, fields);
    case Part::fraction: return take_fraction(rest, fields.microsecond);
    case Part::offset: return take_offset(rest, fields);
    case Part::zone_name: return take_zone_name(rest, fields);
    case Part::epoch: return take_epoch(rest, fields);
    default: return take_date(rest, item, fields);
  }
}

}  // namespace

std::optional<TimeFields> TimePattern::match(std::string_view text) const {
  TimeFields fields;
  if (!match_from(0, text, fields)) return {};
  return fields;
}

/// What may be missing is first taken to be there. At most groups_max such choices are open.
bool TimePattern::match_from(std::size_t at, std::string_view rest, TimeFields& fields) const {
  for (; at < items_.size(); ++at) {
    const Item& item = items_[at];
    if (item.part == Part::group) {
      TimeFields with = fields;
      if (match_from(at + 1, rest, with)) {
        fields = with;
        return true;
      }
      return match_from(item.end, rest, fields);
    }
    if (!take(rest, item, fields)) return false;
  }
  return rest.empty();
}

}  // namespace varve::tools
