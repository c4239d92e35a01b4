#include "tools/formats/times/calendar.hpp"

#include <chrono>

namespace varve::tools {

namespace {

constexpr std::int64_t day = 86'400'000'000;
constexpr std::int64_t first_monday = 4;       // Days from 1970-01-01, a Thursday.
constexpr std::int64_t days_max = 10'200'000;  // std::chrono's calendar ends with the year 32767.

std::int64_t floor_divide(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

std::int64_t months_of(const CalendarStep& step) {
  return step.unit == CalendarStep::Unit::year ? 12 * step.count : step.count;
}

/// Which bucket holds a day, and the day on which a bucket begins. Days are counted from 1970.
std::int64_t bucket_of(const CalendarStep& step, std::int64_t of_day) {
  switch (step.unit) {
    case CalendarStep::Unit::day: return floor_divide(of_day, step.count);
    case CalendarStep::Unit::week: return floor_divide(of_day - first_monday, 7 * step.count);
    case CalendarStep::Unit::month:
    case CalendarStep::Unit::year: break;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(of_day)))};
  const std::int64_t month =
      12 * std::int64_t{static_cast<int>(date.year())} + static_cast<unsigned>(date.month()) - 1;
  return floor_divide(month, months_of(step));
}

std::int64_t first_day_of(const CalendarStep& step, std::int64_t bucket) {
  switch (step.unit) {
    case CalendarStep::Unit::day: return bucket * step.count;
    case CalendarStep::Unit::week: return first_monday + bucket * 7 * step.count;
    case CalendarStep::Unit::month:
    case CalendarStep::Unit::year: break;
  }
  const std::int64_t month = bucket * months_of(step);
  const std::int64_t year = floor_divide(month, 12);
  const std::chrono::year_month_day date(
      std::chrono::year(static_cast<int>(year)),
      std::chrono::month(static_cast<unsigned>(month - 12 * year + 1)), std::chrono::day(1));
  return std::chrono::sys_days(date).time_since_epoch().count();
}

bool is_within(std::int64_t of_day) { return of_day > -days_max && of_day < days_max; }

}  // namespace

std::optional<std::vector<Timestamp>> calendar_edges(const CalendarStep& step, const TimeZone& zone,
                                                     Timestamp from, Timestamp to,
                                                     std::size_t buckets_max) {
  std::vector<Timestamp> edges;
  if (from >= to) return edges;
  const std::int64_t of_day = floor_divide(local_time(zone, from), day);
  if (!is_within(of_day)) return std::nullopt;
  for (std::int64_t bucket = bucket_of(step, of_day);; ++bucket) {
    const std::int64_t first_day = first_day_of(step, bucket);
    if (!is_within(first_day) || !zone.knows(first_day * day)) return std::nullopt;
    const Timestamp edge = first_moment(zone, first_day * day);
    // A day that was left out begins with the one after it.
    if (!edges.empty() && edge <= edges.back()) continue;
    edges.push_back(edge);
    if (edge >= to) return edges;
    if (edges.size() > buckets_max) return std::nullopt;
  }
}

}  // namespace varve::tools
