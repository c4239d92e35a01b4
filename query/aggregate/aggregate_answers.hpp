#pragma once

#include <vector>

#include "query/aggregate/aggregation_plan.hpp"
#include "query/aggregate/gap_filler.hpp"
#include "query/scan/answer_source.hpp"
#include "varve/aggregation.hpp"
#include "varve/error.hpp"

namespace varve::query {

/// Each answer of the plan goes to `sink`, by key and then in the plan's direction of time.
[[nodiscard]] Status aggregate(AnswerSource& source, const AggregationPlan& plan,
                               const AnswerSink& sink);
Result<std::vector<Aggregate>> aggregates(AnswerSource& source, const AggregationPlan& plan);

}  // namespace varve::query
