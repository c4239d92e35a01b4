#pragma once

#include <cstdint>
#include <optional>

#include "varve/time.hpp"

namespace varve::tools {

// In microseconds, the unit of Timestamp.
inline constexpr std::int64_t second = 1'000'000;
inline constexpr std::int64_t minute = 60 * second;
inline constexpr std::int64_t hour = 60 * minute;
inline constexpr std::int64_t day = 24 * hour;

/// A date of the proleptic Gregorian calendar and a time of day, in UTC.
struct CivilTime {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
  std::int64_t microsecond_of_day = 0;
};
CivilTime civil_time(Timestamp ts);

/// The moment `microsecond_of_day` after the midnight that begins a date, which may lie outside
/// that day; nothing where it is beyond int64. REQUIRES a date that exists.
std::optional<Timestamp> timestamp_of(std::int64_t year, int month, int day_of_month,
                                      std::int64_t microsecond_of_day);

/// REQUIRES a month from 1 to 12.
int days_in_month(std::int64_t year, int month);

}  // namespace varve::tools
