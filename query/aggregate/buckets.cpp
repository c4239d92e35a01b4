#include "query/aggregate/buckets.hpp"

#include <limits>
#include <optional>

#include "engine/base/assert.hpp"
#include "engine/numeric/wide.hpp"
#include "varve/aggregation.hpp"

namespace varve::query {

namespace {

using engine::Int128;

Timestamp saturated(Int128 ts) {
  constexpr Int128 least = std::numeric_limits<Timestamp>::min();
  constexpr Int128 greatest = std::numeric_limits<Timestamp>::max();
  return static_cast<Timestamp>(ts < least ? least : ts > greatest ? greatest : ts);
}

}  // namespace

Buckets::Buckets(Duration width, Duration offset) : width_(width.count()) {
  VARVE_ASSERT(width_ >= 1);
  offset_ = offset.count() % width_;
  if (offset_ < 0) offset_ += width_;
}

std::int64_t Buckets::number_of(Timestamp ts) const {
  if (all_of_time()) return 0;
  // Without ts - offset_, which may not fit: the number is that without an offset, or one less.
  // Divided towards the past, also below zero.
  std::int64_t number = ts / width_;
  std::int64_t rest = ts % width_;
  if (rest < 0) {
    --number;
    rest += width_;
  }
  return rest < offset_ ? number - 1 : number;
}

Timestamp Buckets::start_of(std::int64_t number) const {
  return saturated(static_cast<Int128>(number) * width_ + offset_);
}

engine::TimeSpan Buckets::span_of(std::int64_t number) const {
  if (all_of_time()) return {};
  const Int128 start = static_cast<Int128>(number) * width_ + offset_;
  const engine::TimeSpan span{saturated(start), saturated(start + width_ - 1)};
  VARVE_ASSERT(span.first <= start + width_ - 1 && span.last >= start);
  return span;
}

}  // namespace varve::query

namespace varve {

TimeRange Aggregation::bucket_of(TimePoint ts) const {
  if (!every_ || *every_ < Duration(1)) return {};
  const query::Buckets buckets(*every_, offset_.value_or(Duration(0)));
  const engine::TimeSpan span = buckets.span_of(buckets.number_of(ts));
  if (span.last == std::numeric_limits<Timestamp>::max()) return {span.first, std::nullopt};
  return {span.first, span.last + 1};
}

}  // namespace varve
