#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "query/aggregate/aggregation_plan.hpp"
#include "query/aggregate/gap_filler.hpp"
#include "query/aggregate/summary.hpp"
#include "varve/error.hpp"
#include "varve/scan.hpp"

namespace varve::query {

/// The walk over a query's blocks that computes a plan's functions, bucket by bucket.
///
/// Each bucket of a series is one Summary: fed with spans of a block, since a bucket's end is
/// searched for and not asked of each record, and then handed on, or added to its group's. So
/// memory holds one bucket without groups; with groups the buckets of one, or of all of them where
/// their series are no neighbours.
class Aggregator {
 public:
  /// All outlive this.
  Aggregator(const AggregationPlan& plan, const AnswerSink& sink);

  /// The next block, by key and then in the plan's direction of time.
  [[nodiscard]] Status add(const Block& block);
  /// For a block of numbers in the place of its rows. REQUIRES one that the plan covers.
  [[nodiscard]] Status add(std::string_view key, const BlockStatistics& block);
  [[nodiscard]] Status finish();

 private:
  struct Closed {
    std::int64_t bucket;
    Summary summary;
  };

  Status change_series(std::string_view key);
  Status change_bucket(std::int64_t bucket);
  Status close_bucket();
  Status close_series();
  Status close_groups();
  Status hand_on(std::int64_t bucket, const Summary& summary);
  Status hand_on_waiting();
  Status answer(std::string_view key, std::int64_t bucket, const Summary& summary);
  Status end_answers(std::string_view key);
  /// How many of the block's records from `begin` on are in the bucket.
  std::size_t end_in_bucket(const Block& block, std::size_t begin) const;
  Status offer_older_reading(const Block& block, std::size_t begin, std::size_t end);

  const AggregationPlan& plan_;
  const AnswerSink& sink_;
  FilledSoFar filled_;
  std::vector<GapFiller> fillers_;  // One per function.

  // The series and the bucket of it that are being walked.
  bool in_series_ = false;
  std::string key_;
  std::optional<std::int64_t> bucket_;
  engine::TimeSpan bucket_span_;
  Summary summary_;
  // What a counter's step into the next bucket begins with, in the order of time.
  std::optional<Reading> previous_;
  // Against it: buckets that wait for the reading before them.
  std::vector<Closed> waiting_;

  // The groups that are not complete, and which of them the series is in.
  using Group = std::map<std::int64_t, Summary>;  // By bucket.
  std::map<std::string, Group> groups_;
  Group* group_ = nullptr;
};

}  // namespace varve::query
