#include "query/answers.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/try.hpp"
#include "query/aggregator.hpp"

namespace varve::query {

Result<std::vector<Record>> records(Scan::Source& source) {
  std::vector<Record> found;
  for (;;) {
    VARVE_TRY(const auto blocks, source.next_blocks());
    if (blocks.empty()) return found;
    for (const Block& block : blocks) {
      for (std::size_t i = 0; i < block.size(); ++i) found.emplace_back(block.record(i));
    }
  }
}

Result<std::uint64_t> count(AnswerSource& source) {
  std::uint64_t records = 0;
  for (;;) {
    VARVE_TRY(const auto unread, source.next_unread());
    if (unread) {
      records += unread->statistics.count;
      continue;
    }
    VARVE_TRY(const auto blocks, source.next_blocks());
    if (blocks.empty()) return records;
    for (const Block& block : blocks) records += block.size();
  }
}

Result<std::vector<std::string>> series_list(Scan::Source& source, std::size_t limit) {
  std::vector<std::string> keys;
  while (keys.size() < limit) {
    VARVE_TRY(const auto blocks, source.next_blocks());
    if (blocks.empty()) break;
    for (const Block& block : blocks.first(std::min(blocks.size(), limit - keys.size()))) {
      keys.emplace_back(block.key());
    }
  }
  return keys;
}

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
