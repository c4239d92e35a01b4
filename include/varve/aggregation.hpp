#pragma once

#include "varve/detail/requirements.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

/// What to return for an empty bucket. Filled buckets run from the query's `from` to its `to`;
/// where one of them is open, from the first or to the last bucket that has a value. A series
/// without any value gets none.
enum class Fill : std::uint8_t {
  none,      ///< Nothing: they are left out.
  null,      ///< An Aggregate without a value.
  previous,  ///< The value of the nearest earlier bucket that has one; no value if none has.
  /// A double on the straight line between the nearest numbers before and after; no value if one of
  /// them is missing or no number.
  linear,
};

/// What aggregate() computes: one of the functions below, of all of a query's records of a series
/// or bucket by bucket, of each series or of groups of them. Each of the calls at the end gives a
/// changed copy, so they chain:
///
///     engine.aggregate(query, Aggregation::mean.every(std::chrono::minutes(5)))
///     engine.aggregate(query, Aggregation::quantile(0.99).every(1h).group_by_prefix(2))
///
/// Numbers are doubles and int64s; other values have no part in functions of numbers. What has no
/// value, a sum without numbers say, is left out of the answer. However records lie in memory and
/// tables, the answer has the same bits.
///
/// A record whose value is `stale_marker` (varve/value.hpp) is no reading: every function passes
/// over it as if it were not there, `count`, `first` and `last` too, and what has no other record
/// has no value. Any other NaN is a number like the rest. The query's limits, query() and
/// Engine::count() take such a record for what it is: a record.
///
/// What a table says of a block of numbers (count, sum, least, greatest, first and last of them)
/// stands for its records, here and in Engine::count(), by one rule: all of them belong to the
/// answer and to one bucket, and nothing else has a record between them. That is right of a block
/// that is damaged, too, where query() could not give the records. Once any read has met damage in
/// a table, and always with ReadOptions::skip_damaged(), blocks are read before their statistics
/// count: then all reads agree that it is corruption, or that it is missing. A block of which all
/// has expired is nobody's.
class Aggregation {
 public:
  /// Which of the functions below.
  enum class Function : std::uint8_t {
    count,
    sum,
    min,
    max,
    mean,
    first,
    last,
    stddev,
    increase,
    rate,
    quantile,
  };

  /// How many records there are, of any type but stale markers, as an int64.
  static const Aggregation count;
  /// The sum of the numbers, as a double: exact, and rounded once. A NaN makes it NaN, an infinity
  /// makes it that infinity, two opposite infinities make it NaN.
  static const Aggregation sum;
  /// The least number, in its own type. NaN counts only where there is nothing else; -0.0 is below
  /// 0.0; of an int64 and a double that are equal it is the int64.
  static const Aggregation min;
  /// The greatest number, by the rules of min.
  static const Aggregation max;
  /// The sum of the numbers divided by their count, as a double.
  static const Aggregation mean;
  /// The oldest value, of any type; of several series', at one moment, the one of the least key.
  static const Aggregation first;
  /// The newest value, of any type; of several series', at one moment, the one of the greatest key.
  static const Aggregation last;
  /// The standard deviation of numbers in their own unit: that of the population,
  /// sqrt(sum((x - mean)^2) / count), as Prometheus' stddev_over_time. 0.0 for one number. The
  /// squares are updated stably (Chan, Golub and LeVeque 1979).
  static const Aggregation stddev;
  /// The growth of a counter, as a double: the sum of the steps from each number to the next. A
  /// number below the one before is a reset to zero, as in Prometheus: its step is itself. The step
  /// into a bucket counts there, so buckets add up to the whole; nothing is extrapolated. Needs
  /// two numbers. NaN and infinities are passed over. Of several series: the sum of theirs.
  static const Aggregation increase;
  /// The increase per second, over the time from the first to the last number of its steps. Where
  /// records are regular that is what Prometheus extrapolates. Of several series: the sum of
  /// theirs.
  static const Aggregation rate;
  /// The value below which the share `q` (0 to 1) of the numbers lies, as a double: between two
  /// numbers on the line between them (Hyndman and Fan's 7th, as NumPy and Prometheus). NaN is
  /// passed over. Exact up to quantile_exact_max numbers, beyond from a t-digest (Dunning and Ertl
  /// 2019) in bounded memory: the answer's rank is then off by up to 0.2 % of the numbers at the
  /// median, and the less the nearer to the ends.
  static Aggregation quantile(double q);
  static constexpr std::size_t quantile_exact_max = 4'096;

  /// One value for each span [start, start + width) that has records, where `start` is a multiple
  /// of `width` since the epoch, plus the offset; also before 1970. The first and the last bucket
  /// hold what the query takes of them. A width below 1 us is invalid_argument.
  Aggregation every(Duration width) const;
  /// Moves the buckets: with every(24h) and offset(-2h), days begin at 22:00 UTC. Needs every().
  Aggregation offset(Duration offset) const;
  /// Returns the bucket that holds the moment `ts`, as aggregate() cuts time: to align a query with
  /// whole buckets, or to find where an Aggregate's bucket ends. Its `from` is never below the
  /// first moment there is, and its `to` is open if it would lie beyond the last one. All of time
  /// without every(), or with a width below 1 us, which aggregate() refuses.
  TimeRange bucket_of(TimePoint ts) const;
  /// What stands for buckets without a value. Needs every(). Over filled_max of them in one call,
  /// or over filled_bytes_max of their keys and values together, are invalid_argument; a gap that
  /// would go beyond is not begun.
  Aggregation fill(Fill fill) const;
  static constexpr std::uint64_t filled_max = 1'000'000;
  static constexpr std::uint64_t filled_bytes_max = std::uint64_t{64} << 20;
  /// One answer for all series whose keys agree up to and with the n-th delimiter: in groups of 2,
  /// "plant/line1/press1/temp" is in "plant/line1/". A key of fewer parts is its own group. Zero is
  /// invalid_argument.
  Aggregation group_by_prefix(std::size_t parts, char delimiter = '/') const;
  /// One answer for all series with the same value of a label (Engine::describe), under that value;
  /// those without the label are together under "". Not beside group_by_prefix().
  Aggregation group_by_label(std::string name) const;

  Function function() const { return function_; }
  double quantile() const { return quantile_; }  ///< Of Function::quantile.
  const std::optional<Duration>& every() const { return every_; }
  const std::optional<Duration>& offset() const { return offset_; }
  Fill fill() const { return fill_; }
  const std::optional<std::size_t>& group_parts() const { return group_parts_; }
  char group_delimiter() const { return group_delimiter_; }
  const std::optional<std::string>& group_label() const { return group_label_; }

  /// The function: "count", "mean", and for quantile(0.99) "p99".
  std::string name() const;

  friend bool operator==(const Aggregation&, const Aggregation&) = default;

 private:
  constexpr explicit Aggregation(Function function, double q = 0)
      : function_(function), quantile_(q) {}

  Function function_;
  Fill fill_ = Fill::none;
  char group_delimiter_ = '/';
  double quantile_;
  std::optional<Duration> every_;
  std::optional<Duration> offset_;
  std::optional<std::size_t> group_parts_;
  std::optional<std::string> group_label_;
};

inline constexpr Aggregation Aggregation::count{Function::count};
inline constexpr Aggregation Aggregation::sum{Function::sum};
inline constexpr Aggregation Aggregation::min{Function::min};
inline constexpr Aggregation Aggregation::max{Function::max};
inline constexpr Aggregation Aggregation::mean{Function::mean};
inline constexpr Aggregation Aggregation::first{Function::first};
inline constexpr Aggregation Aggregation::last{Function::last};
inline constexpr Aggregation Aggregation::stddev{Function::stddev};
inline constexpr Aggregation Aggregation::increase{Function::increase};
inline constexpr Aggregation Aggregation::rate{Function::rate};

/// One answer: of a series, or of a group of them, and of a bucket.
struct Aggregate {
  std::string key;             ///< The series', what the group's keys begin with, or its label.
  std::optional<Value> value;  ///< None only by a Fill.
  Timestamp ts = 0;            ///< Where the bucket begins, within int64; 0 without every().

  friend bool operator==(const Aggregate&, const Aggregate&) = default;
};

}  // namespace varve
