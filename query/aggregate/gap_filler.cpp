#include "query/aggregate/gap_filler.hpp"

#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "query/aggregate/interpolation.hpp"
#include "varve/try.hpp"

namespace varve::query {

namespace {

std::uint64_t distance(std::int64_t a, std::int64_t b) {
  return a < b ? static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a)
               : static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}

std::uint64_t size_of(const std::optional<Value>& value) {
  if (!value) return 0;
  return value->type() == ValueType::bytes ? value->as_bytes().size() : sizeof(double);
}

std::unexpected<Error> refused(std::uint64_t limit, const char* what) {
  return fail(Errc::invalid_argument,
              "aggregate: fill() of more than " + std::to_string(limit) + what);
}

std::optional<double> number_of(const Value& value) {
  if (value.type() == ValueType::double_) return value.as_double();
  if (value.type() == ValueType::int64) return static_cast<double>(value.as_int64());
  return std::nullopt;
}

}  // namespace

Status GapFiller::offer(std::string_view key, std::int64_t bucket, Value value) {
  VARVE_ASSERT(!last_ || (plan_.newest_first ? bucket < last_->bucket : bucket > last_->bucket));
  VARVE_ASSERT(bucket >= plan_.first_bucket.value_or(bucket));
  VARVE_ASSERT(bucket <= plan_.last_bucket.value_or(bucket));
  Known next{bucket, std::move(value)};
  if (plan_.fill != Fill::none) {
    const auto& edge = plan_.newest_first ? plan_.last_bucket : plan_.first_bucket;
    const std::int64_t step = plan_.newest_first ? -1 : 1;
    const Known* const before = last_ ? &*last_ : nullptr;
    const Known* const older = plan_.newest_first ? &next : before;
    const Known* const newer = plan_.newest_first ? before : &next;
    if (last_) {
      VARVE_CHECK(
          fill(key, last_->bucket + step, distance(last_->bucket, bucket) - 1, older, newer));
    } else if (edge) {
      VARVE_CHECK(fill(key, *edge, distance(*edge, bucket), older, newer));
    }
  }
  VARVE_CHECK(sink_({key, bucket, function_, next.value}));
  last_ = std::move(next);
  return {};
}

Status GapFiller::end(std::string_view key) {
  if (!last_) return {};
  const Known last = std::move(*last_);
  last_.reset();
  const auto& edge = plan_.newest_first ? plan_.first_bucket : plan_.last_bucket;
  if (plan_.fill == Fill::none || !edge || *edge == last.bucket) return {};
  const std::int64_t step = plan_.newest_first ? -1 : 1;
  return fill(key, last.bucket + step, distance(last.bucket, *edge),
              plan_.newest_first ? nullptr : &last, plan_.newest_first ? &last : nullptr);
}

Status GapFiller::count_in(std::string_view key, const std::optional<Value>& value,
                           std::uint64_t buckets) {
  if (buckets > Aggregation::filled_max - filled_.buckets) {
    return refused(Aggregation::filled_max, " buckets");
  }
  const std::uint64_t bytes = buckets * (key.size() + size_of(value));
  if (bytes > Aggregation::filled_bytes_max - filled_.bytes) {
    return refused(Aggregation::filled_bytes_max, " bytes of keys and values");
  }
  filled_.buckets += buckets;
  filled_.bytes += bytes;
  return {};
}

Status GapFiller::fill(std::string_view key, std::int64_t begin, std::uint64_t count,
                       const Known* older, const Known* newer) {
  if (count == 0) return {};
  // All that one fill puts in are as large as the first.
  VARVE_CHECK(count_in(key, value_at(begin, older, newer), count));
  std::int64_t bucket = begin;
  for (; count > 0; --count) {
    VARVE_CHECK(sink_({key, bucket, function_, value_at(bucket, older, newer)}));
    bucket += count == 1 ? 0 : plan_.newest_first ? -1 : 1;
  }
  return {};
}

std::optional<Value> GapFiller::value_at(std::int64_t bucket, const Known* older,
                                         const Known* newer) const {
  if (older == nullptr) return std::nullopt;
  if (plan_.fill == Fill::previous) return older->value;
  if (plan_.fill != Fill::linear || newer == nullptr) return std::nullopt;
  const auto from = number_of(older->value);
  const auto to = number_of(newer->value);
  if (!from || !to) return std::nullopt;
  const double part = static_cast<double>(distance(older->bucket, bucket)) /
                      static_cast<double>(distance(older->bucket, newer->bucket));
  return Value(interpolated(*from, *to, part));
}

}  // namespace varve::query
