#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/aggregate/buckets.hpp"
#include "query/aggregate/summary.hpp"
#include "query/scan/answer_source.hpp"
#include "varve/aggregation.hpp"
#include "varve/error.hpp"
#include "varve/query.hpp"

namespace varve::query {

/// What is to be computed of a query's records, checked and in the terms of the walk.
struct AggregationPlan {
  std::vector<Aggregation> functions;
  Needs needs;
  Buckets buckets;
  Fill fill = Fill::none;
  /// Buckets that a fill begins and ends with, by time; none where the query is open.
  std::optional<std::int64_t> first_bucket;
  std::optional<std::int64_t> last_bucket;
  bool newest_first = false;

  /// Groups are the values of this label, if any: then group_of is for whoever has the labels.
  std::optional<std::string> group_label;
  /// The group of a series; empty where each is by itself.
  std::function<Result<std::string>(std::string_view key)> group_of;
  /// Whether series of one group are neighbours, and groups are in the order of their names. Else
  /// all groups are held until the end.
  bool groups_in_order = true;

  bool grouped() const { return group_of != nullptr; }
  /// Which blocks need not be read: of one bucket, where their statistics say all that is asked
  /// for. Refers to this plan.
  Covers covers() const {
    if (!needs.statistics_suffice()) return nullptr;
    return [this](const BlockStatistics& block) {
      return buckets.number_of(block.first_ts) == buckets.number_of(block.last_ts);
    };
  }
};

/// The key up to and with its n-th delimiter, or all of it.
std::string_view first_parts(std::string_view key, std::size_t parts, char delimiter);

/// `functions` are computed together, and agree in all but the function. Fails with
/// invalid_argument, naming what was wrong.
Result<AggregationPlan> plan_of(const Query& query, std::span<const Aggregation> functions);

}  // namespace varve::query
