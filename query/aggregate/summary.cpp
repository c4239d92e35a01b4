#include "query/aggregate/summary.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "engine/base/assert.hpp"

namespace varve::query {

namespace {

using Function = Aggregation::Function;

}  // namespace

Needs Needs::of(std::span<const Aggregation> functions) {
  Needs needs;
  for (const Aggregation& function : functions) {
    switch (function.function()) {
      case Function::count: break;
      case Function::sum:
      case Function::mean: needs.sum = true; break;
      case Function::min:
      case Function::max: needs.extremes = true; break;
      case Function::first:
      case Function::last: needs.ends = true; break;
      case Function::stddev: needs.moments = true; break;
      case Function::increase:
      case Function::rate: needs.counter = true; break;
      case Function::quantile: needs.quantiles = true; break;
    }
  }
  return needs;
}

Summary::Summary(const Needs& needs) : needs_(needs) {
  if (needs.moments) moments_ = std::make_unique<Moments>();
  if (needs.quantiles) quantiles_ = std::make_unique<Quantiles>();
}

void Summary::add(const Block& block, std::size_t begin, std::size_t end, bool newest_first) {
  VARVE_ASSERT(begin <= end && end <= block.size());
  if (block.type() != ValueType::double_) return add_readings_of(block, begin, end, newest_first);
  // What lies between stale markers. Nearly always there is none, and this is all of it.
  while (begin < end) {
    const auto rest = block.doubles().subspan(begin, end - begin);
    const auto marker =
        std::ranges::find_if(rest, [](double value) { return is_stale_marker(value); });
    const std::size_t run_end = begin + static_cast<std::size_t>(marker - rest.begin());
    add_readings_of(block, begin, run_end, newest_first);
    begin = run_end + 1;
  }
}

/// REQUIRES that none of them is a stale marker.
void Summary::add_readings_of(const Block& block, std::size_t begin, std::size_t end,
                              bool newest_first) {
  if (begin == end) return;
  records_ += end - begin;
  if (needs_.ends) {
    const std::size_t oldest = newest_first ? end - 1 : begin;
    const std::size_t newest = newest_first ? begin : end - 1;
    offer_first(block.value(oldest), block.timestamps()[oldest]);
    offer_last(block.value(newest), block.timestamps()[newest]);
  }
  const auto add_all = [&](auto values) {
    add_numbers(values.subspan(begin, end - begin));
    if (needs_.counter) {
      add_readings(values.subspan(begin, end - begin),
                   block.timestamps().subspan(begin, end - begin), newest_first);
    }
  };
  if (block.type() == ValueType::double_) add_all(block.doubles());
  if (block.type() == ValueType::int64) add_all(block.int64s());
}

template <class T>
void Summary::add_numbers(std::span<const T> values) {
  numbers_ += values.size();
  if (needs_.sum) sum_.add(values);
  if (needs_.extremes) extremes_.add(values);
  if (needs_.moments) {
    for (const T value : values) moments_->add(static_cast<double>(value));
  }
  if (needs_.quantiles) {
    for (const T value : values) quantiles_->add(static_cast<double>(value));
  }
}

template <class T>
void Summary::add_readings(std::span<const T> values, std::span<const Timestamp> times,
                           bool newest_first) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if constexpr (std::is_same_v<T, double>) {
      if (!std::isfinite(values[i])) continue;
    }
    if (newest_first) {
      counter_.add_older({values[i], times[i]});
    } else {
      counter_.add_newer({values[i], times[i]});
    }
  }
}

void Summary::add(const BlockStatistics& block) {
  VARVE_ASSERT(needs_.statistics_suffice());
  if (block.numbers.type == engine::RowType::int64) {
    const auto sum = static_cast<engine::Int128>(
        static_cast<engine::Uint128>(block.numbers.sum_high) << 64 | block.numbers.sum_low);
    add_statistics<std::int64_t>(block);
    if (needs_.sum) sum_.add_integers(sum);
  } else {
    add_statistics<double>(block);
    if (needs_.sum) sum_.add(std::bit_cast<double>(block.numbers.sum_high));
    if (needs_.sum) sum_.add(std::bit_cast<double>(block.numbers.sum_low));
  }
}

template <class T>
void Summary::add_statistics(const BlockStatistics& block) {
  if constexpr (std::is_same_v<T, double>) {
    VARVE_ASSERT(std::isfinite(std::bit_cast<double>(block.numbers.sum_high)));
  }
  records_ += block.count;
  numbers_ += block.count;
  if (needs_.extremes) {
    const std::array ends = {std::bit_cast<T>(block.numbers.min),
                             std::bit_cast<T>(block.numbers.max)};
    extremes_.add(std::span<const T>(ends));
  }
  if (needs_.ends) {
    offer_first(std::bit_cast<T>(block.numbers.first), block.first_ts);
    offer_last(std::bit_cast<T>(block.numbers.last), block.last_ts);
  }
}

void Summary::add(const Summary& other) {
  records_ += other.records_;
  numbers_ += other.numbers_;
  if (needs_.sum) sum_.add(other.sum_);
  if (needs_.extremes) extremes_.add(other.extremes_);
  if (other.first_) offer_first(other.first_->value.view(), other.first_->ts);
  if (other.last_) offer_last(other.last_->value.view(), other.last_->ts);
  if (needs_.counter) counter_.add(other.counter_);
  if (needs_.moments) moments_->add(*other.moments_);
  if (needs_.quantiles) quantiles_->add(*other.quantiles_);
}

void Summary::offer_first(const ValueView& value, Timestamp ts) {
  if (!first_ || ts < first_->ts) first_ = End{Value(value), ts};
}

void Summary::offer_last(const ValueView& value, Timestamp ts) {
  if (!last_ || ts >= last_->ts) last_ = End{Value(value), ts};
}

void Summary::reset() {
  records_ = numbers_ = 0;
  sum_.reset();
  extremes_ = Extremes();
  first_.reset();
  last_.reset();
  counter_.reset();
  if (moments_) moments_->reset();
  if (quantiles_) quantiles_->reset();
}

std::optional<Value> Summary::value(const Aggregation& function) const {
  // There is one NaN, whatever sign arithmetic gives it.
  const auto number = [](std::optional<double> value) {
    if (value && std::isnan(*value)) value = std::numeric_limits<double>::quiet_NaN();
    return value ? std::optional(Value(*value)) : std::nullopt;
  };
  const auto value_at = [](const std::optional<End>& end) {
    return end ? std::optional(end->value) : std::nullopt;
  };
  switch (function.function()) {
    case Function::count:
      if (records_ == 0) return std::nullopt;
      return Value(static_cast<std::int64_t>(records_));
    case Function::min: return extremes_.min();
    case Function::max: return extremes_.max();
    case Function::first: return value_at(first_);
    case Function::last: return value_at(last_);
    case Function::increase: return number(counter_.increase());
    case Function::rate: return number(counter_.rate());
    case Function::sum:
    case Function::mean:
    case Function::stddev:
    case Function::quantile: break;
  }
  return numbers_ == 0 ? std::nullopt : number(value_of_numbers(function));
}

/// The value of a function that has none without numbers. REQUIRES such a function, and a number.
double Summary::value_of_numbers(const Aggregation& function) const {
  VARVE_ASSERT(numbers_ != 0);
  switch (function.function()) {
    case Function::sum: return sum_.rounded();
    case Function::mean: return sum_.rounded() / static_cast<double>(numbers_);
    case Function::stddev: return moments_->standard_deviation();
    case Function::quantile: return quantiles_->value(function.quantile());
    case Function::count:
    case Function::min:
    case Function::max:
    case Function::first:
    case Function::last:
    case Function::increase:
    case Function::rate: break;
  }
  VARVE_ASSERT(false && "a function that needs no number");
  return 0;
}

}  // namespace varve::query
