#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/model/model.hpp"

namespace varve::test {

namespace {

bool is_number(const Value& value) {
  return value.type() == ValueType::double_ || value.type() == ValueType::int64;
}

/// Exact for both types where a long double has 64 bits of mantissa.
long double wide(const Value& value) {
  return value.type() == ValueType::int64 ? static_cast<long double>(value.as_int64())
                                          : static_cast<long double>(value.as_double());
}

std::string sum_error(std::span<const Value> numbers, const Value& answer, std::size_t divisor) {
  if (answer.type() != ValueType::double_) return "a sum that is no double";
  long double sum = 0;
  long double magnitude = 0;
  for (const Value& number : numbers) {
    sum += wide(number);
    magnitude += std::fabs(wide(number));
  }
  const double given = answer.as_double();
  if (std::isnan(sum)) return std::isnan(given) ? "" : "a sum that should be NaN";
  if (std::isinf(sum)) {
    return std::isinf(given) && std::signbit(given) == std::signbit(sum) ? ""
                                                                         : "a sum of infinities";
  }
  if (magnitude > 1e300L) return "";  // It may overflow on its way.
  const long double expected = sum / static_cast<long double>(divisor);
  const bool close =
      std::fabs(expected - static_cast<long double>(given)) <=
      1e-14L * magnitude + static_cast<long double>(std::numeric_limits<double>::denorm_min());
  return close ? ""
               : "a sum or mean of " + std::to_string(given) + " instead of " +
                     std::to_string(expected);
}

std::string extreme_error(std::span<const Value> numbers, const Value& answer, bool least) {
  if (std::ranges::find(numbers, answer) == numbers.end()) return "an extreme that is not there";
  bool all_nan = true;
  for (const Value& number : numbers) {
    if (std::isnan(wide(number))) continue;
    all_nan = false;
    // Written so that an answer of NaN fails.
    const bool beaten = least ? !(wide(answer) <= wide(number)) : !(wide(answer) >= wide(number));
    if (beaten) return "an extreme that another value passes";
  }
  return all_nan || !std::isnan(wide(answer)) ? "" : "a NaN beside numbers";
}

/// `values` are one series', oldest first. Empty `expected` where the series has no answer.
std::string value_error(Aggregation aggregation, std::span<const Value> values,
                        const Value* answer) {
  std::vector<Value> numbers;
  std::ranges::copy_if(values, std::back_inserter(numbers), is_number);
  const bool of_any_type = aggregation == Aggregation::count || aggregation == Aggregation::first ||
                           aggregation == Aggregation::last;
  const bool expected = of_any_type || !numbers.empty();
  if (answer == nullptr) return expected ? "no answer" : "";
  if (!expected) return "an answer without numbers";
  switch (aggregation) {
    case Aggregation::count:
      return *answer == Value(static_cast<std::int64_t>(values.size())) ? "" : "a wrong count";
    case Aggregation::sum: return sum_error(numbers, *answer, 1);
    case Aggregation::mean: return sum_error(numbers, *answer, numbers.size());
    case Aggregation::min: return extreme_error(numbers, *answer, true);
    case Aggregation::max: return extreme_error(numbers, *answer, false);
    case Aggregation::first: return *answer == values.front() ? "" : "a wrong first";
    case Aggregation::last: return *answer == values.back() ? "" : "a wrong last";
  }
  return "an unknown aggregation";
}

}  // namespace

std::string aggregation_error(Aggregation aggregation, std::span<const Record> records,
                              std::span<const Aggregate> answers) {
  std::size_t next = 0;
  for (std::size_t begin = 0; begin < records.size();) {
    const std::string& key = records[begin].key();
    std::size_t end = begin;
    std::vector<Value> values;
    for (; end < records.size() && records[end].key() == key; ++end) {
      values.push_back(records[end].value());
    }
    if (end - begin > 1 && records[begin].ts() > records[begin + 1].ts()) {
      std::ranges::reverse(values);
    }
    const bool answered = next < answers.size() && answers[next].key == key;
    const std::string error =
        value_error(aggregation, values, answered ? &answers[next].value : nullptr);
    if (!error.empty()) return error;
    next += answered ? 1 : 0;
    begin = end;
  }
  return next == answers.size() ? "" : "an answer for a series that has none";
}

}  // namespace varve::test
