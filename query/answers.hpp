#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/aggregation_plan.hpp"
#include "query/answer_source.hpp"
#include "query/gap_filler.hpp"
#include "varve/aggregation.hpp"
#include "varve/error.hpp"
#include "varve/query.hpp"
#include "varve/record.hpp"

namespace varve::query {

// What the eager reads make of the blocks of a query.

Result<std::vector<Record>> records(Scan::Source& source);
Result<std::uint64_t> count(AnswerSource& source);
/// The keys of a source that has one record of each series; at most `limit`.
Result<std::vector<std::string>> series_list(Scan::Source& source, std::size_t limit);
/// Each answer of the plan goes to `sink`, by key and then in the plan's direction of time.
[[nodiscard]] Status aggregate(AnswerSource& source, const AggregationPlan& plan,
                               const AnswerSink& sink);
Result<std::vector<Aggregate>> aggregates(AnswerSource& source, const AggregationPlan& plan);

}  // namespace varve::query
