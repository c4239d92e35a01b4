#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "varve/aggregation.hpp"
#include "varve/record.hpp"
#include "varve/time.hpp"

namespace varve::test {

/// The sum of finite doubles, rounded once, by Shewchuk's expansions ("Adaptive precision
/// floating-point arithmetic and fast robust geometric predicates", 1997). REQUIRES that no sum on
/// the way overflows.
double shewchuk_sum(std::span<const double> values);

/// An answer as it should be: a value bit for bit, or a double between two.
struct ExpectedAggregate {
  std::string key;
  Timestamp ts = 0;
  std::optional<Value> value;
  bool between = false;
  double low = 0, high = 0;
};

/// The value that a series has of a label; "" for none.
using LabelOf = std::function<std::string(const std::string& key, const std::string& name)>;

/// What aggregate() has to answer for a query's records, which are in its order: computed in the
/// plainest way, all records in hand. None where a fill is over its bound. Groups by a label ask
/// `label_of`.
std::optional<std::vector<ExpectedAggregate>> plain_aggregates(std::span<const Record> records,
                                                               const TimeRange& range,
                                                               bool newest_first,
                                                               const Aggregation& aggregation,
                                                               const LabelOf& label_of = {});

/// What is wrong with the answers, or nothing.
std::string difference_of(std::span<const Aggregate> answers,
                          std::span<const ExpectedAggregate> expected);

}  // namespace varve::test
