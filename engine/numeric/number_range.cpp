#include "engine/numeric/number_range.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/numeric/lanes.hpp"

namespace varve::engine {

namespace {

/// `low` and `high` are above and below all values.
template <class T>
NumberRange<T> compared(std::span<const T> values, T low, T high) {
  std::array<T, lane_count> lows;
  std::array<T, lane_count> highs;
  lows.fill(low);
  highs.fill(high);
  for_each_in_lanes(values, [&](std::size_t lane, T value) {
    lows[lane] = value < lows[lane] ? value : lows[lane];
    highs[lane] = value > highs[lane] ? value : highs[lane];
  });
  return {*std::ranges::min_element(lows), *std::ranges::max_element(highs)};
}

bool has_zero(std::span<const double> values, bool negative) {
  return std::ranges::any_of(
      values, [negative](double value) { return value == 0 && std::signbit(value) == negative; });
}

}  // namespace

std::optional<NumberRange<double>> range_of(std::span<const double> values) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  auto [low, high] = compared(values, infinity, -infinity);  // A NaN compares false.
  // What comparing cannot tell apart: infinities from nothing at all, and zeros by their sign.
  if (low > high) {
    const auto number = std::ranges::find_if(values, [](double v) { return !std::isnan(v); });
    if (number == values.end()) return std::nullopt;
    low = high = *number;
  }
  if (low == 0) low = has_zero(values, true) ? -0.0 : 0.0;
  if (high == 0) high = has_zero(values, false) ? 0.0 : -0.0;
  return NumberRange<double>{low, high};
}

std::optional<NumberRange<std::int64_t>> range_of(std::span<const std::int64_t> values) {
  if (values.empty()) return std::nullopt;
  return compared(values, values.front(), values.front());
}

}  // namespace varve::engine
