#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/numeric/exact_sum.hpp"
#include "query/aggregate/counter_growth.hpp"
#include "query/aggregate/extremes.hpp"
#include "query/aggregate/moments.hpp"
#include "query/aggregate/quantiles.hpp"
#include "query/scan/block_statistics.hpp"
#include "varve/aggregation.hpp"
#include "varve/scan.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve::query {

/// Which parts of a summary some functions need. Without any it still counts.
struct Needs {
  static Needs of(std::span<const Aggregation> functions);

  bool sum = false;
  bool extremes = false;
  bool ends = false;  // First and last.
  bool moments = false;
  bool quantiles = false;
  bool counter = false;

  /// Whether BlockStatistics can stand for rows.
  bool statistics_suffice() const { return !moments && !quantiles && !counter; }
};

/// The state that the functions need of one bucket's records. Its size is bounded: only quantiles
/// keep numbers, quantile_exact_max at most. Combining the summaries of parts gives the same bits
/// as one summary of all records, except that moments, and quantiles of more than
/// quantile_exact_max numbers, round differently for a different order.
class Summary {
 public:
  explicit Summary(const Needs& needs);

  /// The records [begin, end) of the block, which are all newer than those before or, against the
  /// order of time, all older; they are in the same order themselves. Stale markers are passed over
  /// as if they were not there.
  void add(const Block& block, std::size_t begin, std::size_t end, bool newest_first);
  /// As if the block's rows were added: there is no stale marker among them, since statistics are
  /// of finite numbers alone. REQUIRES Needs::statistics_suffice().
  void add(const BlockStatistics& block);
  /// As if the records of another series, with a greater key, were added.
  void add(const Summary& other);
  /// Nothing is in it any more; memory is kept.
  void reset();

  /// Readings from beside the bucket may be put in, so that steps into it count.
  CounterGrowth& counter() { return counter_; }
  const CounterGrowth& counter() const { return counter_; }

  std::optional<Value> value(const Aggregation& function) const;

 private:
  struct End {
    Value value;
    Timestamp ts;
  };

  void add_readings_of(const Block& block, std::size_t begin, std::size_t end, bool newest_first);
  template <class T>
  void add_statistics(const BlockStatistics& block);
  template <class T>
  void add_numbers(std::span<const T> values);
  template <class T>
  void add_readings(std::span<const T> values, std::span<const Timestamp> times, bool newest_first);
  double value_of_numbers(const Aggregation& function) const;
  void offer_first(const ValueView& value, Timestamp ts);
  void offer_last(const ValueView& value, Timestamp ts);

  Needs needs_;
  std::uint64_t records_ = 0;
  std::uint64_t numbers_ = 0;
  engine::ExactSum sum_;
  Extremes extremes_;
  std::optional<End> first_;
  std::optional<End> last_;
  CounterGrowth counter_;
  std::unique_ptr<Moments> moments_;  // Where needed: they are large.
  std::unique_ptr<Quantiles> quantiles_;
};

}  // namespace varve::query
