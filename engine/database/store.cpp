#include "engine/database/store.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/directory/relieved_directory.hpp"
#include "engine/io/descriptor_limit.hpp"

namespace varve::engine {

namespace {

/// How many tables are open at most, beside the log, the manifest and the lock.
std::size_t files_max() {
  constexpr std::size_t most = 200;
  // The rest is the program's: most have 1,024, and some of them 64.
  constexpr std::size_t share = 4;
  return std::min(most, descriptor_limit() / share);
}

/// Who only reads keeps all open, since a writer may remove their names.
std::size_t files_max_to_read() { return std::numeric_limits<std::size_t>::max(); }

/// The directory as all but who only reads uses it.
std::shared_ptr<Directory> with_relief(std::shared_ptr<Directory> directory, Mode mode,
                                       std::function<bool()> give_back) {
  if (mode == Mode::read_only) return directory;
  return relieved_directory(std::move(directory), std::move(give_back));
}

}  // namespace

Store::Store(Options with, std::shared_ptr<Directory> at, const EngineSizes& cut_by)
    : options(std::move(with)),
      directory(with_relief(std::move(at), options.mode, [this] { return files.give_back(); })),
      sizes(cut_by),
      log(options.log),
      started_at(options.clock->wall()),
      expiry_clock(*options.clock),
      trusted_clock(*options.clock, [this] { return expiry_clock.now(); }),
      cache(options.block_cache_bytes),
      files(directory, options.mode == Mode::read_only ? files_max_to_read : files_max),
      tables{.directory = directory,
             .cache = &cache,
             .files = &files,
             .log = log,
             .left_out = &counters.damage_left_out,
             .pinned_bytes = &counters.pinned_bytes} {}

Store::~Store() { VARVE_ASSERT(uses_ == 0); }

void Store::set_versions(std::unique_ptr<VersionSet> loaded) {
  VARVE_ASSERT(loaded && !versions);
  versions = std::move(loaded);
  if (const auto stored = versions->version()->trusted_time) trusted_clock.resume(stored->time);
  label_reader = std::make_unique<query::LabelReader>(versions->published(), label_feed);
}

void Store::let_go() {
  while (files.give_back()) {
  }
  cache.clear();
}

void Store::report(Stats& stats) const {
  stats.started_at = started_at;
  stats.batches_written = counters.batches_written.value();
  stats.records_written = counters.records_written.value();
  stats.records_written_expired = counters.records_written_expired.value();
  stats.deletes_written = counters.deletes_written.value();
  stats.bytes_written = counters.bytes_written.value();
  stats.writes_failed = counters.writes_failed.value();
  stats.writes_slowed = counters.writes_slowed.value();
  stats.writes_stopped = counters.writes_stopped.value();
  stats.writes_far_from_clock = counters.writes_far_from_clock.value();
  stats.last_sequence = versions->visible_sequence();
  stats.wal_groups = counters.wal_groups.value();
  stats.wal_syncs = counters.wal_syncs.value();

  const auto view = versions->view(0);
  stats.memtables = view->memtables().size();
  for (const auto& memtable : view->memtables()) {
    stats.memtable_bytes += memtable->bytes();
    stats.memtable_records += memtable->row_count();
  }
  stats.pinned_memtable_bytes = versions->published().pinned_bytes();
  stats.cache_bytes = cache.bytes();
  stats.cache_hits = cache.hits();
  stats.cache_misses = cache.misses();
  static_assert(Stats::levels_max == level_count);
  for (std::size_t level = 0; level < level_count; ++level) {
    for (const auto& table : view->version().levels[level]) {
      ++stats.levels[level].tables;
      stats.levels[level].bytes += table->meta().size;
      stats.levels[level].records += table->meta().rows - table->meta().tombstones;
    }
    stats.tables += stats.levels[level].tables;
    stats.table_bytes += stats.levels[level].bytes;
  }
  stats.range_tombstones = view->version().tombstones.size();

  stats.flushes = counters.flushes.value();
  stats.flush_bytes = counters.flush_bytes.value();
  stats.flush_given_bytes = counters.flush_given_bytes.value();
  stats.last_flush_at = counters.last_flush_at.value();
  stats.compactions = counters.compactions.value();
  stats.compaction_bytes_read = counters.compaction_bytes_read.value();
  stats.compaction_bytes_written = counters.compaction_bytes_written.value();
  stats.last_compaction_at = counters.last_compaction_at.value();
  stats.collections = counters.collections.value();
  stats.last_collection_at = counters.last_collection_at.value();
  stats.records_expired = counters.records_expired.value();
  stats.records_purged = counters.records_purged.value();
  stats.tables_damaged = counters.tables_damaged.value();
  stats.maintenance_failures = counters.maintenance_failures.value();

  const query::LabelReader::Size labels = label_reader->size();
  stats.labelled_series = labels.series;
  stats.label_index_bytes = labels.bytes;

  stats.gets = counters.gets.value();
  stats.scans = counters.scans.value();
  stats.records_read = counters.records_read.value();
  stats.damage_left_out = counters.damage_left_out.value();
  const Pins::Figures pinned = pins.figures();
  stats.snapshots = pinned.snapshots;
  stats.scans_alive = pinned.scans;
  if (pinned.oldest) stats.oldest_pin_age = options.clock->monotonic() - *pinned.oldest;
  stats.pinned_bytes = counters.pinned_bytes.value();
  stats.write_latency = counters.write_latency.summary();
  stats.get_latency = counters.get_latency.summary();
  stats.query_latency = counters.query_latency.summary();
  stats.sync_latency = counters.sync_latency.summary();
  stats.flush_latency = counters.flush_latency.summary();
  stats.compaction_latency = counters.compaction_latency.summary();
}

}  // namespace varve::engine
