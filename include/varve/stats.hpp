#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "varve/error.hpp"

namespace varve {

/// A distribution of durations since the engine opened. Quantiles are exact to 1/16.
struct LatencySummary {
  std::uint64_t count = 0;
  std::chrono::nanoseconds sum{};
  std::chrono::nanoseconds p50{}, p90{}, p99{}, p999{}, max{};
};

/// Where the engine stands. Counters count from when it opened.
struct Stats {
  // Writes.
  std::uint64_t batches_written = 0;
  std::uint64_t records_written = 0;  ///< Puts; labels given to a series count as one.
  std::uint64_t deletes_written = 0;  ///< Of records and ranges.
  std::uint64_t bytes_written = 0;    ///< Keys, times and values of puts, as given.
  std::uint64_t writes_failed = 0;
  std::uint64_t writes_slowed = 0;   ///< Delayed because flushing was behind.
  std::uint64_t writes_stopped = 0;  ///< Made to wait until a flush finished.
  std::uint64_t queue_bytes = 0;     ///< Accepted, not yet applied.
  std::uint64_t last_sequence = 0;
  std::uint64_t durable_sequence = 0;

  // WAL.
  std::uint64_t wal_bytes = 0;     ///< On disk now.
  std::uint64_t wal_segments = 0;  ///< On disk now.
  std::uint64_t wal_bytes_appended = 0;
  std::uint64_t wal_groups = 0;  ///< Appends. batches_written / wal_groups is the group size.
  std::uint64_t wal_syncs = 0;

  // Memory.
  std::uint64_t memtables = 0;  ///< Active and frozen.
  std::uint64_t memtable_bytes = 0;
  std::uint64_t cache_bytes = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;

  // Tables.
  static constexpr std::size_t levels_max = 8;
  struct Level {
    std::uint64_t tables = 0;
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
  };
  std::array<Level, levels_max> levels{};
  std::uint64_t tables = 0;
  std::uint64_t table_bytes = 0;
  std::uint64_t range_tombstones = 0;

  // Labels: of the index in memory, which the first question about labels builds.
  std::uint64_t labelled_series = 0;
  std::uint64_t label_index_bytes = 0;

  // Maintenance.
  std::uint64_t flushes = 0;
  std::uint64_t flush_bytes = 0;  ///< Written to tables by flushes.
  std::uint64_t compactions = 0;
  std::uint64_t compaction_bytes_read = 0;
  std::uint64_t compaction_bytes_written = 0;
  std::uint64_t collections = 0;
  std::uint64_t records_expired = 0;  ///< Found expired and dropped by flush or compaction.
  std::uint64_t records_purged = 0;   ///< Dropped for good: expired, deleted or replaced.
  std::uint64_t maintenance_failures = 0;
  std::optional<Error> last_error;  ///< Of the newest failure in the background, until it succeeds.

  // Reads.
  std::uint64_t gets = 0;
  std::uint64_t scans = 0;  ///< Queries included.
  std::uint64_t records_read = 0;
  std::uint64_t snapshots = 0;  ///< Alive now.

  /// Reading the clock takes a fifth of a get, so that one in so many is timed.
  static constexpr std::uint64_t gets_for_each_timed = 16;

  LatencySummary write_latency;  ///< From the call to the acknowledgement.
  LatencySummary get_latency;    ///< Of one get() or latest() in gets_for_each_timed.
  LatencySummary query_latency;
  LatencySummary sync_latency;  ///< Of the WAL.
  LatencySummary flush_latency;
  LatencySummary compaction_latency;

  /// Bytes written to tables by flush and compaction, over bytes written by flush.
  double write_amplification() const {
    return flush_bytes == 0 ? 0.0
                            : static_cast<double>(flush_bytes + compaction_bytes_written) /
                                  static_cast<double>(flush_bytes);
  }
};

}  // namespace varve
