#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "varve/stats.hpp"
#include "varve/time.hpp"

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

/// When something happened last, by the wall clock. Relaxed, as a Counter.
class LastTime {
 public:
  void set(Timestamp at) { at_.store(at, std::memory_order_relaxed); }
  /// Nothing where it has not happened yet.
  std::optional<Timestamp> value() const {
    const Timestamp at = at_.load(std::memory_order_relaxed);
    return at == none ? std::nullopt : std::optional(at);
  }

 private:
  static constexpr Timestamp none = std::numeric_limits<Timestamp>::min();  // No clock says this.

  std::atomic<Timestamp> at_{none};
};

/// What stats() counts and no part keeps for itself. The fields are those of varve::Stats.
struct Counters {
  Counter batches_written, records_written, records_written_expired, deletes_written, bytes_written;
  Counter writes_failed, writes_slowed, writes_stopped, writes_far_from_clock;
  Counter wal_groups, wal_syncs;
  Counter flushes, flush_bytes, flush_given_bytes;
  Counter compactions, compaction_bytes_read, compaction_bytes_written;
  Counter collections, records_expired, records_purged, tables_damaged, maintenance_failures;
  Counter gets, scans, records_read, damage_left_out, pinned_bytes;
  LastTime last_flush_at, last_compaction_at, last_collection_at;
  LatencyHistogram write_latency, get_latency, query_latency;
  LatencyHistogram sync_latency, flush_latency, compaction_latency;
};

}  // namespace varve::engine
