#include "tests/support/plain_aggregates.hpp"

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>
#include <map>

#include "engine/numeric/wide.hpp"
#include "tests/support/number_order.hpp"

namespace varve::test {

namespace {

using Wide = engine::Int128;
using Function = Aggregation::Function;
using Limits = std::numeric_limits<double>;

struct Entry {
  std::string key;
  Timestamp ts;
  Value value;
};

bool is_number(const Value& value) {
  return value.type() == ValueType::double_ || value.type() == ValueType::int64;
}
double real(const Value& value) {
  return value.type() == ValueType::int64 ? static_cast<double>(value.as_int64())
                                          : value.as_double();
}
bool is_nan(const Value& value) { return std::isnan(real(value)); }
bool is_reading(const Value& value) {
  return value.type() != ValueType::double_ || !is_stale_marker(value.as_double());
}

double on_line(double from, double to, double part) {
  if (std::isfinite(from) && std::isfinite(to)) return std::lerp(from, to, part);
  const double value = from * (1 - part) + to * part;
  return std::isnan(value) ? Limits::quiet_NaN() : value;
}

/// The number in parts that are doubles.
void append_parts(std::vector<double>& parts, const Value& value, int sign) {
  if (value.type() == ValueType::double_) return parts.push_back(sign * value.as_double());
  const std::int64_t low = value.as_int64() & 0xFFFF'FFFF;
  parts.push_back(sign * static_cast<double>(low));
  parts.push_back(sign * static_cast<double>(value.as_int64() - low));
}

double sum_of(const std::vector<double>& parts) {
  bool plus = false;
  bool minus = false;
  for (const double part : parts) {
    if (std::isnan(part)) return Limits::quiet_NaN();
    plus |= part == Limits::infinity();
    minus |= part == -Limits::infinity();
  }
  if (plus && minus) return Limits::quiet_NaN();
  if (plus || minus) return plus ? Limits::infinity() : -Limits::infinity();
  return shewchuk_sum(parts);
}

double sum_of(const std::vector<Value>& numbers) {
  std::vector<double> parts;
  for (const Value& number : numbers) append_parts(parts, number, 1);
  return sum_of(parts);
}

Value extreme_of(std::vector<Value> numbers, bool least) {
  std::erase_if(numbers, is_nan);
  if (numbers.empty()) return Limits::quiet_NaN();
  const auto is_minus_zero = [](const Value& value) {
    return value.type() == ValueType::double_ && std::signbit(value.as_double());
  };
  Value best = numbers.front();
  for (const Value& number : numbers) {
    const std::partial_ordering order = order_of(number, best);
    const bool better = order == 0 ? is_minus_zero(number) == least && is_minus_zero(best) != least
                                   : (least ? order < 0 : order > 0);
    if (better) best = number;
  }
  // Of an int64 and a double that are equal it is the int64, whichever end is asked for.
  if (best.type() == ValueType::double_) {
    for (const Value& number : numbers) {
      if (number.type() == ValueType::int64 && order_of(number, best) == 0) return number;
    }
  }
  return best;
}

double deviation_of(const std::vector<Value>& numbers) {
  const auto count = static_cast<long double>(numbers.size());
  long double mean = 0;
  for (const Value& number : numbers) mean += static_cast<long double>(real(number)) / count;
  long double squares = 0;
  for (const Value& number : numbers) {
    const long double distance = static_cast<long double>(real(number)) - mean;
    squares += distance * distance;
  }
  return static_cast<double>(std::sqrt(squares / count));
}

double quantile_of(const std::vector<double>& sorted, double q) {
  const double rank = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(rank);
  const double part = rank - std::floor(rank);
  return part == 0 ? sorted[low] : on_line(sorted[low], sorted[low + 1], part);
}

/// The steps of counters: what each adds, and the times it lies between.
struct Growth {
  std::vector<double> parts;
  Timestamp from = 0;
  Timestamp to = 0;
};

struct Bucket {
  std::vector<Entry> entries;
  std::map<std::string, Growth> growths;  // By series.
};

using BucketsOfGroup = std::map<Wide, Bucket>;

Wide bucket_of(Timestamp ts, const Aggregation& aggregation) {
  if (!aggregation.every()) return 0;
  const std::int64_t width = aggregation.every()->count();
  const std::int64_t offset = aggregation.offset().value_or(Duration(0)).count();
  // Whole widths of both apart from their rests, since ts - offset may be no int64.
  const auto rest_of = [&](std::int64_t time) {
    return time % width < 0 ? time % width + width : time % width;
  };
  const auto widths_of = [&](std::int64_t time) {
    return time / width - (time % width < 0 ? 1 : 0);
  };
  return static_cast<Wide>(widths_of(ts)) - widths_of(offset) -
         (rest_of(ts) < rest_of(offset) ? 1 : 0);
}

Timestamp start_of(Wide bucket, const Aggregation& aggregation) {
  if (!aggregation.every()) return 0;
  const Wide start =
      bucket * aggregation.every()->count() + aggregation.offset().value_or(Duration(0)).count();
  return static_cast<Timestamp>(
      std::clamp<Wide>(start, std::numeric_limits<Timestamp>::min(), never));
}

std::string group_of(const std::string& key, const Aggregation& aggregation,
                     const LabelOf& label_of) {
  if (aggregation.group_label()) return label_of(key, *aggregation.group_label());
  if (!aggregation.group_parts()) return key;
  std::size_t left = *aggregation.group_parts();
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == aggregation.group_delimiter() && --left == 0) return key.substr(0, i + 1);
  }
  return key;
}

/// `series` is in the order of time.
void add_growths(const std::vector<Entry>& series, const Aggregation& aggregation,
                 BucketsOfGroup& buckets) {
  const Entry* before = nullptr;
  for (const Entry& entry : series) {
    if (!is_number(entry.value) || !std::isfinite(real(entry.value))) continue;
    if (before != nullptr) {
      auto [at, added] = buckets[bucket_of(entry.ts, aggregation)].growths.try_emplace(entry.key);
      Growth& growth = at->second;
      if (added) growth.from = before->ts;
      growth.to = entry.ts;
      append_parts(growth.parts, entry.value, 1);
      const bool reset = order_of(entry.value, before->value) < 0;
      if (!reset) append_parts(growth.parts, before->value, -1);
    }
    before = &entry;
  }
}

std::optional<ExpectedAggregate> exactly(std::optional<Value> value) {
  if (!value) return std::nullopt;
  ExpectedAggregate expected;
  expected.value = std::move(value);
  return expected;
}

std::optional<ExpectedAggregate> within(double low, double high) {
  ExpectedAggregate expected;
  expected.between = true;
  expected.low = low;
  expected.high = high;
  return expected;
}

std::optional<ExpectedAggregate> quantile_of(const std::vector<Value>& numbers, double q) {
  std::vector<double> sorted;
  for (const Value& number : numbers) {
    if (!is_nan(number)) sorted.push_back(real(number));
  }
  if (sorted.empty()) return exactly(Value(Limits::quiet_NaN()));
  // Of the two zeros the negative one comes first.
  std::ranges::sort(sorted, [](double a, double b) {
    return a == b ? std::signbit(a) && !std::signbit(b) : a < b;
  });
  if (sorted.size() <= Aggregation::quantile_exact_max) return exactly(quantile_of(sorted, q));
  constexpr double off = 0.002;
  return within(quantile_of(sorted, std::max(0.0, q - off)),
                quantile_of(sorted, std::min(1.0, q + off)));
}

std::optional<ExpectedAggregate> stddev_of(const std::vector<Value>& numbers) {
  double magnitude = 0;
  for (const Value& number : numbers) {
    if (!std::isfinite(real(number))) return exactly(Value(Limits::quiet_NaN()));
    magnitude = std::max(magnitude, std::fabs(real(number)));
  }
  const double expected = deviation_of(numbers);
  // Squares may overflow.
  if (magnitude > 1e150) return within(0, Limits::infinity());
  const double off = 1e-12 * magnitude;
  return within(std::max(0.0, expected - off), expected + off);
}

/// Entries by time, and of one moment by key.
std::optional<ExpectedAggregate> value_of(const Bucket& bucket, const Aggregation& aggregation) {
  std::vector<Value> numbers;
  for (const Entry& entry : bucket.entries) {
    if (is_number(entry.value)) numbers.push_back(entry.value);
  }
  std::vector<double> parts;
  switch (aggregation.function()) {
    case Function::count:
      if (bucket.entries.empty()) return std::nullopt;
      return exactly(Value(static_cast<std::int64_t>(bucket.entries.size())));
    case Function::first:
      return exactly(bucket.entries.empty() ? std::nullopt
                                            : std::optional(bucket.entries.front().value));
    case Function::last:
      return exactly(bucket.entries.empty() ? std::nullopt
                                            : std::optional(bucket.entries.back().value));
    case Function::increase:
      if (bucket.growths.empty()) return std::nullopt;
      for (const auto& [key, growth] : bucket.growths) {
        parts.insert(parts.end(), growth.parts.begin(), growth.parts.end());
      }
      return exactly(Value(sum_of(parts)));
    case Function::rate:
      if (bucket.growths.empty()) return std::nullopt;
      for (const auto& [key, growth] : bucket.growths) {
        const auto elapsed = static_cast<double>(static_cast<Wide>(growth.to) - growth.from);
        parts.push_back(sum_of(growth.parts) / (elapsed / 1e6));
      }
      return exactly(Value(sum_of(parts)));
    default: break;
  }
  if (numbers.empty()) return std::nullopt;
  switch (aggregation.function()) {
    case Function::sum: return exactly(Value(sum_of(numbers)));
    case Function::mean:
      return exactly(Value(sum_of(numbers) / static_cast<double>(numbers.size())));
    case Function::min: return exactly(extreme_of(numbers, true));
    case Function::max: return exactly(extreme_of(numbers, false));
    case Function::stddev: return stddev_of(numbers);
    default: return quantile_of(numbers, aggregation.quantile());
  }
}

/// What stands for a bucket between two that have a value, or beside one.
ExpectedAggregate filled(Wide bucket, const std::pair<const Wide, ExpectedAggregate>* older,
                         const std::pair<const Wide, ExpectedAggregate>* newer, Fill fill) {
  if (older == nullptr || fill == Fill::null) return {};
  if (fill == Fill::previous) return older->second;
  if (newer == nullptr) return {};
  const auto number = [](const ExpectedAggregate& known) {
    return known.between || is_number(*known.value);
  };
  if (!number(older->second) || !number(newer->second)) return {};
  const double part =
      static_cast<double>(bucket - older->first) / static_cast<double>(newer->first - older->first);
  if (older->second.between && newer->second.between) {
    // A little wider, since these two are rounded as well.
    const double low = on_line(older->second.low, newer->second.low, part);
    const double high = on_line(older->second.high, newer->second.high, part);
    return *within(low - std::fabs(low) * 1e-12, high + std::fabs(high) * 1e-12);
  }
  if (older->second.between || newer->second.between) {
    // One of two neighbours is known exactly only where it is a NaN.
    return *within(-Limits::infinity(), Limits::infinity());
  }
  return *exactly(Value(on_line(real(*older->second.value), real(*newer->second.value), part)));
}

std::size_t size_of(const ExpectedAggregate& answer) {
  if (!answer.value) return answer.between ? sizeof(double) : 0;
  return answer.value->type() == ValueType::bytes ? answer.value->as_bytes().size()
                                                  : sizeof(double);
}

bool same(const Aggregate& answer, const ExpectedAggregate& expected) {
  if (answer.key != expected.key || answer.ts != expected.ts) return false;
  if (!expected.between) return answer.value == expected.value;
  if (!answer.value || answer.value->type() != ValueType::double_) return false;
  const double value = answer.value->as_double();
  if (expected.high == Limits::infinity()) return std::isnan(value) || value >= expected.low;
  return value >= expected.low && value <= expected.high;
}

std::string text_of(const std::optional<Value>& value) {
  if (!value) return "nothing";
  if (value->type() == ValueType::int64) return std::to_string(value->as_int64());
  if (value->type() != ValueType::double_) return "a value that is no number";
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value->as_double());
  return text;
}

}  // namespace

std::optional<std::vector<ExpectedAggregate>> plain_aggregates(std::span<const Record> records,
                                                               const TimeRange& range,
                                                               bool newest_first,
                                                               const Aggregation& aggregation,
                                                               const LabelOf& label_of) {
  std::map<std::string, std::vector<Entry>> series;
  for (const Record& record : records) {
    if (!is_reading(record.value())) continue;
    series[record.key()].push_back({record.key(), record.ts(), record.value()});
  }
  std::map<std::string, BucketsOfGroup> groups;
  for (auto& [key, entries] : series) {
    if (newest_first) std::ranges::reverse(entries);
    BucketsOfGroup& buckets = groups[group_of(key, aggregation, label_of)];
    for (const Entry& entry : entries) {
      buckets[bucket_of(entry.ts, aggregation)].entries.push_back(entry);
    }
    add_growths(entries, aggregation, buckets);
  }
  std::vector<ExpectedAggregate> answers;
  Wide filled_count = 0;
  std::uint64_t filled_bytes = 0;
  for (auto& [group, buckets] : groups) {
    std::map<Wide, ExpectedAggregate> known;
    for (auto& [number, bucket] : buckets) {
      std::ranges::stable_sort(bucket.entries, {}, &Entry::ts);
      if (auto value = value_of(bucket, aggregation)) known.emplace(number, *value);
    }
    if (known.empty()) continue;
    std::vector<ExpectedAggregate> of_group;
    const auto give = [&](Wide bucket, ExpectedAggregate answer) {
      answer.key = group;
      answer.ts = start_of(bucket, aggregation);
      of_group.push_back(std::move(answer));
    };
    if (aggregation.fill() == Fill::none) {
      for (const auto& [number, value] : known) give(number, value);
    } else {
      const Wide first =
          range.from() ? bucket_of(*range.from(), aggregation) : known.begin()->first;
      const Wide last =
          range.to() ? bucket_of(*range.to() - 1, aggregation) : known.rbegin()->first;
      filled_count += last - first + 1 - static_cast<Wide>(known.size());
      if (filled_count > static_cast<Wide>(Aggregation::filled_max)) return std::nullopt;
      for (Wide number = first; number <= last; number += 1) {
        const auto at_or_after = known.lower_bound(number);
        if (at_or_after != known.end() && at_or_after->first == number) {
          give(number, at_or_after->second);
          continue;
        }
        const ExpectedAggregate put_in =
            filled(number, at_or_after == known.begin() ? nullptr : &*std::prev(at_or_after),
                   at_or_after == known.end() ? nullptr : &*at_or_after, aggregation.fill());
        filled_bytes += group.size() + size_of(put_in);
        if (filled_bytes > Aggregation::filled_bytes_max) return std::nullopt;
        give(number, put_in);
      }
    }
    if (newest_first) std::ranges::reverse(of_group);
    answers.insert(answers.end(), of_group.begin(), of_group.end());
  }
  return answers;
}

std::string difference_of(std::span<const Aggregate> answers,
                          std::span<const ExpectedAggregate> expected) {
  for (std::size_t i = 0; i < std::min(answers.size(), expected.size()); ++i) {
    if (same(answers[i], expected[i])) continue;
    const auto& [key, ts, value, between, low, high] = expected[i];
    return "answer " + std::to_string(i) + " is " + text_of(answers[i].value) + " of \"" +
           answers[i].key + "\" at " + std::to_string(answers[i].ts) + ", but should be " +
           (between ? text_of(Value(low)) + " to " + text_of(Value(high)) : text_of(value)) +
           " of \"" + key + "\" at " + std::to_string(ts);
  }
  if (answers.size() == expected.size()) return {};
  return std::to_string(answers.size()) + " answers instead of " + std::to_string(expected.size());
}

}  // namespace varve::test
