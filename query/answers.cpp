#include "query/answers.hpp"

#include <utility>

#include "engine/base/try.hpp"
#include "query/aggregator.hpp"

namespace varve::query {

Result<std::vector<Record>> records(Scan::Source& source) {
  std::vector<Record> found;
  for (;;) {
    VARVE_TRY(const auto block, source.next_block());
    if (!block) return found;
    for (std::size_t i = 0; i < block->size(); ++i) found.emplace_back(block->record(i));
  }
}

Result<std::uint64_t> count(Scan::Source& source) {
  std::uint64_t records = 0;
  for (;;) {
    VARVE_TRY(const auto block, source.next_block());
    if (!block) return records;
    records += block->size();
  }
}

Result<std::vector<std::string>> series_list(BlockSource& source, std::size_t limit) {
  std::vector<std::string> keys;
  while (keys.size() < limit) {
    VARVE_TRY(const auto block, source.next_block());
    if (!block) break;
    keys.emplace_back(block->key());
    source.skip_series();
  }
  return keys;
}

Status aggregate(AnswerSource& source, const AggregationPlan& plan, const AnswerSink& sink) {
  Aggregator aggregator(plan, sink);
  for (;;) {
    VARVE_TRY(const auto unread, source.peek_unread());
    if (unread) {
      VARVE_TRY(const bool taken, aggregator.add(unread->key, unread->statistics));
      if (taken) {
        source.skip_unread();
        continue;
      }
    }
    VARVE_TRY(const auto block, source.next_block());
    if (!block) return aggregator.finish();
    VARVE_CHECK(aggregator.add(*block));
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
