#include "tools/formats/civil_time.hpp"

#include <array>
#include <cstddef>

namespace varve::tools {

namespace {

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

}  // namespace

int days_in_month(std::int64_t year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
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

std::optional<Timestamp> timestamp_of(std::int64_t year, int month, int day_of_month,
                                      std::int64_t microsecond_of_day) {
  return combine(days_from_civil(year, month, day_of_month), microsecond_of_day);
}

}  // namespace varve::tools
