#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "query/aggregate/aggregation_plan.hpp"
#include "query/scan/answer_source.hpp"
#include "varve/error.hpp"
#include "varve/labels.hpp"
#include "varve/query.hpp"
#include "varve/scan.hpp"
#include "varve/write_batch.hpp"

namespace varve::query {

/// Fails with invalid_argument where the functions' own buckets, or a target inside of what the
/// query reads, stand against it.
Result<AggregationPlan> downsample_plan(const Query& query, Duration every,
                                        std::vector<Aggregation> functions,
                                        std::string_view target_prefix);

/// The labels that `target` is to get, whose records are those of `answer`, a series or a group;
/// none where it stays as it is.
using LabelsOfTarget =
    std::function<Result<Labels>(std::string_view answer, std::string_view target)>;

/// Writes the plan's values as records, in batches that any engine takes, and returns how many. A
/// target is described in the batch of its first record.
Result<std::uint64_t> downsample(AnswerSource& source, const AggregationPlan& plan,
                                 std::string_view target_prefix, const LabelsOfTarget& labels_of,
                                 const std::function<Status(WriteBatch&)>& write);

}  // namespace varve::query
