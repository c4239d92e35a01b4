#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "varve/stats.hpp"

namespace varve::engine {

/// Counts durations in buckets of 1/16 of a power of two, from 1 ns to over an hour. Any thread;
/// each count is relaxed, so a summary taken meanwhile may miss the newest few.
class LatencyHistogram {
 public:
  void record(std::chrono::nanoseconds duration);
  LatencySummary summary() const;

 private:
  static constexpr unsigned steps_bits = 4;
  static constexpr std::size_t steps = std::size_t{1} << steps_bits;
  static constexpr std::size_t bucket_count = (43 - steps_bits) * steps;

  static std::size_t bucket_of(std::uint64_t nanoseconds);
  static std::uint64_t upper_bound_of(std::size_t bucket);

  std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
  std::atomic<std::uint64_t> sum_{0};
  std::atomic<std::uint64_t> max_{0};
};

/// A counter that many threads add to. Relaxed: it orders nothing.
class Counter {
 public:
  /// Returns what it was before.
  std::uint64_t add(std::uint64_t amount = 1) {
    return value_.fetch_add(amount, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t amount = 1) { value_.fetch_sub(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What stats() counts and no part keeps for itself. The fields are those of varve::Stats.
struct Counters {
  Counter batches_written, records_written, deletes_written, bytes_written, writes_failed;
  Counter writes_slowed, writes_stopped;
  Counter wal_groups, wal_syncs;
  Counter flushes, flush_bytes;
  Counter compactions, compaction_bytes_read, compaction_bytes_written;
  Counter collections, records_expired, records_purged, maintenance_failures;
  Counter gets, scans, records_read, damage_left_out, snapshots;
  LatencyHistogram write_latency, get_latency, query_latency;
  LatencyHistogram sync_latency, flush_latency, compaction_latency;
};

}  // namespace varve::engine
