#include "tools/formats/time_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes text from its front, or says that it does not go on so.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view take_digits() {
    const auto end = std::ranges::find_if_not(rest_, is_digit);
    const auto digits = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(digits.size());
    return digits;
  }
  /// Exactly `count` digits.
  std::optional<int> take_number(std::size_t count) {
    if (rest_.size() < count || !std::ranges::all_of(rest_.substr(0, count), is_digit)) return {};
    int value = 0;
    for (const char c : rest_.substr(0, count)) value = value * 10 + (c - '0');
    rest_.remove_prefix(count);
    return value;
  }
  std::string_view take_letters() {
    const auto end = std::ranges::find_if_not(rest_, [](char c) { return c >= 'a' && c <= 'z'; });
    const auto letters = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(letters.size());
    return letters;
  }

 private:
  std::string_view rest_;
};

/// Days since 1970-01-01 of a civil date, and back: Howard Hinnant's algorithms over eras of 400
/// years, in 64 bits since std::chrono's years end at 32,767.
std::int64_t days_from_civil(std::int64_t year, int month, int day_of_month) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year =
      (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day_of_month - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

CivilTime civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilTime civil;
  civil.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  civil.month =
      static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
  return civil;
}

int days_in_month(std::int64_t year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// days * 24 h + micros, or nothing where it is beyond int64. The least moments need the detour:
/// the midnight before them is not an int64 itself.
std::optional<Timestamp> combine(std::int64_t days, std::int64_t micros) {
  if (days < 0) {
    ++days;
    micros -= day;
  }
  std::int64_t ts = 0;
  if (__builtin_mul_overflow(days, day, &ts) || __builtin_add_overflow(ts, micros, &ts)) return {};
  return ts;
}

/// ".25" as microseconds; digits beyond the sixth are cut off.
std::optional<std::int64_t> take_fraction(Cursor& cursor) {
  if (!cursor.take('.') && !cursor.take(',')) return 0;
  const std::string_view digits = cursor.take_digits();
  if (digits.empty()) return {};
  std::int64_t micros = 0;
  for (std::size_t i = 0; i < 6; ++i)
    micros = micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return micros;
}

/// "HH:MM[:SS[.frac]]". A leap second counts as the first of the next minute.
std::optional<std::int64_t> take_time_of_day(Cursor& cursor) {
  const auto hours = cursor.take_number(2);
  if (!hours || *hours > 23 || !cursor.take(':')) return {};
  const auto minutes = cursor.take_number(2);
  if (!minutes || *minutes > 59) return {};
  std::int64_t micros = *hours * hour + *minutes * minute;
  if (!cursor.take(':')) return micros;
  const auto seconds = cursor.take_number(2);
  if (!seconds || *seconds > 60) return {};
  const auto fraction = take_fraction(cursor);
  if (!fraction) return {};
  return micros + *seconds * second + *fraction;
}

/// "Z", "+01:00", "+0100", "+01" or nothing: what to take off to get UTC.
std::optional<std::int64_t> take_offset(Cursor& cursor) {
  if (cursor.at_end() || cursor.take('Z') || cursor.take('z')) return 0;
  const bool east = cursor.peek() == '+';
  if (!cursor.take('+') && !cursor.take('-')) return {};
  const auto hours = cursor.take_number(2);
  if (!hours || *hours > 23) return {};
  int minutes = 0;
  if (!cursor.at_end()) {
    cursor.take(':');
    const auto more = cursor.take_number(2);
    if (!more || *more > 59) return {};
    minutes = *more;
  }
  const std::int64_t micros = *hours * hour + minutes * minute;
  return east ? micros : -micros;
}

std::optional<std::int64_t> take_year(Cursor& cursor) {
  const bool negative = cursor.peek() == '-';
  if (!cursor.take('+') && !cursor.take('-')) return cursor.take_number(4);
  const auto year = cursor.take_number(6);
  if (!year) return {};
  return negative ? -*year : *year;
}

enum class DateFault { form, range };

std::expected<Timestamp, DateFault> parse_date(std::string_view text) {
  const auto form = std::unexpected(DateFault::form);
  Cursor cursor(text);
  const auto year = take_year(cursor);
  if (!year || !cursor.take('-')) return form;
  const auto month = cursor.take_number(2);
  if (!month || *month < 1 || *month > 12 || !cursor.take('-')) return form;
  const auto day_of_month = cursor.take_number(2);
  if (!day_of_month || *day_of_month < 1 || *day_of_month > days_in_month(*year, *month))
    return form;

  std::int64_t micros = 0;
  if (!cursor.at_end()) {
    if (!cursor.take('T') && !cursor.take('t') && !cursor.take(' ')) return form;
    const auto time_of_day = take_time_of_day(cursor);
    if (!time_of_day) return form;
    const auto offset = take_offset(cursor);
    if (!offset || !cursor.at_end()) return form;
    micros = *time_of_day - *offset;
  }
  const auto ts = combine(days_from_civil(*year, *month, *day_of_month), micros);
  if (!ts) return std::unexpected(DateFault::range);
  return *ts;
}

bool looks_like_number(std::string_view text) {
  Cursor cursor(text);
  if (!cursor.take('-')) cursor.take('+');
  if (cursor.take_digits().empty()) return false;
  if (cursor.take('.') && cursor.take_digits().empty()) return false;
  return cursor.at_end();
}

/// How many decimal places a unit is above microseconds.
int places(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds: return 6;
    case TimeUnit::milliseconds: return 3;
    case TimeUnit::microseconds: return 0;
    case TimeUnit::nanoseconds: return -3;
  }
  return 0;
}

/// "12.5" moved by `shift` decimal places, rounded down to a whole number.
std::optional<std::int64_t> scaled(std::string_view number, int shift) {
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.remove_prefix(1);
  const std::size_t dot = std::min(number.find('.'), number.size());
  std::string digits(number.substr(0, dot));
  if (dot < number.size()) digits += number.substr(dot + 1);
  const auto whole = static_cast<std::int64_t>(dot) + shift;
  const auto keep = static_cast<std::size_t>(std::max<std::int64_t>(whole, 0));
  const bool remainder =
      digits.size() > keep && digits.find_first_not_of('0', keep) != std::string::npos;
  digits.resize(keep, '0');
  digits.insert(0, negative ? "-0" : "0");
  std::int64_t value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) {
    return {};
  }
  if (negative && remainder && __builtin_sub_overflow(value, 1, &value)) return {};
  return value;
}

std::string two(int number) {
  return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)};
}

void append_padded(std::string& out, std::int64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

void append_date(std::string& out, const CivilTime& civil) {
  if (civil.year >= 0 && civil.year <= 9'999) {
    append_padded(out, civil.year, 4);
  } else {
    out += civil.year < 0 ? '-' : '+';
    append_padded(out, civil.year < 0 ? -civil.year : civil.year, 6);
  }
  out += '-' + two(civil.month) + '-' + two(civil.day);
}

void append_clock(std::string& out, std::int64_t micros) {
  out += two(static_cast<int>(micros / hour)) + ':' + two(static_cast<int>(micros / minute % 60)) +
         ':' + two(static_cast<int>(micros / second % 60));
}

}  // namespace

Parsed<TimeUnit> parse_time_unit(std::string_view text) {
  if (text == "s") return TimeUnit::seconds;
  if (text == "ms") return TimeUnit::milliseconds;
  if (text == "us") return TimeUnit::microseconds;
  if (text == "ns") return TimeUnit::nanoseconds;
  return problem(quote(text) + " is no unit of time: s, ms, us or ns");
}

Parsed<Timestamp> parse_epoch(std::string_view text, TimeUnit unit) {
  if (!looks_like_number(text)) return problem(quote(text) + " is no number");
  if (text.contains('.') && places(unit) <= 0) {
    return problem(quote(text) + " has a fraction, which goes with --time-unit s or ms");
  }
  const auto ts = scaled(text, places(unit));
  if (!ts) return problem(quote(text) + " is beyond the times that exist here");
  return *ts;
}

Parsed<Timestamp> parse_time(std::string_view text, TimeUnit unit) {
  if (looks_like_number(text)) return parse_epoch(text, unit);
  const auto ts = parse_date(text);
  if (ts) return *ts;
  if (ts.error() == DateFault::range) {
    return problem(quote(text) + " is beyond the times that exist here");
  }
  return problem(quote(text) + " is no time");
}

Parsed<Timestamp> parse_moment(std::string_view text, Timestamp now) {
  std::string_view relative = text;
  if (relative.starts_with("now")) {
    relative.remove_prefix(3);
    if (relative.empty()) return now;
  }
  if ((relative.starts_with('-') || relative.starts_with('+')) &&
      (relative.size() < text.size() || !looks_like_number(text))) {
    if (const auto distance = parse_duration(relative.substr(1))) {
      const std::int64_t step = relative.front() == '-' ? -distance->count() : distance->count();
      Timestamp ts = 0;
      if (!__builtin_add_overflow(now, step, &ts)) return ts;
    }
  }
  if (const auto ts = parse_time(text, TimeUnit::microseconds)) return *ts;
  return problem(quote(text) +
                 " is no time: give 2024-05-01T12:00:00Z, microseconds since 1970, now, or -1h");
}

Parsed<Duration> parse_duration(std::string_view text) {
  constexpr auto units = std::to_array<std::pair<std::string_view, std::int64_t>>({{"w", 7 * day},
                                                                                   {"d", day},
                                                                                   {"h", hour},
                                                                                   {"m", minute},
                                                                                   {"s", second},
                                                                                   {"ms", 1'000},
                                                                                   {"us", 1}});
  const auto bad = problem(quote(text) + " is no duration: give 90s, 1h30m, 250ms, 7d");
  Cursor cursor(text);
  std::int64_t total = 0;
  if (cursor.at_end()) return bad;
  while (!cursor.at_end()) {
    std::string number(cursor.take_digits());
    if (number.empty()) return bad;
    if (cursor.take('.')) {
      const std::string_view fraction = cursor.take_digits();
      if (fraction.empty()) return bad;
      (number += '.') += fraction;
    }
    const std::string_view name = cursor.take_letters();
    const auto* const unit =
        std::ranges::find(units, name, &std::pair<std::string_view, std::int64_t>::first);
    if (unit == units.end()) return bad;
    // A fraction counts to its sixth place, so that the product stays in 64 bits.
    const std::size_t dot = number.find('.');
    const auto whole = scaled(number.substr(0, dot), 0);
    const auto millionths = dot == std::string::npos ? 0 : scaled('0' + number.substr(dot), 6);
    std::int64_t amount = 0;
    if (!whole || __builtin_mul_overflow(*whole, unit->second, &amount)) return bad;
    const std::int64_t part = millionths.value_or(0) * unit->second / second;
    if (__builtin_add_overflow(total, amount, &total)) return bad;
    if (__builtin_add_overflow(total, part, &total)) return bad;
  }
  return Duration(total);
}

CivilTime civil_time(Timestamp ts) {
  std::int64_t days = ts / day;
  std::int64_t micros = ts % day;
  if (micros < 0) {
    --days;
    micros += day;
  }
  CivilTime civil = civil_from_days(days);
  civil.microsecond_of_day = micros;
  return civil;
}

void append_time(std::string& out, Timestamp ts) {
  const CivilTime civil = civil_time(ts);
  append_date(out, civil);
  out += 'T';
  append_clock(out, civil.microsecond_of_day);
  out += '.';
  append_padded(out, civil.microsecond_of_day % second, 6);
  out += 'Z';
}

std::string format_time(Timestamp ts) {
  std::string out;
  append_time(out, ts);
  return out;
}

std::string format_time_short(Timestamp ts) {
  const CivilTime civil = civil_time(ts);
  std::string out;
  append_date(out, civil);
  out += ' ';
  append_clock(out, civil.microsecond_of_day);
  if (const std::int64_t fraction = civil.microsecond_of_day % second; fraction != 0) {
    out += '.';
    append_padded(out, fraction, 6);
    while (out.back() == '0') out.pop_back();
  }
  return out;
}

std::string format_duration(Duration duration) {
  const std::int64_t micros = std::max<std::int64_t>(duration.count(), 0);
  const auto pair = [micros](std::int64_t unit, const char* name, std::int64_t small,
                             const char* small_name) {
    std::string out = std::to_string(micros / unit) + ' ' + name;
    if (const std::int64_t rest = micros % unit / small; rest != 0) {
      out += ' ' + std::to_string(rest) + ' ' + small_name;
    }
    return out;
  };
  if (micros >= day) return pair(day, "d", hour, "h");
  if (micros >= hour) return pair(hour, "h", minute, "min");
  if (micros >= minute) return pair(minute, "min", second, "s");
  if (micros >= second) return pair(second, "s", 1'000, "ms");
  if (micros >= 1'000) return std::to_string(micros / 1'000) + " ms";
  return std::to_string(micros) + " us";
}

}  // namespace varve::tools
