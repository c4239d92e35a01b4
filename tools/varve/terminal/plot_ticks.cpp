#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "tools/formats/civil_time.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/times/time_zone.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/terminal/plot.hpp"

namespace varve::tools {

namespace {

/// 1, 2 or 5 times a power of ten, at least `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor >= least * (1 - 1e-9)) return power * factor;
  }
  return power * 10;
}

/// The steps people read easily: 1, 2, 5 and so on below a second, parts of minutes, hours and
/// days, then days in 1, 2, 5 and so on.
std::optional<std::int64_t> next_time_step(std::int64_t step) {
  constexpr auto usual = std::to_array<std::int64_t>(
      {second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second, minute, 2 * minute,
       5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour,
       12 * hour, day});
  if (step >= second && step < day) {
    return *std::ranges::find_if(usual, [step](std::int64_t one) { return one > step; });
  }
  const std::int64_t unit = step < second ? 1 : day;
  std::int64_t digit = step / unit;
  while (digit >= 10) digit /= 10;
  std::int64_t next = 0;
  const bool overflow = digit == 2 ? __builtin_mul_overflow(step / 2, 5, &next)
                                   : __builtin_mul_overflow(step, 2, &next);
  if (overflow) return {};
  return next;
}

std::string time_label(Timestamp ts, std::int64_t step, bool with_year) {
  const std::string text = format_time(ts);  // [+]YYYY-MM-DDTHH:MM:SS.ffffffZ
  const std::size_t date_end = text.find('T');
  if (step >= day) return with_year ? text.substr(0, date_end) : text.substr(date_end - 5, 5);
  if (step >= minute) return text.substr(date_end + 1, 5);
  if (step >= second) return text.substr(date_end + 1, 8);
  return text.substr(date_end + 7, step >= 1'000 ? 6 : 9);
}

/// The first multiple of the step from there on, if there is one.
std::optional<Timestamp> next_multiple(Timestamp ts, std::int64_t step) {
  const std::int64_t rest = ts % step;
  const std::int64_t ahead = rest == 0 ? 0 : rest > 0 ? step - rest : -rest;
  Timestamp next = 0;
  if (__builtin_add_overflow(ts, ahead, &next)) return {};
  return next;
}

}  // namespace

Ticks value_ticks(double low, double high, std::size_t count) {
  Ticks ticks;
  // Halves, since the whole range may be more than a double holds.
  const double half_range = high / 2 - low / 2;
  const double step =
      round_step(half_range / static_cast<double>(std::max<std::size_t>(count, 1)) * 2);
  if (!std::isfinite(step) || !(step > 0)) return ticks;
  const double begin = std::ceil(low / step - 1e-9);
  const int places = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  const bool plain = std::max(std::abs(low), std::abs(high)) < 1e7 && places <= 5;
  for (std::size_t i = 0; i <= 4 * count + 4; ++i) {
    double value = (begin + static_cast<double>(i)) * step;
    if (!(value <= high + step * 1e-9)) break;
    if (value == 0) value = 0;  // Never -0.
    ticks.values.push_back(value);
    ticks.labels.push_back(plain ? format_fixed(value, places) : format_short(value));
  }
  return ticks;
}

std::vector<TimeTick> time_ticks(Timestamp first, Timestamp last, std::size_t columns,
                                 const TimeZone* zone) {
  const auto shown = [zone](Timestamp ts) { return zone == nullptr ? ts : local_time(*zone, ts); };
  const std::uint64_t span = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  const bool with_year = span > static_cast<std::uint64_t>(300 * day);
  std::int64_t step = 1;
  while (true) {
    const std::size_t label = std::max(time_label(first, step, with_year).size(),
                                       time_label(last, step, with_year).size());
    // The last one may be half of itself further to the left than below its stroke.
    const std::size_t width = label + std::max<std::size_t>(3, label / 2 + 1);
    const double steps = static_cast<double>(span) / static_cast<double>(step);
    if (steps * static_cast<double>(width) <= static_cast<double>(columns) - 1) break;
    const auto next = next_time_step(step);
    if (!next) return {};
    step = *next;
  }
  std::vector<TimeTick> ticks;
  const Timestamp end = shown(last);
  std::optional<Timestamp> local = next_multiple(shown(first), step);
  while (local && *local <= end) {
    const Timestamp ts = zone == nullptr ? *local : first_moment(*zone, *local);
    if (const Timestamp clock = shown(ts); clock > *local) {  // Clocks were set on over it.
      local = next_multiple(clock, step);
      continue;
    }
    const bool is_inside = ts >= first && ts <= last && (ticks.empty() || ts > ticks.back().ts);
    if (is_inside) ticks.push_back({ts, time_label(*local, step, with_year)});
    Timestamp next = 0;
    if (__builtin_add_overflow(*local, step, &next)) break;
    local = next;
  }
  return ticks;
}

}  // namespace varve::tools
