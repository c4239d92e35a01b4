#pragma once

#include <cstdint>
#include <optional>

#include "varve/query.hpp"
#include "varve/scan.hpp"
#include "varve/value.hpp"

namespace varve::query {

/// One series' aggregate, fed block by block in time order or against it.
///
/// Sums are compensated (Neumaier 1974), so that a mean of many small values beside a large one
/// keeps its digits; the integers are summed exactly while they fit.
class Aggregator {
 public:
  Aggregator(Aggregation aggregation, bool newest_first)
      : aggregation_(aggregation), newest_first_(newest_first) {}

  void add(const Block& block);
  /// The value, if the series has one.
  std::optional<Value> result() const;

 private:
  void add_doubles(const Block& block);
  void add_int64s(const Block& block);
  void add_to_sum(double value);
  void offer_extreme(const ValueView& value);

  const Aggregation aggregation_;
  const bool newest_first_;
  std::uint64_t records_ = 0;
  std::uint64_t numbers_ = 0;
  double sum_ = 0;
  double compensation_ = 0;
  std::int64_t integer_sum_ = 0;
  std::optional<Value> value_;  // Of min, max, first, last.
};

}  // namespace varve::query
