#pragma once

#include <cstdint>
#include <optional>

#include "engine/numeric/exact_sum.hpp"
#include "query/aggregate/number.hpp"
#include "varve/time.hpp"

namespace varve::query {

/// A number of a counter, other than NaN and infinite, and when it was read.
struct Reading {
  Number value;
  Timestamp ts;
};

/// How a counter grew, from readings in the order of time or against it. Between two resets the
/// steps telescope, so the sum is the newest reading less the oldest, and what each reset lost.
class CounterGrowth {
 public:
  void add_newer(const Reading& reading);
  void add_older(const Reading& reading);
  /// Another counter, whose growth is added.
  void add(const CounterGrowth& other);
  void reset();

  const std::optional<Reading>& newest() const { return newest_; }
  bool empty() const { return !newest_; }
  /// The growth, and the growth per second; none if there are not two readings.
  std::optional<double> increase() const;
  std::optional<double> rate() const;

 private:
  engine::ExactSum growth() const;

  std::optional<Reading> oldest_;
  std::optional<Reading> newest_;
  bool stepped_ = false;
  engine::ExactSum lost_;  // The readings before resets.

  // Of the others.
  bool joined_ = false;
  engine::ExactSum increases_;
  engine::ExactSum rates_;
};

}  // namespace varve::query
