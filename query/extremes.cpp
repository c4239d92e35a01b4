#include "query/extremes.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "query/counter.hpp"

namespace varve::query {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Below in value, and -0.0 below 0.0.
bool below(double a, double b) { return a < b || (a == b && std::signbit(a) && !std::signbit(b)); }

bool has_zero(std::span<const double> values, bool negative) {
  return std::ranges::any_of(
      values, [negative](double value) { return value == 0 && std::signbit(value) == negative; });
}

}  // namespace

void Extremes::add(std::span<const double> values) {
  // Four at a time, since one comparison waits for the one before. A NaN compares false.
  std::array<double, 4> lows;
  std::array<double, 4> highs;
  lows.fill(infinity);
  highs.fill(-infinity);
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      const double value = values[i + lane];
      lows[lane] = value < lows[lane] ? value : lows[lane];
      highs[lane] = value > highs[lane] ? value : highs[lane];
    }
  }
  for (; i < values.size(); ++i) {
    lows[0] = values[i] < lows[0] ? values[i] : lows[0];
    highs[0] = values[i] > highs[0] ? values[i] : highs[0];
  }
  double low = *std::ranges::min_element(lows);
  double high = *std::ranges::max_element(highs);
  // What the loop cannot tell apart: infinities from nothing at all, and zeros by their sign.
  if (low == infinity || high == -infinity) {
    const auto number = std::ranges::find_if(values, [](double v) { return !std::isnan(v); });
    if (number == values.end()) {
      has_nan_ |= !values.empty();
      return;
    }
    if (low > high) low = high = *number;  // All of them are the same infinity.
  }
  if (low == 0) low = has_zero(values, true) ? -0.0 : 0.0;
  if (high == 0) high = has_zero(values, false) ? 0.0 : -0.0;
  offer(low, high);
}

void Extremes::add(std::span<const std::int64_t> values) {
  if (values.empty()) return;
  has_whole_ = true;
  for (const std::int64_t value : values) {
    least_whole_ = std::min(least_whole_, value);
    greatest_whole_ = std::max(greatest_whole_, value);
  }
}

void Extremes::add(const Extremes& other) {
  has_whole_ |= other.has_whole_;
  has_nan_ |= other.has_nan_;
  least_whole_ = std::min(least_whole_, other.least_whole_);
  greatest_whole_ = std::max(greatest_whole_, other.greatest_whole_);
  if (other.has_real_) offer(other.least_real_, other.greatest_real_);
}

void Extremes::offer(double low, double high) {
  has_real_ = true;
  if (below(low, least_real_)) least_real_ = low;
  if (below(greatest_real_, high)) greatest_real_ = high;
}

std::optional<Value> Extremes::min() const {
  if (has_whole_ && (!has_real_ || !less(Number(least_real_), Number(least_whole_)))) {
    return Value(least_whole_);
  }
  if (has_real_) return Value(least_real_);
  if (has_nan_) return Value(std::numeric_limits<double>::quiet_NaN());
  return std::nullopt;
}

std::optional<Value> Extremes::max() const {
  if (has_whole_ && (!has_real_ || !less(Number(greatest_whole_), Number(greatest_real_)))) {
    return Value(greatest_whole_);
  }
  if (has_real_) return Value(greatest_real_);
  if (has_nan_) return Value(std::numeric_limits<double>::quiet_NaN());
  return std::nullopt;
}

}  // namespace varve::query
