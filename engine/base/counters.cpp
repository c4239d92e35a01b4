#include "engine/base/counters.hpp"

#include <algorithm>
#include <bit>

namespace varve::engine {

std::size_t LatencyHistogram::bucket_of(std::uint64_t nanoseconds) {
  if (nanoseconds < steps) return static_cast<std::size_t>(nanoseconds);
  const auto exponent = static_cast<unsigned>(std::bit_width(nanoseconds)) - 1;  // >= steps_bits
  const std::uint64_t step = (nanoseconds >> (exponent - steps_bits)) & (steps - 1);
  const std::size_t bucket = (exponent - steps_bits + 1) * steps + static_cast<std::size_t>(step);
  return std::min(bucket, bucket_count - 1);
}

std::uint64_t LatencyHistogram::upper_bound_of(std::size_t bucket) {
  if (bucket < steps) return bucket;
  const unsigned exponent = static_cast<unsigned>(bucket / steps) - 1;
  return ((steps + bucket % steps + 1) << exponent) - 1;
}

void LatencyHistogram::record(std::chrono::nanoseconds duration) {
  const auto nanoseconds =
      static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>(duration.count(), 0));
  buckets_[bucket_of(nanoseconds)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(nanoseconds, std::memory_order_relaxed);
  std::uint64_t max = max_.load(std::memory_order_relaxed);
  while (nanoseconds > max &&
         !max_.compare_exchange_weak(max, nanoseconds, std::memory_order_relaxed)) {
  }
}

LatencySummary LatencyHistogram::summary() const {
  std::array<std::uint64_t, bucket_count> counts;
  std::uint64_t total = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    counts[bucket] = buckets_[bucket].load(std::memory_order_relaxed);
    total += counts[bucket];
  }
  const std::uint64_t max = max_.load(std::memory_order_relaxed);
  const auto quantile = [&](std::uint64_t per_mille) {
    const std::uint64_t rank = (total * per_mille + 999) / 1000;
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
      seen += counts[bucket];
      if (seen >= rank && seen > 0) {
        return std::chrono::nanoseconds(std::min(upper_bound_of(bucket), max));
      }
    }
    return std::chrono::nanoseconds(0);
  };
  return {.count = total,
          .sum = std::chrono::nanoseconds(sum_.load(std::memory_order_relaxed)),
          .p50 = quantile(500),
          .p90 = quantile(900),
          .p99 = quantile(990),
          .p999 = quantile(999),
          .max = std::chrono::nanoseconds(max)};
}

}  // namespace varve::engine
