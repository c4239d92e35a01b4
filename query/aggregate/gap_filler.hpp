#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "query/aggregate/aggregation_plan.hpp"
#include "varve/error.hpp"
#include "varve/value.hpp"

namespace varve::query {

/// One answer of the walk.
struct BucketValue {
  std::string_view key;  // A series', or a group's.
  std::int64_t bucket = 0;
  std::size_t function = 0;  // Its place among the plan's.
  std::optional<Value> value;
};

/// Takes answers as they come. An error ends the walk.
using AnswerSink = std::function<Status(BucketValue)>;

/// What a call's fills have put in so far.
struct FilledSoFar {
  std::uint64_t buckets = 0;
  std::uint64_t bytes = 0;  // Of their keys and values.
};

/// Puts what the plan's fill says between the values of one function, series by series, in the
/// walk's direction. Nothing is carried from one series to the next.
class GapFiller {
 public:
  /// `filled` is that of all fillers of a call. All outlive this.
  GapFiller(const AggregationPlan& plan, std::size_t function, const AnswerSink& sink,
            FilledSoFar& filled)
      : plan_(plan), function_(function), sink_(sink), filled_(filled) {}

  /// The next bucket of `key` that has a value.
  [[nodiscard]] Status offer(std::string_view key, std::int64_t bucket, Value value);
  /// The key has no more of them.
  [[nodiscard]] Status end(std::string_view key);

 private:
  struct Known {
    std::int64_t bucket;
    Value value;
  };

  /// Adds so many buckets to what was filled, each with this key and a copy of `value`, if the two
  /// limits allow it.
  Status count_in(std::string_view key, const std::optional<Value>& value, std::uint64_t buckets);
  /// `count` buckets from `begin` on, in the walk's direction.
  Status fill(std::string_view key, std::int64_t begin, std::uint64_t count, const Known* older,
              const Known* newer);
  std::optional<Value> value_at(std::int64_t bucket, const Known* older, const Known* newer) const;

  const AggregationPlan& plan_;
  const std::size_t function_;
  const AnswerSink& sink_;
  FilledSoFar& filled_;
  std::optional<Known> last_;
};

}  // namespace varve::query
