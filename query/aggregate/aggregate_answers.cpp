#include "query/aggregate/aggregate_answers.hpp"

#include <string>
#include <utility>

#include "query/aggregate/aggregator.hpp"
#include "varve/try.hpp"

namespace varve::query {

Status aggregate(AnswerSource& source, const AggregationPlan& plan, const AnswerSink& sink) {
  Aggregator aggregator(plan, sink);
  for (;;) {
    VARVE_TRY(const auto unread, source.next_unread());
    if (unread) {
      VARVE_CHECK(aggregator.add(unread->key, unread->statistics));
      continue;
    }
    VARVE_TRY(const auto blocks, source.next_blocks());
    if (blocks.empty()) return aggregator.finish();
    for (const Block& block : blocks) VARVE_CHECK(aggregator.add(block));
  }
}

Result<std::vector<Aggregate>> aggregates(AnswerSource& source, const AggregationPlan& plan) {
  std::vector<Aggregate> answers;
  const AnswerSink sink = [&](BucketValue answer) -> Status {
    const Timestamp ts = plan.buckets.all_of_time() ? 0 : plan.buckets.start_of(answer.bucket);
    answers.push_back({std::string(answer.key), std::move(answer.value), ts});
    return {};
  };
  VARVE_CHECK(aggregate(source, plan, sink));
  return answers;
}

}  // namespace varve::query
