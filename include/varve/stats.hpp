#pragma once

#include "varve/detail/requirements.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "varve/error.hpp"
#include "varve/time.hpp"

namespace varve {

/// A distribution of durations since the engine opened. Quantiles are exact to 1/16: each is the
/// upper end of a bucket that is so wide. All are zero while `count` is.
struct LatencySummary {
  std::uint64_t count = 0;
  /// All durations together: sum / count is the mean.
  std::chrono::nanoseconds sum{};
  std::chrono::nanoseconds p50{}, p90{}, p99{}, p999{}, max{};
};

/// Where the engine stands, as Engine::stats() returns it. What counts events (batches written,
/// flushes, hits) counts from when the engine opened, and never falls; what measures (bytes in
/// memory, tables, segments) says how it is now. Sizes are in bytes. Engine::metrics_text() gives
/// the same to Prometheus.
struct Stats {
  /// When the engine opened, by its clock.
  Timestamp started_at = 0;

  // Writes.

  std::uint64_t batches_written = 0;
  /// Puts; labels given to a series count as one.
  std::uint64_t records_written = 0;
  /// Those of them that had expired when they were written, which no read will ever return: their
  /// ts is older than their TTL, or the clock is wrong. Receipt::expired has those of one write.
  std::uint64_t records_written_expired = 0;
  /// Deletes, of records and of ranges: a range counts as one.
  std::uint64_t deletes_written = 0;
  /// Keys, times and values of puts, as given: what the user wrote, before any encoding.
  std::uint64_t bytes_written = 0;
  /// Batches that were refused after they had entered the queue.
  std::uint64_t writes_failed = 0;
  /// Writes that were delayed because flushing was behind. Growing steadily: the disk is too slow,
  /// or Options::memtable_bytes too small for the bursts.
  std::uint64_t writes_slowed = 0;
  /// Times that all writes waited until a flush finished.
  std::uint64_t writes_stopped = 0;
  /// How far from the engine's clock a ts may lie before it looks like a mistake.
  static constexpr Duration far_from_clock = std::chrono::days(3'652);
  /// Batches with a put whose ts lies further from the clock, before or after it. That of a current
  /// reading does not: it is in another unit than microseconds, or the clock is wrong.
  std::uint64_t writes_far_from_clock = 0;
  /// Accepted and not yet applied, now. At most Options::queue_bytes.
  std::uint64_t queue_bytes = 0;
  /// Sequence of the newest batch that reads can see.
  std::uint64_t last_sequence = 0;
  /// Sequence up to which every batch is known to survive a power cut. The difference to
  /// last_sequence is what one could take back now, in batches.
  std::uint64_t durable_sequence = 0;

  // WAL. Zero under Durability::none().

  /// On disk now, spare segments included. At most about Options::wal_bytes.
  std::uint64_t wal_bytes = 0;
  /// Files on disk now, spare segments included.
  std::uint64_t wal_segments = 0;
  std::uint64_t wal_bytes_appended = 0;
  /// Appends: each writes a group of batches. batches_written / wal_groups is the size of a group.
  std::uint64_t wal_groups = 0;
  /// Syncs of the log. batches_written / wal_syncs says how many batches shared one.
  std::uint64_t wal_syncs = 0;

  // Memory.

  /// The active one, and up to two that wait to be flushed.
  std::uint64_t memtables = 0;
  /// Memory that those take. At most about three times Options::memtable_bytes.
  std::uint64_t memtable_bytes = 0;
  /// Records in those. Replaced and expired ones count, and so do deletes of records.
  std::uint64_t memtable_records = 0;
  /// Memory of memtables that were flushed, and that a snapshot, a scan or a read under way keeps.
  std::uint64_t pinned_memtable_bytes = 0;
  /// Decoded blocks, indexes and filters. At most Options::block_cache_bytes.
  std::uint64_t cache_bytes = 0;
  std::uint64_t cache_hits = 0;
  /// Each is a read from disk. Many beside few hits: a larger cache would pay.
  std::uint64_t cache_misses = 0;

  // Tables, as of the newest version: what is only pinned still is counted in pinned_bytes.

  static constexpr std::size_t levels_max = 8;
  /// The tables of one level. Level 0 holds what was flushed and not yet compacted.
  struct Level {
    std::uint64_t tables = 0;
    std::uint64_t bytes = 0;
    /// Replaced and expired ones that are not yet dropped included.
    std::uint64_t records = 0;
  };
  std::array<Level, levels_max> levels{};
  /// The sums over all levels.
  std::uint64_t tables = 0;
  std::uint64_t table_bytes = 0;
  /// Range deletes that may still hide something.
  std::uint64_t range_tombstones = 0;

  // Labels: of the index in memory, which the first question about labels builds. Zero until then,
  // but for the last.

  std::uint64_t labelled_series = 0;
  /// The changes that the index has not taken in yet count, up to 16 MiB.
  std::uint64_t label_index_bytes = 0;
  /// Series that have labels and no record, when they were counted last: collect_garbage() counts
  /// them, and so does the background, every hour at most, where something was deleted or purged.
  /// Empty before that, and where damage keeps them from being counted. Query::without_records()
  /// lists them, and CollectOptions has their labels removed.
  std::optional<std::uint64_t> series_without_records;

  // Maintenance, in the background or on demand. What opening itself had to do does not count.

  std::uint64_t flushes = 0;
  /// Bytes that flushes wrote to tables.
  std::uint64_t flush_bytes = 0;
  /// Keys, times and values of what they wrote, before any encoding.
  std::uint64_t flush_given_bytes = 0;
  /// When the newest flush ended, by the engine's clock; empty before the first.
  std::optional<Timestamp> last_flush_at;
  std::uint64_t compactions = 0;
  std::uint64_t compaction_bytes_read = 0;
  std::uint64_t compaction_bytes_written = 0;
  std::optional<Timestamp> last_compaction_at;
  std::uint64_t collections = 0;
  std::optional<Timestamp> last_collection_at;
  /// Records that were found expired and dropped by a compaction or a collection.
  std::uint64_t records_expired = 0;
  /// Records dropped for good because they had expired, were deleted or replaced, and deletes
  /// dropped because they no longer hid anything.
  std::uint64_t records_purged = 0;
  /// Tables that maintenance found damaged, and has left out since: they stay as they are, and what
  /// they overlap is not compacted with them.
  std::uint64_t tables_damaged = 0;
  /// Background jobs that failed. Each is tried again.
  std::uint64_t maintenance_failures = 0;
  /// Why the newest failed job of the background failed; empty once one of its kind succeeded.
  /// After a failed sync of the WAL, and a failed flush in its place, it says why writes stopped;
  /// where the newest writes found no memory, it says that.
  std::optional<Error> last_error;

  // Reads.

  std::uint64_t gets = 0;
  /// Queries, counts and aggregates included.
  std::uint64_t scans = 0;
  std::uint64_t records_read = 0;
  /// How often reads with ReadOptions::skip_damaged() left out a block or a table. Not how many of
  /// them are damaged: each read counts anew.
  std::uint64_t damage_left_out = 0;
  // What is pinned. One of these that never falls to zero is forgotten somewhere.

  /// Snapshots alive now; copies of one count once.
  std::uint64_t snapshots = 0;
  /// Scans alive now that were not followed to their end.
  std::uint64_t scans_alive = 0;
  /// How long the oldest of both has been alive; zero where there is none.
  std::chrono::nanoseconds oldest_pin_age{};
  /// Bytes of tables that are replaced, and stay on disk for those, or for a read under way.
  std::uint64_t pinned_bytes = 0;

  /// Reading the clock takes a fifth of a get, so that one in so many is timed.
  static constexpr std::uint64_t gets_for_each_timed = 16;

  // How long things took.

  /// From the call to the acknowledgement.
  LatencySummary write_latency;
  /// One get() or latest() in gets_for_each_timed.
  LatencySummary get_latency;
  /// Each query(), aggregate(), count() and series_list(); not scans.
  LatencySummary query_latency;
  /// Each sync of the WAL.
  LatencySummary sync_latency;
  LatencySummary flush_latency;
  LatencySummary compaction_latency;

  /// What the engine holds in memory: memtables, those that are pinned too, cache, queue, and the
  /// index of labels. What reads and maintenance take while they run comes on top (Options).
  std::uint64_t memory_bytes() const {
    return memtable_bytes + pinned_memtable_bytes + cache_bytes + queue_bytes + label_index_bytes;
  }

  /// How many bytes of keys, times and values a byte of table holds, of what was flushed. 0 before
  /// the first flush.
  double compression_ratio() const {
    return flush_bytes == 0
               ? 0.0
               : static_cast<double>(flush_given_bytes) / static_cast<double>(flush_bytes);
  }

  /// Bytes written to tables by flush and compaction, over bytes written by flush: how often a
  /// record was written to a table. 1 is the least; larger values wear flash more. 0 before the
  /// first flush.
  double write_amplification() const {
    return flush_bytes == 0 ? 0.0
                            : static_cast<double>(flush_bytes + compaction_bytes_written) /
                                  static_cast<double>(flush_bytes);
  }
};

}  // namespace varve
