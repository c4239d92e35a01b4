#include "tests/differential/recomputed.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "tests/differential/exact_total.hpp"
#include "tests/differential/words.hpp"

namespace varve::test {

namespace {

__extension__ typedef __int128 Number;  // Of a bucket: counts widths from the offset.
using Function = Aggregation::Function;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Of doubles that are computed in several steps, each of which rounds; the second for squares that
/// are too small to be any.
constexpr double relative_off = 1e-12;
constexpr double absolute_off = 1e-150;
/// Beyond, squares may be infinite.
constexpr double squared_max = 1e150;
/// By how much of its rank a quantile of many numbers may be off.
constexpr double rank_off = 0.002;

bool is_number(const Value& value) {
  return value.type() == ValueType::double_ || value.type() == ValueType::int64;
}

double as_double(const Value& value) {
  return value.type() == ValueType::double_ ? value.as_double()
                                            : static_cast<double>(value.as_int64());
}

bool is_finite(const Value& number) {
  return number.type() == ValueType::int64 || std::isfinite(number.as_double());
}

/// The order of numbers: exact between the types, -0.0 below 0.0. None of them is NaN.
bool is_less(const Value& a, const Value& b) {
  if (a.type() == ValueType::int64 && b.type() == ValueType::int64) {
    return a.as_int64() < b.as_int64();
  }
  if (a.type() == ValueType::double_ && b.type() == ValueType::double_) {
    if (a.as_double() != b.as_double()) return a.as_double() < b.as_double();
    return std::signbit(a.as_double()) && !std::signbit(b.as_double());
  }
  if (!is_finite(a)) return a.as_double() < 0;
  if (!is_finite(b)) return b.as_double() > 0;
  ExactTotal above;
  above.add(b);
  above.subtract(a);
  return above.rounded() > 0;
}

/// A record of a bucket; those of one series are in the order of time.
struct Reading {
  std::string key;
  Timestamp ts;
  Value value;
};

/// A step of a counter, from the number before it to a number of the bucket.
struct CounterStep {
  Value from;
  Value to;
  Timestamp began;
  Timestamp ended;
};

struct Contents {
  std::vector<Reading> readings;                          // By time, and of one moment by key.
  std::map<std::string, std::vector<CounterStep>> steps;  // By series.

  std::vector<Value> numbers() const {
    std::vector<Value> found;
    for (const Reading& reading : readings) {
      if (is_number(reading.value)) found.push_back(reading.value);
    }
    return found;
  }
};

using Buckets = std::map<Number, Contents>;

Number number_of(Timestamp ts, const Aggregation& aggregation) {
  if (!aggregation.every()) return 0;
  const Number width = aggregation.every()->count();
  Number since = ts;
  if (aggregation.offset()) since -= aggregation.offset()->count();
  return since >= 0 ? since / width : -((-since + width - 1) / width);
}

Timestamp start_of(Number number, const Aggregation& aggregation) {
  if (!aggregation.every()) return 0;
  Number start = number * aggregation.every()->count();
  if (aggregation.offset()) start += aggregation.offset()->count();
  if (start < std::numeric_limits<Timestamp>::min()) return std::numeric_limits<Timestamp>::min();
  return start > never ? never : static_cast<Timestamp>(start);
}

std::string group_of(const std::string& key, const Oracle& oracle, const Aggregation& aggregation) {
  if (aggregation.group_label()) {
    return std::string(oracle.labels(key).value_of(*aggregation.group_label()));
  }
  if (!aggregation.group_parts()) return key;
  std::size_t parts = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    parts += key[i] == aggregation.group_delimiter() ? 1 : 0;
    if (parts == *aggregation.group_parts()) return key.substr(0, i + 1);
  }
  return key;
}

// The functions.

using Answer = std::optional<Recomputed>;

Answer answered(Value value, double off = 0) {
  Recomputed recomputed;
  recomputed.value = std::move(value);
  recomputed.off = off;
  return recomputed;
}

double sum_of(const std::vector<Value>& numbers) {
  ExactTotal total;
  for (const Value& number : numbers) total.add(number);
  return total.rounded();
}

Answer extreme_of(std::vector<Value> numbers, bool least) {
  std::erase_if(numbers, [](const Value& number) { return std::isnan(as_double(number)); });
  if (numbers.empty()) return answered(nan);
  // Of an int64 and a double that are equal it is the int64, so those come first.
  std::ranges::stable_sort(numbers, [](const Value& a, const Value& b) {
    return a.type() == ValueType::int64 && b.type() != ValueType::int64;
  });
  const auto found = least ? std::ranges::min_element(numbers, is_less)
                           : std::ranges::max_element(numbers, is_less);
  return answered(*found);
}

Answer deviation_of(const std::vector<Value>& numbers) {
  long double mean = 0;
  double greatest = 0;
  for (const Value& number : numbers) {
    if (!is_finite(number)) return answered(nan);
    greatest = std::max(greatest, std::fabs(as_double(number)));
    mean += static_cast<long double>(as_double(number)) / static_cast<long double>(numbers.size());
  }
  if (greatest > squared_max) return answered(0.0, infinity);
  long double squares = 0;
  for (const Value& number : numbers) {
    const long double apart = static_cast<long double>(as_double(number)) - mean;
    squares += apart * apart;
  }
  const long double variance = squares / static_cast<long double>(numbers.size());
  return answered(static_cast<double>(std::sqrt(variance)), greatest * relative_off + absolute_off);
}

/// What lies at `part` of the way between two values: themselves at its ends.
Answer between(double a, double b, double part) {
  if (part == 0) return answered(a);
  if (!std::isfinite(a) || !std::isfinite(b)) return answered(a + b);
  const long double apart = static_cast<long double>(b) - static_cast<long double>(a);
  const auto value = static_cast<double>(static_cast<long double>(a) + apart * part);
  return answered(value, std::max(std::fabs(a), std::fabs(b)) * relative_off + absolute_off);
}

Answer at_rank(const std::vector<double>& sorted, double q) {
  const double rank = q * static_cast<double>(sorted.size() - 1);
  const double below = std::floor(rank);
  const auto at = static_cast<std::size_t>(below);
  return between(sorted[at], sorted[std::min(at + 1, sorted.size() - 1)], rank - below);
}

Answer quantile_of(const std::vector<Value>& numbers, double q) {
  std::vector<Value> known = numbers;
  std::erase_if(known, [](const Value& number) { return std::isnan(as_double(number)); });
  if (known.empty()) return answered(nan);
  std::vector<double> sorted;
  for (const Value& number : known) sorted.push_back(as_double(number));
  std::ranges::sort(sorted, [](double a, double b) { return is_less(a, b); });
  if (sorted.size() <= Aggregation::quantile_exact_max) return at_rank(sorted, q);
  const double low = as_double(*at_rank(sorted, std::max(0.0, q - rank_off))->value);
  const double high = as_double(*at_rank(sorted, std::min(1.0, q + rank_off))->value);
  if (!std::isfinite(low) || !std::isfinite(high)) return answered(0.0, infinity);
  return answered(low / 2 + high / 2, (high / 2 - low / 2) * (1 + relative_off));
}

/// Adds the growth of one counter.
void add(ExactTotal& growth, const std::vector<CounterStep>& steps) {
  for (const CounterStep& step : steps) {
    growth.add(step.to);
    if (!is_less(step.to, step.from)) growth.subtract(step.from);
  }
}

Answer increase_of(const Contents& contents) {
  ExactTotal growth;
  for (const auto& [key, steps] : contents.steps) add(growth, steps);
  return answered(growth.rounded());
}

Answer rate_of(const Contents& contents) {
  ExactTotal rates;
  double greatest = 0;
  for (const auto& [key, steps] : contents.steps) {
    const auto microseconds =
        static_cast<Number>(steps.back().ended) - static_cast<Number>(steps.front().began);
    ExactTotal growth;
    add(growth, steps);
    const double rate = growth.rounded() / (static_cast<double>(microseconds) / 1e6);
    greatest += std::fabs(rate);
    rates.add(rate);
  }
  return answered(rates.rounded(), greatest * relative_off + absolute_off);
}

/// None where the bucket has no value.
Answer value_of(const Contents& contents, const Aggregation& aggregation) {
  const std::vector<Reading>& readings = contents.readings;
  const std::vector<Value> numbers = contents.numbers();
  switch (aggregation.function()) {
    case Function::count:
      if (readings.empty()) return std::nullopt;
      return answered(static_cast<std::int64_t>(readings.size()));
    case Function::first:
    case Function::last: {
      if (readings.empty()) return std::nullopt;
      const bool first = aggregation.function() == Function::first;
      Answer given = answered(first ? readings.front().value : readings.back().value);
      given->is_as_written = true;
      return given;
    }
    case Function::increase: return contents.steps.empty() ? std::nullopt : increase_of(contents);
    case Function::rate: return contents.steps.empty() ? std::nullopt : rate_of(contents);
    case Function::sum:
    case Function::min:
    case Function::max:
    case Function::mean:
    case Function::stddev:
    case Function::quantile: break;
  }
  if (numbers.empty()) return std::nullopt;
  switch (aggregation.function()) {
    case Function::sum: return answered(sum_of(numbers));
    case Function::mean: return answered(sum_of(numbers) / static_cast<double>(numbers.size()));
    case Function::min: return extreme_of(numbers, true);
    case Function::max: return extreme_of(numbers, false);
    case Function::stddev: return deviation_of(numbers);
    default: return quantile_of(numbers, aggregation.quantile());
  }
}

// Fills.

using Values = std::map<Number, Recomputed>;

/// What stands for a bucket without a value. `next` is the first that has one behind it.
Recomputed filler(Number number, const Values& values, Values::const_iterator next, Fill fill) {
  if (fill == Fill::null || next == values.begin()) return {};
  const auto& [before, older] = *std::prev(next);
  if (fill == Fill::previous) return older;
  if (next == values.end()) return {};
  const auto& [after, newer] = *next;
  if (!is_number(*older.value) || !is_number(*newer.value)) return {};
  const double part = static_cast<double>(number - before) / static_cast<double>(after - before);
  Recomputed put_in = *between(as_double(*older.value), as_double(*newer.value), part);
  put_in.off += std::max(older.off, newer.off);
  return put_in;
}

/// Puts in what is missing between the first and the last bucket that belong to the answer, and
/// counts it; only counts, where it is too much.
void fill_gaps(Values& values, const TimeRange& range, const Aggregation& aggregation,
               Recomputation& recomputation) {
  if (aggregation.fill() == Fill::none) return;
  const Values known = values;
  const Number first = range.from() ? number_of(*range.from(), aggregation) : known.begin()->first;
  const Number last = range.to() ? number_of(*range.to() - 1, aggregation) : known.rbegin()->first;
  const Number missing = last - first + 1 - static_cast<Number>(known.size());
  constexpr Number most = Number{Aggregation::filled_max} + 1;
  recomputation.filled += static_cast<std::uint64_t>(std::min(missing, most));
  if (recomputation.is_too_long()) return;
  for (Number number = first; number <= last; ++number) {
    if (known.contains(number)) continue;
    values.emplace(number, filler(number, known, known.upper_bound(number), aggregation.fill()));
  }
}

// All together.

/// Lays the readings of one series, which are in the order of time, into the buckets of its group.
void lay(const std::vector<Reading>& series, const Aggregation& aggregation, Buckets& buckets) {
  const Reading* before = nullptr;  // The last number.
  for (const Reading& reading : series) {
    Contents& contents = buckets[number_of(reading.ts, aggregation)];
    contents.readings.push_back(reading);
    if (!is_number(reading.value) || !is_finite(reading.value)) continue;
    if (before != nullptr) {
      contents.steps[reading.key].push_back({before->value, reading.value, before->ts, reading.ts});
    }
    before = &reading;
  }
}

}  // namespace

bool Recomputed::agrees_with(const Aggregate& answer) const {
  if (answer.key != key || answer.ts != ts || answer.value.has_value() != value.has_value()) {
    return false;
  }
  if (!value || *value == *answer.value) return true;
  if (value->type() != ValueType::double_ || answer.value->type() != ValueType::double_ ||
      is_as_written) {
    return false;
  }
  const double expected = value->as_double();
  const double found = answer.value->as_double();
  if (off == infinity || (std::isnan(expected) && std::isnan(found))) return true;
  return off > 0 && std::fabs(found - expected) <= off;
}

Recomputation recompute(const Oracle& oracle, const Question& question,
                        const Aggregation& aggregation) {
  std::map<std::string, std::vector<Reading>> series;
  for (const Record& record : oracle.records(question)) {
    const Value& value = record.value();
    if (value.type() == ValueType::double_ && is_stale_marker(value.as_double())) continue;
    series[record.key()].push_back({record.key(), record.ts(), value});
  }
  std::map<std::string, Buckets> groups;
  for (auto& [key, readings] : series) {
    std::ranges::sort(readings, {}, &Reading::ts);
    lay(readings, aggregation, groups[group_of(key, oracle, aggregation)]);
  }
  Recomputation recomputation;
  for (auto& [group, buckets] : groups) {
    Values values;
    for (auto& [number, contents] : buckets) {
      // Series came by key, so what is of one moment stays so.
      std::ranges::stable_sort(contents.readings, {}, &Reading::ts);
      if (Answer value = value_of(contents, aggregation)) values.emplace(number, *value);
    }
    if (values.empty()) continue;
    fill_gaps(values, question.query.range(), aggregation, recomputation);
    std::vector<Recomputed> of_group;
    for (auto& [number, value] : values) {
      value.key = group;
      value.ts = start_of(number, aggregation);
      of_group.push_back(value);
    }
    if (question.query.is_newest_first()) std::ranges::reverse(of_group);
    recomputation.answers.insert(recomputation.answers.end(), of_group.begin(), of_group.end());
  }
  if (recomputation.is_too_long()) recomputation.answers.clear();
  return recomputation;
}

std::string say(const Recomputed& expected) {
  std::string text = say(expected.key) + " @ " + say_time(expected.ts) + " = ";
  text += say(expected.value);
  if (expected.off > 0) text += " +- " + say(Value(expected.off));
  return text;
}

std::string say(const Aggregate& answer) {
  std::string text = say(answer.key) + " @ " + say_time(answer.ts) + " = ";
  return text + say(answer.value);
}

std::string difference(const std::vector<Aggregate>& found,
                       const std::vector<Recomputed>& expected) {
  for (std::size_t i = 0; i < std::max(found.size(), expected.size()); ++i) {
    if (i < found.size() && i < expected.size() && expected[i].agrees_with(found[i])) continue;
    return "expected " + std::to_string(expected.size()) + " answers, found " +
           std::to_string(found.size()) + "; number " + std::to_string(i) + ": expected " +
           (i < expected.size() ? say(expected[i]) : "nothing") + ", found " +
           (i < found.size() ? say(found[i]) : "nothing");
  }
  return {};
}

}  // namespace varve::test
