#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/database/engine_impl.hpp"

namespace varve {

namespace {

double in_seconds(auto duration) { return std::chrono::duration<double>(duration).count(); }

/// Writes metrics in the Prometheus text exposition format, version 0.0.4.
class Exposition {
 public:
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    head(name, help, "counter");
    sample(name, "", value);
  }
  void gauge(std::string_view name, std::string_view help, auto value) {
    head(name, help, "gauge");
    sample(name, "", value);
  }
  /// As Prometheus has moments: seconds since the Unix epoch, and 0 for none.
  void moment(std::string_view name, std::string_view help, std::optional<Timestamp> at) {
    gauge(name, help, in_seconds(Duration(at.value_or(0))));
  }
  void levels(std::string_view name, std::string_view help, const Stats& stats,
              std::uint64_t Stats::Level::* field) {
    head(name, help, "gauge");
    for (std::size_t level = 0; level < stats.levels.size(); ++level) {
      sample(name, "{level=\"" + std::to_string(level) + "\"}", stats.levels[level].*field);
    }
  }
  void summary(std::string_view name, std::string_view help, const LatencySummary& latency) {
    head(name, help, "summary");
    const std::array quantiles = {std::pair("0.5", latency.p50), std::pair("0.9", latency.p90),
                                  std::pair("0.99", latency.p99), std::pair("0.999", latency.p999)};
    for (const auto& [quantile, value] : quantiles) {
      sample(name, std::string("{quantile=\"") + quantile + "\"}", in_seconds(value));
    }
    sample(std::string(name) + "_sum", "", in_seconds(latency.sum));
    sample(std::string(name) + "_count", "", latency.count);
  }

  std::string take() { return std::move(text_); }

 private:
  void head(std::string_view name, std::string_view help, std::string_view type) {
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  template <class Number>
  void sample(std::string_view name, std::string_view labels, Number value) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text_.append(name).append(labels).append(" ");
    text_.append(digits.data(), end).append("\n");
  }

  std::string text_;
};

void add_writes(Exposition& to, const Stats& stats) {
  to.counter("varve_batches_written_total", "Batches applied.", stats.batches_written);
  to.counter("varve_records_written_total", "Records put.", stats.records_written);
  to.counter("varve_records_written_expired_total", "Records put that had expired already.",
             stats.records_written_expired);
  to.counter("varve_deletes_written_total", "Deletes of records and ranges.",
             stats.deletes_written);
  to.counter("varve_written_bytes_total", "Keys, times and values of records put, as given.",
             stats.bytes_written);
  to.counter("varve_writes_failed_total", "Batches refused after they were queued.",
             stats.writes_failed);
  to.counter("varve_writes_slowed_total", "Writes delayed because flushing was behind.",
             stats.writes_slowed);
  to.counter("varve_writes_stopped_total", "Times that writing waited for a flush.",
             stats.writes_stopped);
  to.counter("varve_writes_far_from_clock_total",
             "Batches with times over ten years from the clock.", stats.writes_far_from_clock);
  to.gauge("varve_queue_bytes", "Bytes of writes accepted and not yet applied.", stats.queue_bytes);
  to.gauge("varve_last_sequence", "Newest batch that reads can see.", stats.last_sequence);
  to.gauge("varve_durable_sequence", "Newest batch known to survive a power cut.",
           stats.durable_sequence);
}

void add_log(Exposition& to, const Stats& stats) {
  to.gauge("varve_wal_bytes", "Bytes of the write-ahead log on disk.", stats.wal_bytes);
  to.gauge("varve_wal_segments", "Files of the write-ahead log.", stats.wal_segments);
  to.counter("varve_wal_appended_bytes_total", "Bytes appended to the write-ahead log.",
             stats.wal_bytes_appended);
  to.counter("varve_wal_groups_total", "Groups of batches appended with one write.",
             stats.wal_groups);
  to.counter("varve_wal_syncs_total", "Syncs of the write-ahead log.", stats.wal_syncs);
  to.gauge("varve_wal_group_batches", "Mean batches in a group.",
           stats.wal_groups == 0 ? 0.0
                                 : static_cast<double>(stats.batches_written) /
                                       static_cast<double>(stats.wal_groups));
}

void add_content(Exposition& to, const Stats& stats) {
  to.gauge("varve_memtables", "Memtables, active and frozen.", stats.memtables);
  to.gauge("varve_memtable_bytes", "Memory of the memtables.", stats.memtable_bytes);
  to.gauge("varve_memtable_records", "Records in the memtables, replaced ones included.",
           stats.memtable_records);
  to.gauge("varve_pinned_memtable_bytes", "Memory of flushed memtables that reads keep.",
           stats.pinned_memtable_bytes);
  to.gauge("varve_memory_bytes", "Memory of memtables, cache, queue and the index of labels.",
           stats.memory_bytes());
  to.gauge("varve_cache_bytes", "Memory of cached blocks and indexes.", stats.cache_bytes);
  to.counter("varve_cache_hits_total", "Blocks found in the cache.", stats.cache_hits);
  to.counter("varve_cache_misses_total", "Blocks read from disk.", stats.cache_misses);

  to.levels("varve_level_tables", "Tables of a level.", stats, &Stats::Level::tables);
  to.levels("varve_level_bytes", "Bytes of a level's tables.", stats, &Stats::Level::bytes);
  to.levels("varve_level_records", "Records in a level's tables, replaced ones included.", stats,
            &Stats::Level::records);
  to.gauge("varve_range_tombstones", "Range deletes that still hide something.",
           stats.range_tombstones);

  to.gauge("varve_labelled_series", "Series in the index of labels.", stats.labelled_series);
  to.gauge("varve_label_index_bytes", "Memory of the index of labels.", stats.label_index_bytes);
  if (stats.series_without_records) {
    to.gauge("varve_series_without_records", "Series with labels and no record, when counted last.",
             *stats.series_without_records);
  }
}

void add_maintenance(Exposition& to, const Stats& stats) {
  to.counter("varve_flushes_total", "Memtables flushed.", stats.flushes);
  to.counter("varve_flush_bytes_total", "Bytes that flushes wrote.", stats.flush_bytes);
  to.counter("varve_flush_given_bytes_total",
             "Keys, times and values that flushes wrote, before encoding.",
             stats.flush_given_bytes);
  to.moment("varve_last_flush_time_seconds", "When the newest flush ended.", stats.last_flush_at);
  to.counter("varve_compactions_total", "Compactions.", stats.compactions);
  to.counter("varve_compaction_read_bytes_total", "Bytes that compactions read.",
             stats.compaction_bytes_read);
  to.counter("varve_compaction_written_bytes_total", "Bytes that compactions wrote.",
             stats.compaction_bytes_written);
  to.moment("varve_last_compaction_time_seconds", "When the newest compaction ended.",
            stats.last_compaction_at);
  to.counter("varve_collections_total", "Garbage collections.", stats.collections);
  to.moment("varve_last_collection_time_seconds", "When the newest garbage collection ended.",
            stats.last_collection_at);
  to.counter("varve_records_expired_total", "Expired records dropped for good.",
             stats.records_expired);
  to.counter("varve_records_purged_total", "Records dropped: expired, deleted or replaced.",
             stats.records_purged);
  to.counter("varve_tables_damaged_total", "Tables that maintenance found damaged and leaves out.",
             stats.tables_damaged);
  to.counter("varve_maintenance_failures_total", "Background jobs that failed and are retried.",
             stats.maintenance_failures);
  to.gauge("varve_maintenance_failing", "1 while the newest background job of a kind has failed.",
           std::uint64_t{stats.last_error ? 1u : 0u});
  to.gauge("varve_write_amplification", "Bytes of flush and compaction over bytes of flush.",
           stats.write_amplification());
  to.gauge("varve_compression_ratio", "Bytes given over bytes of flush.",
           stats.compression_ratio());
}

void add_reads(Exposition& to, const Stats& stats) {
  to.counter("varve_gets_total", "Point reads.", stats.gets);
  to.counter("varve_scans_total", "Queries and scans.", stats.scans);
  to.counter("varve_records_read_total", "Records returned.", stats.records_read);
  to.counter("varve_damage_left_out_total", "Blocks and tables that reads past damage left out.",
             stats.damage_left_out);
  to.gauge("varve_snapshots", "Snapshots alive.", stats.snapshots);
  to.gauge("varve_scans_alive", "Scans alive.", stats.scans_alive);
  to.gauge("varve_oldest_pin_age_seconds", "Age of the oldest snapshot or scan.",
           in_seconds(stats.oldest_pin_age));
  to.gauge("varve_pinned_bytes", "Bytes of replaced tables that reads keep on disk.",
           stats.pinned_bytes);
}

void add_latencies(Exposition& to, const Stats& stats) {
  to.summary("varve_write_seconds", "From the call to the acknowledgement.", stats.write_latency);
  to.summary("varve_get_seconds",
             "Of one get or latest in " + std::to_string(Stats::gets_for_each_timed) + '.',
             stats.get_latency);
  to.summary("varve_query_seconds", "Of eager queries.", stats.query_latency);
  to.summary("varve_sync_seconds", "Of syncs of the write-ahead log.", stats.sync_latency);
  to.summary("varve_flush_seconds", "Of flushes.", stats.flush_latency);
  to.summary("varve_compaction_seconds", "Of compactions.", stats.compaction_latency);
}

}  // namespace

std::string metrics_text(const Stats& stats) {
  Exposition to;
  add_writes(to, stats);
  add_log(to, stats);
  add_content(to, stats);
  add_maintenance(to, stats);
  add_reads(to, stats);
  add_latencies(to, stats);
  to.moment("varve_start_time_seconds", "When the engine opened.", stats.started_at);
  return to.take();
}

}  // namespace varve
