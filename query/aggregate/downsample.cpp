#include "query/aggregate/downsample.hpp"

#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/record/key.hpp"
#include "query/aggregate/aggregate_answers.hpp"
#include "varve/try.hpp"

namespace varve::query {

namespace {

// A batch has to fit into the least queue, log and memtable that an engine can be opened with. A
// record that does not fit in beside others goes alone, as it came.
constexpr std::size_t batch_bytes_max = std::size_t{16} << 10;
constexpr std::size_t record_overhead = 64;

std::unexpected<Error> refused(const std::string& what) {
  return fail(Errc::invalid_argument, "downsample: " + what);
}

/// Whether some key both begins with `prefix` and is one that the query reads.
bool reaches(const Query& query, std::string_view prefix) {
  const engine::KeyRange read = engine::user_key_range(query.first_key(), query.end_key());
  const engine::KeyRange written = engine::user_key_range(prefix, engine::prefix_end(prefix));
  return read.first < written.end && written.first < read.end;
}

std::size_t size_of(const Value& value) {
  return value.type() == ValueType::bytes ? value.as_bytes().size() : sizeof(double);
}

std::size_t size_of(const Labels& labels) {
  std::size_t size = 0;
  for (const Label& label : labels) size += label.name().size() + label.value().size();
  return size;
}

}  // namespace

Result<AggregationPlan> downsample_plan(const Query& query, Duration every,
                                        std::vector<Aggregation> functions,
                                        std::string_view target_prefix) {
  for (Aggregation& function : functions) {
    if (function.every()) return refused("functions come without every()");
    function = function.every(every);
  }
  if (reaches(query, target_prefix)) {
    return refused("the query reads keys that begin with the target prefix \"" +
                   std::string(target_prefix) + "\"");
  }
  return plan_of(query, functions);
}

Result<std::uint64_t> downsample(AnswerSource& source, const AggregationPlan& plan,
                                 std::string_view target_prefix, const LabelsOfTarget& labels_of,
                                 const std::function<Status(WriteBatch&)>& write) {
  struct Target {
    std::string suffix;
    std::string described;  // The answer whose target was seen to last.
  };
  std::vector<Target> targets;
  targets.reserve(plan.functions.size());
  for (const Aggregation& function : plan.functions) targets.push_back({'/' + function.name(), {}});
  std::uint64_t written = 0;
  std::uint64_t records = 0;  // In the batch.
  std::size_t bytes = 0;
  WriteBatch batch;
  std::string key(target_prefix);
  const auto write_batch = [&]() -> Status {
    VARVE_CHECK(write(batch));
    batch.clear();
    bytes = 0;
    written += std::exchange(records, 0);
    return {};
  };
  const AnswerSink sink = [&](const BucketValue& answer) -> Status {
    if (!answer.value) return {};
    VARVE_ASSERT(answer.function < targets.size());
    Target& target = targets[answer.function];
    key.resize(target_prefix.size());
    (key += answer.key) += target.suffix;
    Labels labels;
    if (target.described != answer.key) {
      VARVE_TRY(labels, labels_of(answer.key, key));
      target.described.assign(answer.key);
    }
    const std::size_t size =
        key.size() + size_of(*answer.value) + record_overhead + size_of(labels);
    if (!batch.empty() && bytes + size > batch_bytes_max) VARVE_CHECK(write_batch());
    if (!labels.empty()) batch.describe(key, labels);
    batch.put(key, plan.buckets.start_of(answer.bucket), answer.value->view());
    ++records;
    bytes += size;
    return {};
  };
  VARVE_CHECK(aggregate(source, plan, sink));
  if (!batch.empty()) VARVE_CHECK(write_batch());
  return written;
}

}  // namespace varve::query
