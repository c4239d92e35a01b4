#include "query/aggregate/extremes.hpp"

#include <algorithm>
#include <cmath>

#include "engine/numeric/number_range.hpp"
#include "query/aggregate/number.hpp"

namespace varve::query {

namespace {

/// Below in value, and -0.0 below 0.0.
bool below(double a, double b) { return a < b || (a == b && std::signbit(a) && !std::signbit(b)); }

}  // namespace

void Extremes::add(std::span<const double> values) {
  if (const auto range = engine::range_of(values)) {
    offer(range->least, range->greatest);
  } else {
    has_nan_ |= !values.empty();
  }
}

void Extremes::add(std::span<const std::int64_t> values) {
  const auto range = engine::range_of(values);
  if (!range) return;
  has_whole_ = true;
  least_whole_ = std::min(least_whole_, range->least);
  greatest_whole_ = std::max(greatest_whole_, range->greatest);
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
