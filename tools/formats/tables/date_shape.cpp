#include "tools/formats/tables/date_shape.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "tools/formats/civil_time.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/times/half_of_day.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

int number_of(std::string_view digits) {
  int number = 0;
  for (const char c : digits.substr(0, 9)) number = 10 * number + (c - '0');
  return number;
}

/// Takes the digits at the front.
std::string_view take_digits(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// A form in the words of strftime(), with %1 and %2 for the day and the month in the order in
/// which they stand, where that is not known.
struct Form {
  std::string pattern;
  int first = 0;  // What stands for %1 and %2.
  int second = 0;
  int third = 0;       // And behind them.
  bool open = false;   // %1 and %2 are in it.
  bool clock = false;  // A time of day is in it.
};

bool is_year(std::string_view digits) { return digits.size() == 4; }
bool is_short(std::string_view digits) { return digits.size() == 1 || digits.size() == 2; }

/// A date at the front, with its separator between the parts.
std::optional<Form> take_date(std::string_view& text) {
  std::string_view rest = text;
  const std::string_view a = take_digits(rest);
  if (a.empty() || rest.empty()) return {};
  const char separator = rest.front();
  if (separator != '/' && separator != '.' && separator != '-') return {};
  rest.remove_prefix(1);
  const std::string_view b = take_digits(rest);
  if (!is_short(b) || !take(rest, separator)) return {};
  const std::string_view c = take_digits(rest);
  Form form;
  const std::string between(1, separator);
  if (is_year(a) && is_short(c)) {
    if (number_of(b) < 1 || number_of(b) > 12 || number_of(c) < 1 || number_of(c) > 31) return {};
    form.pattern = "%Y" + between + "%m" + between + "%d";
  } else if (is_short(a) && (is_year(c) || (c.size() == 2 && separator != '-'))) {
    // 24-05-01 may begin with the year, so that is left to who knows it.
    form.first = number_of(a);
    form.second = number_of(b);
    form.third = number_of(c);
    const int larger = std::max(form.first, form.second);
    const int smaller = std::min(form.first, form.second);
    if (smaller < 1 || smaller > 12 || larger > 31) return {};
    form.open = true;
    form.pattern = "%1" + between + "%2" + between + (is_year(c) ? "%Y" : "%y");
  } else {
    return {};
  }
  text = rest;
  return form;
}

/// One blank at the front, or what Spanish and French texts have in its place.
std::string_view take_blank(std::string_view& text) {
  for (const std::string_view blank : {" ", "\xC2\xA0", "\xE2\x80\xAF"}) {
    if (!text.starts_with(blank)) continue;
    text.remove_prefix(blank.size());
    return blank;
  }
  return {};
}

/// A time of day at the front: 7:05, 07:05:00.25, 18.00.00, 7:05 PM, 7:05 p. m.; with an offset
/// behind it.
std::optional<std::string> take_clock(std::string_view& text) {
  std::string_view rest = text;
  const std::string_view hours = take_digits(rest);
  if (!is_short(hours) || rest.empty()) return {};
  const char separator = rest.front();
  if (separator != ':' && separator != '.') return {};
  rest.remove_prefix(1);
  const std::string_view minutes = take_digits(rest);
  if (minutes.size() != 2 || number_of(minutes) > 59 || number_of(hours) > 24) return {};
  const std::string between(1, separator);
  std::string form = between + "%M";
  if (rest.starts_with(separator)) {
    rest.remove_prefix(1);
    const std::string_view seconds = take_digits(rest);
    if (seconds.size() != 2 || number_of(seconds) > 60) return {};
    form += between + "%S";
    // %S reads any fraction.
    if (separator == ':' && (rest.starts_with('.') || rest.starts_with(','))) {
      rest.remove_prefix(1);
      if (take_digits(rest).empty()) return {};
    }
  } else if (separator == '.') {
    return {};  // 18.00 is a number.
  }
  std::string_view behind = rest;
  const std::string blank(take_blank(behind));
  if (const std::size_t half = half_of_day_size(behind); half > 0) {
    rest = behind.substr(half);
    form = "%I" + form + blank + "%p";
  } else {
    form = "%H" + form;
    if (behind.starts_with('+') || behind.starts_with('-') || behind == "Z") {
      form += blank + "%z";
      rest = {};
    }
  }
  text = rest;
  return form;
}

/// The whole cell: a date, with a time of day or without.
std::optional<Form> form_of(std::string_view cell) {
  std::optional<Form> form = take_date(cell);
  if (!form || cell.empty()) return form;
  std::string between;
  while (!cell.empty() && (cell.front() == ' ' || cell.front() == 'T' || cell.front() == ',')) {
    between += cell.front();
    cell.remove_prefix(1);
  }
  const auto clock = take_clock(cell);
  if (between.empty() || !clock || !cell.empty()) return {};
  form->pattern += between + *clock;
  form->clock = true;
  return form;
}

/// 20240501, 202405011200 and 20240501120000. None of them lies between 1980 and 2100 as a number
/// of seconds, milliseconds or microseconds since 1970.
std::string_view compact_pattern(std::string_view cell) {
  if (!is_digits(cell) || (cell.size() != 8 && cell.size() != 12 && cell.size() != 14)) return {};
  const auto part = [cell](std::size_t at, std::size_t size) {
    return at < cell.size() ? number_of(cell.substr(at, size)) : 0;
  };
  const int year = part(0, 4);
  const int month = part(4, 2);
  if (year < 1980 || year > 2100 || month < 1 || month > 12) return {};
  if (part(6, 2) < 1 || part(6, 2) > days_in_month(year, month)) return {};
  if (part(8, 2) > 23 || part(10, 2) > 59 || part(12, 2) > 59) return {};
  if (cell.size() == 8) return "%Y%m%d";
  return cell.size() == 12 ? "%Y%m%d%H%M" : "%Y%m%d%H%M%S";
}

bool is_rfc3339(std::string_view cell) {
  return cell.size() >= 10 && cell.find('-', 1) != std::string_view::npos &&
         parse_time(cell, TimeUnit::microseconds).has_value();
}

std::string replaced(std::string pattern, std::string_view first, std::string_view second) {
  const auto put = [&pattern](std::string_view mark, std::string_view text) {
    if (const std::size_t at = pattern.find(mark); at != std::string::npos) {
      pattern.replace(at, mark.size(), text);
    }
  };
  put("%1", first);
  put("%2", second);
  return pattern;
}

std::string day_first(const std::string& pattern) { return replaced(pattern, "%d", "%m"); }
std::string month_first(const std::string& pattern) { return replaced(pattern, "%m", "%d"); }

/// Which way numbers go, one after the other.
class Direction {
 public:
  void add(int number) {
    if (last_) {
      rises_ = rises_ || number > *last_;
      falls_ = falls_ || number < *last_;
    }
    last_ = number;
  }
  /// 1 and -1 where they only rise, or fall; 0 where they do both or neither.
  int sign() const { return static_cast<int>(rises_) - static_cast<int>(falls_); }

 private:
  std::optional<int> last_;
  bool rises_ = false;
  bool falls_ = false;
};

/// What the cells of one open form show of its order.
struct Order {
  std::size_t cells = 0;
  std::optional<int> first_number;
  bool may_be_year = true;  // In front: it is the same in all cells, and behind may be days.
  Direction by_year;        // With the year in front,
  Direction by_day;         // and with the day.
  const std::string* first_cell = nullptr;
  const std::string* day_over_12 = nullptr;    // One with the day in front.
  const std::string* month_over_12 = nullptr;  // One with the day behind.
};

void note_order(const Form& form, Order& order) {
  if (!order.first_number) order.first_number = form.first;
  order.may_be_year =
      order.may_be_year && form.first == *order.first_number && form.third >= 1 && form.third <= 31;
  constexpr int part = 100;
  if (form.third >= part) return;  // A year in full.
  order.by_year.add((form.first * part + form.second) * part + form.third);
  order.by_day.add((form.third * part + form.second) * part + form.first);
}

/// Whether the first number may as well be the year: dates that begin with it run one way then.
/// Readings of each month's first day, over more than a year, do not; and where dates that begin
/// with the day run the other way, it is the newest that comes first.
bool may_begin_with_year(const Order& order) {
  const int by_year = order.by_year.sign();
  return order.may_be_year && by_year != 0 && by_year + order.by_day.sign() != 0;
}

Parsed<std::string> settled(const std::string& pattern, const Order& order) {
  constexpr std::string_view short_with_points = "%1.%2.%y";
  if (pattern.starts_with(short_with_points) && may_begin_with_year(order)) {
    return problem(quote(*order.first_cell) +
                   " may begin with the year or the day: " + "give --time-format '%y.%m.%d" +
                   pattern.substr(short_with_points.size()) + "' or '" + day_first(pattern) + '\'');
  }
  const bool has_points = pattern.starts_with("%1.");
  if (order.first_cell == nullptr || (has_points && order.month_over_12 == nullptr)) {
    return day_first(pattern);
  }
  if (pattern.starts_with("%1/%2/%y") && order.month_over_12 == nullptr) {
    return problem(quote(*order.first_cell) + " may begin with the day, the month or the year: " +
                   "give --time-format '" + day_first(pattern) + "', or as it is meant");
  }
  if (order.day_over_12 != nullptr && order.month_over_12 != nullptr) {
    return problem("day and month change places, as " + quote(*order.day_over_12) + " and " +
                   quote(*order.month_over_12) + " show: give the form with --time-format");
  }
  if (order.day_over_12 != nullptr) return day_first(pattern);
  if (order.month_over_12 != nullptr) return month_first(pattern);
  return problem("whether " + quote(*order.first_cell) +
                 " begins with the day or the month is not to be seen: give --time-format '" +
                 day_first(pattern) + "' or '" + month_first(pattern) + '\'');
}

}  // namespace

TimeShape time_shape(std::string_view cell) {
  if (cell.size() < 4 || cell.size() > 40 || !is_digit(cell.front())) return TimeShape::none;
  if (const std::string_view compact = compact_pattern(cell); !compact.empty()) {
    return cell.size() == 8 ? TimeShape::date : TimeShape::moment;
  }
  if (is_rfc3339(cell)) return cell.size() > 10 ? TimeShape::moment : TimeShape::date;
  if (const auto form = form_of(cell)) return form->clock ? TimeShape::moment : TimeShape::date;
  std::string_view rest = cell;
  return take_clock(rest) && rest.empty() ? TimeShape::clock : TimeShape::none;
}

std::optional<std::string_view> find_interval(std::string_view cell) {
  for (const std::string_view between : {" to ", " - "}) {
    const std::size_t at = cell.find(between);
    if (at == std::string_view::npos) continue;
    const TimeShape begin = time_shape(cell.substr(0, at));
    const TimeShape end = time_shape(cell.substr(at + between.size()));
    if (begin == TimeShape::moment && (end == begin || end == TimeShape::clock)) return between;
  }
  return {};
}

std::optional<std::string_view> clock_of_day(std::string_view text) {
  const std::string_view begin = trimmed(text.substr(0, text.find('-')));
  std::string_view rest = begin;
  if (rest.find(':') == std::string_view::npos || !take_clock(rest) || !rest.empty()) return {};
  if (begin.size() == text.size()) return begin;
  std::string_view end = trimmed(text.substr(std::min(text.size(), text.find('-') + 1)));
  if (!take_clock(end) || !end.empty()) return {};
  return begin;
}

int minute_of_day(std::string_view clock) {
  const int hours = number_of(take_digits(clock));
  clock.remove_prefix(std::min<std::size_t>(clock.size(), 1));
  const int minutes = number_of(take_digits(clock));
  take_blank(clock);
  if (half_of_day_size(clock) == 0) return hours * 60 + minutes;
  const bool is_afternoon = clock.front() == 'p' || clock.front() == 'P';
  return (hours % 12 + (is_afternoon ? 12 : 0)) * 60 + minutes;
}

Parsed<std::string> time_pattern(std::span<const std::string> cells) {
  std::map<std::string, Order> forms;
  std::map<std::string, std::size_t> plain_forms;  // Of cells that need no pattern.
  std::size_t plain = 0;
  for (const std::string& cell : cells) {
    if (const std::string_view compact = compact_pattern(cell); !compact.empty()) {
      ++forms[std::string(compact)].cells;
    } else if (is_rfc3339(cell)) {
      ++plain;
      if (const auto form = form_of(cell)) ++plain_forms[form->pattern];
    } else if (const auto form = form_of(cell)) {
      Order& order = forms[form->pattern];
      ++order.cells;
      if (!form->open) continue;
      if (order.first_cell == nullptr) order.first_cell = &cell;
      note_order(*form, order);
      if (form->first > 12 && order.day_over_12 == nullptr) order.day_over_12 = &cell;
      if (form->second > 12 && order.month_over_12 == nullptr) order.month_over_12 = &cell;
    }
  }
  const auto most =
      std::ranges::max_element(forms, {}, [](const auto& form) { return form.second.cells; });
  if (most == forms.end()) return std::string();
  // 2024-05-01 9:00 and 2024-05-01 10:00 are of one pattern, though one of them needs none.
  const auto also = plain_forms.find(most->first);
  const bool is_of_all = also != plain_forms.end() && also->second == plain;
  if (most->second.cells < plain && !is_of_all) return std::string();
  return settled(most->first, most->second);
}

std::string year_pattern(std::span<const std::string> cells) {
  const auto is_plain_year = [](std::string_view text) {
    return text.size() == 4 && is_digits(text) && number_of(text) >= 1500 &&
           number_of(text) <= 2200;
  };
  const auto is_month = [&](std::string_view text) {
    return text.size() == 7 && is_plain_year(text.substr(0, 4)) && text[4] == '-' &&
           is_digits(text.substr(5)) && number_of(text.substr(5)) >= 1 &&
           number_of(text.substr(5)) <= 12;
  };
  if (cells.empty()) return {};
  if (std::ranges::all_of(cells, is_plain_year)) return "%Y";
  if (std::ranges::all_of(cells, is_month)) return "%Y-%m";
  return {};
}

}  // namespace varve::tools
