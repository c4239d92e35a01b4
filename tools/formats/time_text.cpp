#include "tools/formats/time_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <utility>

#include "tools/formats/choices.hpp"
#include "tools/formats/civil_time.hpp"
#include "tools/formats/times/epoch_number.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

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
  /// "Z", "+01:00", ...: what to take off to get UTC.
  std::optional<std::int64_t> take_offset() {
    std::int64_t offset = 0;
    if (!take_utc_offset(rest_, offset)) return {};
    return offset;
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

std::optional<std::int64_t> take_year(Cursor& cursor) {
  const bool negative = cursor.peek() == '-';
  if (!cursor.take('+') && !cursor.take('-')) return cursor.take_number(4);
  const auto year = cursor.take_number(6);
  if (!year) return {};
  return negative ? -*year : *year;
}

enum class DateFault { form, range };

std::expected<WrittenTime, DateFault> parse_date(std::string_view text) {
  const auto form = std::unexpected(DateFault::form);
  Cursor cursor(text);
  const auto year = take_year(cursor);
  if (!year || !cursor.take('-')) return form;
  const auto month = cursor.take_number(2);
  if (!month || *month < 1 || *month > 12 || !cursor.take('-')) return form;
  const auto day_of_month = cursor.take_number(2);
  if (!day_of_month || *day_of_month < 1 || *day_of_month > days_in_month(*year, *month))
    return form;

  WrittenTime written;
  std::int64_t micros = 0;
  if (!cursor.at_end()) {
    if (!cursor.take('T') && !cursor.take('t') && !cursor.take(' ')) return form;
    const auto time_of_day = take_time_of_day(cursor);
    if (!time_of_day) return form;
    micros = *time_of_day;
    written.has_time_of_day = true;
  }
  if (!cursor.at_end()) {
    const auto offset = cursor.take_offset();
    if (!offset || !cursor.at_end()) return form;
    micros -= *offset;
    written.has_offset = true;
  }
  const auto ts = timestamp_of(*year, *month, *day_of_month, micros);
  if (!ts) return std::unexpected(DateFault::range);
  written.ts = *ts;
  return written;
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

Parsed<Timestamp> epoch_of(std::string_view text, const EpochNumber& number, TimeUnit unit) {
  if (!number.fraction.empty() && !number.has_exponent && places(unit) <= 0) {
    return problem(quote(text) + " has a fraction, which goes with --time-unit s or ms");
  }
  const auto ts = scaled(number, places(unit));
  if (!ts) return problem(quote(text) + " is beyond the times that exist here");
  return *ts;
}

std::unexpected<Problem> date_problem(std::string_view text, DateFault fault) {
  if (fault == DateFault::form) return problem(quote(text) + " is no time");
  return problem(quote(text) + " is beyond the times that exist here");
}

/// Microseconds: --from 0 is meant so, and --from 1714564800 hardly.
Parsed<Timestamp> number_as_moment(std::string_view text) {
  auto ts = parse_epoch(text, TimeUnit::microseconds);
  if (ts && is_likely(*ts)) return ts;
  const auto unit = unit_that_fits(text);
  if (!unit) return ts;
  const auto meant = parse_epoch(text, *unit);
  if (!meant) return ts;
  const std::string others = long_name_of(*unit);
  return problem(quote(text) + " would be " + (ts ? format_time_short(*ts) : "no time") +
                 " in microseconds, which a bare number is: if " + others + " are meant, give " +
                 format_time_short(*meant) + " in quotes");
}

EpochNumber decimal(std::string_view whole, std::string_view fraction) {
  EpochNumber number;
  number.whole = whole;
  number.fraction = fraction;
  return number;
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
  return problem(quote(text) + " is no unit of time: " + one_of(time_unit_words));
}

const char* name_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds: return "s";
    case TimeUnit::milliseconds: return "ms";
    case TimeUnit::microseconds: return "us";
    case TimeUnit::nanoseconds: return "ns";
  }
  return "";
}

const char* long_name_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds: return "seconds";
    case TimeUnit::milliseconds: return "milliseconds";
    case TimeUnit::microseconds: return "microseconds";
    case TimeUnit::nanoseconds: return "nanoseconds";
  }
  return "";
}

bool is_epoch_number(std::string_view text) { return epoch_number(text).has_value(); }

Parsed<Timestamp> parse_epoch(std::string_view text, TimeUnit unit) {
  const auto number = epoch_number(text);
  if (!number) return problem(quote(text) + " is no number");
  return epoch_of(text, *number, unit);
}

bool is_likely(Timestamp ts) {
  constexpr Timestamp first_of_1980 = 315'532'800 * second;
  constexpr Timestamp first_of_2100 = 4'102'444'800 * second;
  return ts >= first_of_1980 && ts < first_of_2100;
}

std::optional<TimeUnit> unit_that_fits(std::string_view number) {
  const auto parts = epoch_number(number);
  if (!parts) return {};
  for (const TimeUnit unit :
       {TimeUnit::seconds, TimeUnit::milliseconds, TimeUnit::microseconds, TimeUnit::nanoseconds}) {
    const auto ts = scaled(*parts, places(unit));
    if (ts && is_likely(*ts)) return unit;
  }
  return {};
}

Parsed<WrittenTime> parse_written_time(std::string_view text) {
  const auto written = parse_date(text);
  if (written) return *written;
  return date_problem(text, written.error());
}

Parsed<Timestamp> parse_time(std::string_view text, TimeUnit unit) {
  if (const auto number = epoch_number(text)) return epoch_of(text, *number, unit);
  const auto written = parse_date(text);
  if (written) return written->ts;
  return date_problem(text, written.error());
}

Parsed<Timestamp> parse_moment(std::string_view text, Timestamp now, const TimeZone* zone) {
  std::string_view relative = text;
  if (relative.starts_with("now")) {
    relative.remove_prefix(3);
    if (relative.empty()) return now;
  }
  const bool is_number = is_epoch_number(text);
  if ((relative.starts_with('-') || relative.starts_with('+')) &&
      (relative.size() < text.size() || !is_number)) {
    if (const auto distance = parse_duration(relative.substr(1))) {
      const std::int64_t step = relative.front() == '-' ? -distance->count() : distance->count();
      Timestamp ts = 0;
      if (!__builtin_add_overflow(now, step, &ts)) return ts;
    }
  }
  if (is_number) {
    auto ts = number_as_moment(text);
    if (ts || unit_that_fits(text)) return ts;
  } else if (const auto written = parse_date(text)) {
    return zone == nullptr || written->has_offset ? written->ts : first_moment(*zone, written->ts);
  }
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
    const std::string_view number = cursor.take_digits();
    if (number.empty()) return bad;
    std::string_view fraction;
    if (cursor.take('.')) {
      fraction = cursor.take_digits();
      if (fraction.empty()) return bad;
    }
    const std::string_view name = cursor.take_letters();
    const auto* const unit =
        std::ranges::find(units, name, &std::pair<std::string_view, std::int64_t>::first);
    if (unit == units.end()) return bad;
    // A fraction counts to its sixth place, so that the product stays in 64 bits.
    const auto whole = scaled(decimal(number, {}), 0);
    const auto millionths = scaled(decimal("0", fraction), 6);
    std::int64_t amount = 0;
    if (!whole || __builtin_mul_overflow(*whole, unit->second, &amount)) return bad;
    const std::int64_t part = millionths.value_or(0) * unit->second / second;
    if (__builtin_add_overflow(total, amount, &total)) return bad;
    if (__builtin_add_overflow(total, part, &total)) return bad;
  }
  return Duration(total);
}

Parsed<Duration> parse_positive_duration(std::string_view text) {
  auto duration = parse_duration(text);
  if (duration && duration->count() < 1) return problem(quote(text) + " is below 1 us");
  return duration;
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

}  // namespace varve::tools
