#include "query/aggregate/aggregator.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/assert.hpp"
#include "varve/try.hpp"

// The walk has a series, in it a bucket, and one summary for that. A step of the walk closes what
// it leaves: close_bucket() hands the summary on, close_series() ends the answers of the key, and
// close_groups() gives the answers of groups, which series are added to until then.
//
// Counters need a reading from beside the bucket: a step from the last reading of one bucket to the
// first of the next belongs to the next. In the order of time `previous_` brings it along. Against
// it the older reading comes later, so closed buckets wait in `waiting_` until a reading of an
// older bucket has come, or the series ends.

namespace varve::query {

Aggregator::Aggregator(const AggregationPlan& plan, const AnswerSink& sink)
    : plan_(plan), sink_(sink), summary_(plan.needs) {
  for (std::size_t i = 0; i < plan.functions.size(); ++i) {
    fillers_.emplace_back(plan_, i, sink_, filled_);
  }
}

Status Aggregator::add(const Block& block) {
  VARVE_CHECK(change_series(block.key()));
  for (std::size_t begin = 0; begin < block.size();) {
    if (!bucket_ || !bucket_span_.contains(block.timestamps()[begin])) {
      VARVE_CHECK(change_bucket(plan_.buckets.number_of(block.timestamps()[begin])));
    }
    const std::size_t end = end_in_bucket(block, begin);
    if (!waiting_.empty()) VARVE_CHECK(offer_older_reading(block, begin, end));
    summary_.add(block, begin, end, plan_.newest_first);
    begin = end;
  }
  return {};
}

Status Aggregator::add(std::string_view key, const BlockStatistics& block) {
  VARVE_CHECK(change_series(key));
  const std::int64_t bucket = plan_.buckets.number_of(block.first_ts);
  VARVE_ASSERT(bucket == plan_.buckets.number_of(block.last_ts));
  if (bucket_ != bucket) VARVE_CHECK(change_bucket(bucket));
  summary_.add(block);
  return {};
}

Status Aggregator::finish() {
  VARVE_CHECK(close_series());
  return close_groups();
}

std::size_t Aggregator::end_in_bucket(const Block& block, std::size_t begin) const {
  const auto times = block.timestamps();
  if (bucket_span_.contains(times.back())) return times.size();
  const auto rest = times.subspan(begin);
  const auto end = plan_.newest_first
                       ? std::ranges::lower_bound(rest, bucket_span_.first, std::greater_equal())
                       : std::ranges::upper_bound(rest, bucket_span_.last);
  return begin + static_cast<std::size_t>(end - rest.begin());
}

Status Aggregator::change_series(std::string_view key) {
  if (in_series_ && key == key_) return {};
  VARVE_ASSERT(!in_series_ || key_ < key);
  VARVE_CHECK(close_series());
  in_series_ = true;
  key_.assign(key);
  if (!plan_.grouped()) return {};
  VARVE_TRY(std::string name, plan_.group_of(key));
  if (plan_.groups_in_order && !groups_.contains(name)) VARVE_CHECK(close_groups());
  group_ = &groups_[std::move(name)];
  return {};
}

Status Aggregator::change_bucket(std::int64_t bucket) {
  VARVE_ASSERT(!bucket_ || (plan_.newest_first ? bucket < *bucket_ : bucket > *bucket_));
  VARVE_CHECK(close_bucket());
  bucket_ = bucket;
  bucket_span_ = plan_.buckets.span_of(bucket);
  if (previous_) summary_.counter().add_newer(*previous_);
  return {};
}

Status Aggregator::close_bucket() {
  if (!bucket_) return {};
  const std::int64_t bucket = *bucket_;
  bucket_.reset();
  if (plan_.needs.counter && plan_.newest_first) {
    waiting_.push_back({bucket, std::move(summary_)});
    summary_ = Summary(plan_.needs);
    return {};
  }
  if (plan_.needs.counter) previous_ = summary_.counter().newest();
  VARVE_CHECK(hand_on(bucket, summary_));
  summary_.reset();
  return {};
}

Status Aggregator::offer_older_reading(const Block& block, std::size_t begin, std::size_t end) {
  const auto offer = [&](const auto& values) -> Status {
    for (std::size_t i = begin; i < end; ++i) {
      const Number number(values[i]);
      if (!std::isfinite(number.real)) continue;
      // Of those that wait only the first can have readings: others would have met this earlier.
      waiting_.front().summary.counter().add_older({number, block.timestamps()[i]});
      return hand_on_waiting();
    }
    return {};
  };
  if (block.type() == ValueType::double_) return offer(block.doubles());
  if (block.type() == ValueType::int64) return offer(block.int64s());
  return {};
}

Status Aggregator::hand_on_waiting() {
  for (const Closed& closed : waiting_) VARVE_CHECK(hand_on(closed.bucket, closed.summary));
  waiting_.clear();
  return {};
}

Status Aggregator::close_series() {
  if (!in_series_) return {};
  VARVE_CHECK(close_bucket());
  VARVE_CHECK(hand_on_waiting());
  in_series_ = false;
  previous_.reset();
  return plan_.grouped() ? Status() : end_answers(key_);
}

Status Aggregator::hand_on(std::int64_t bucket, const Summary& summary) {
  if (!plan_.grouped()) return answer(key_, bucket, summary);
  group_->try_emplace(bucket, plan_.needs).first->second.add(summary);
  return {};
}

Status Aggregator::close_groups() {
  for (const auto& [name, buckets] : groups_) {
    if (plan_.newest_first) {
      for (auto bucket = buckets.rbegin(); bucket != buckets.rend(); ++bucket) {
        VARVE_CHECK(answer(name, bucket->first, bucket->second));
      }
    } else {
      for (const auto& [bucket, summary] : buckets) VARVE_CHECK(answer(name, bucket, summary));
    }
    VARVE_CHECK(end_answers(name));
  }
  groups_.clear();
  return {};
}

Status Aggregator::answer(std::string_view key, std::int64_t bucket, const Summary& summary) {
  for (std::size_t i = 0; i < plan_.functions.size(); ++i) {
    if (auto value = summary.value(plan_.functions[i])) {
      VARVE_CHECK(fillers_[i].offer(key, bucket, std::move(*value)));
    }
  }
  return {};
}

Status Aggregator::end_answers(std::string_view key) {
  for (GapFiller& filler : fillers_) VARVE_CHECK(filler.end(key));
  return {};
}

}  // namespace varve::query
