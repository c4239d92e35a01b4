#include "query/aggregator.hpp"

#include <cmath>

namespace varve::query {

namespace {

/// Less in value, across the two types of numbers and without losing digits of an int64.
bool less(const ValueView& a, const ValueView& b) {
  if (a.type() == ValueType::int64 && b.type() == ValueType::int64) {
    return a.as_int64() < b.as_int64();
  }
  const auto wide = [](const ValueView& value) {
    return value.type() == ValueType::int64 ? static_cast<long double>(value.as_int64())
                                            : static_cast<long double>(value.as_double());
  };
  return wide(a) < wide(b);
}

bool is_nan(const ValueView& value) {
  return value.type() == ValueType::double_ && std::isnan(value.as_double());
}

}  // namespace

void Aggregator::add(const Block& block) {
  if (block.size() == 0) return;
  records_ += block.size();
  switch (aggregation_) {
    case Aggregation::count: return;
    case Aggregation::first:
      if (newest_first_) {
        value_ = Value(block.value(block.size() - 1));
      } else if (!value_) {
        value_ = Value(block.value(0));
      }
      return;
    case Aggregation::last:
      if (!newest_first_) {
        value_ = Value(block.value(block.size() - 1));
      } else if (!value_) {
        value_ = Value(block.value(0));
      }
      return;
    case Aggregation::sum:
    case Aggregation::mean:
    case Aggregation::min:
    case Aggregation::max: break;
  }
  if (block.type() == ValueType::double_) add_doubles(block);
  if (block.type() == ValueType::int64) add_int64s(block);
}

void Aggregator::add_doubles(const Block& block) {
  numbers_ += block.size();
  const bool sums = aggregation_ == Aggregation::sum || aggregation_ == Aggregation::mean;
  for (const double value : block.doubles()) {
    if (sums) {
      add_to_sum(value);
    } else {
      offer_extreme(value);
    }
  }
}

void Aggregator::add_int64s(const Block& block) {
  numbers_ += block.size();
  const bool sums = aggregation_ == Aggregation::sum || aggregation_ == Aggregation::mean;
  for (const std::int64_t value : block.int64s()) {
    if (!sums) {
      offer_extreme(value);
    } else if (std::int64_t sum = 0; !__builtin_add_overflow(integer_sum_, value, &sum)) {
      integer_sum_ = sum;
    } else {
      add_to_sum(static_cast<double>(integer_sum_));
      integer_sum_ = value;
    }
  }
}

void Aggregator::add_to_sum(double value) {
  const double sum = sum_ + value;
  if (!std::isfinite(sum)) {
    // Infinities and NaN have no lost digits; compensating would turn them into NaN.
    sum_ = sum;
    compensation_ = 0;
    return;
  }
  compensation_ +=
      std::fabs(sum_) >= std::fabs(value) ? (sum_ - sum) + value : (value - sum) + sum_;
  sum_ = sum;
}

void Aggregator::offer_extreme(const ValueView& value) {
  if (!value_ || is_nan(value_->view())) {
    value_ = Value(value);
    return;
  }
  if (is_nan(value)) return;
  const bool better =
      aggregation_ == Aggregation::min ? less(value, value_->view()) : less(value_->view(), value);
  if (better) value_ = Value(value);
}

std::optional<Value> Aggregator::result() const {
  switch (aggregation_) {
    case Aggregation::count:
      if (records_ == 0) return std::nullopt;
      return Value(static_cast<std::int64_t>(records_));
    case Aggregation::sum:
    case Aggregation::mean: {
      if (numbers_ == 0) return std::nullopt;
      const double sum = sum_ + compensation_ + static_cast<double>(integer_sum_);
      return Value(aggregation_ == Aggregation::sum ? sum : sum / static_cast<double>(numbers_));
    }
    case Aggregation::min:
    case Aggregation::max:
    case Aggregation::first:
    case Aggregation::last: return value_;
  }
  return std::nullopt;
}

}  // namespace varve::query
