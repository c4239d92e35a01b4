#include <algorithm>
#include <span>
#include <utility>

#include "engine/database/engine_impl.hpp"
#include "engine/version/view.hpp"
#include "query/aggregate/aggregate_answers.hpp"
#include "query/aggregate/aggregation_plan.hpp"
#include "query/aggregate/downsample.hpp"
#include "query/scan/answers.hpp"
#include "query/scan/block_source.hpp"
#include "query/scan/parallel_source.hpp"
#include "query/scan/plan.hpp"
#include "varve/try.hpp"

namespace varve {

using engine::Gate;
using query::BlockSource;

namespace {

std::unexpected<Error> closed() { return fail(Errc::closed, "the engine is closed"); }

Record record_of(std::string_view key, engine::Row row) {
  return {std::string(key), row.ts, std::move(row.value), row.expires_at};
}

/// Records how long a read took, whichever way it ends.
class Timer {
 public:
  Timer(const Clock& clock, engine::LatencyHistogram& histogram)
      : clock_(clock), histogram_(histogram), begun_(clock.monotonic()) {}
  ~Timer() { histogram_.record(clock_.monotonic() - begun_); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  const Clock& clock_;
  engine::LatencyHistogram& histogram_;
  const std::chrono::nanoseconds begun_;
};

/// Counts what a scan gives out. The gate is not held: a scan pins what it reads.
class CountingSource final : public Scan::Source {
 public:
  CountingSource(std::unique_ptr<Scan::Source> source, engine::Counters& counters)
      : source_(std::move(source)), counters_(counters) {}

  Result<std::span<const Block>> next_blocks() override {
    VARVE_TRY(const auto blocks, source_->next_blocks());
    std::size_t records = 0;
    for (const Block& block : blocks) records += block.size();
    counters_.records_read.add(records);
    return blocks;
  }

 private:
  std::unique_ptr<Scan::Source> source_;
  engine::Counters& counters_;
};

}  // namespace

std::uint64_t Snapshot::sequence() const { return view_->sequence(); }
Timestamp Snapshot::now() const { return view_->now(); }

std::shared_ptr<const engine::View> EngineImpl::snapshot_of(const ReadOptions& options) const {
  return options.snapshot() ? options.snapshot()->view_ : nullptr;
}

std::shared_ptr<const engine::View> EngineImpl::view_of(const ReadOptions& options) const {
  auto snapshot = snapshot_of(options);
  return snapshot ? snapshot : parts_.versions->view(parts_.expiry_clock->now());
}

Result<std::unique_ptr<BlockSource>> EngineImpl::source_of(const Query& query,
                                                           const ReadOptions& options) {
  VARVE_TRY(auto selected, select(query, options));
  return BlockSource::open(std::move(selected.view), query, options, std::move(selected.keys));
}

Result<EngineImpl::Selected> EngineImpl::select(const Query& query, const ReadOptions& options) {
  if (query.matchers().empty()) return Selected{view_of(options), {}};
  VARVE_TRY(auto selected, label_reader_->select(query, options, snapshot_of(options),
                                                 parts_.expiry_clock->now()));
  return Selected{std::move(selected.view), std::move(selected.keys)};
}

Result<std::unique_ptr<query::AnswerSource>> EngineImpl::blocks_of(const Query& query,
                                                                   const ReadOptions& options,
                                                                   const query::Covers& covers) {
  if (options.threads() <= 1 || parts_.options.threadless) {
    VARVE_TRY(auto source, source_of(query, options));
    source->pass_over(covers);
    return source;
  }
  VARVE_TRY(const auto selected, select(query, options));
  VARVE_TRY(const auto bounds, query::bounds_of(query));
  // More parts than threads, since some take longer than others.
  const std::size_t threads = std::min(options.threads(), query::scan_threads_max);
  VARVE_TRY(auto parts, query::split_keys(*selected.view, bounds, query::cursor_options(options),
                                          threads * 4, parts_.sizes.parts.rows_min));
  const bool may_pass_over = query.limit() == Query::unlimited;
  const auto open =
      [=](const engine::KeyRange& part) -> Result<std::unique_ptr<query::AnswerSource>> {
    VARVE_TRY(auto source, BlockSource::open(selected.view, query, options, selected.keys, part));
    if (may_pass_over) source->pass_over(covers);
    return source;
  };
  if (parts.size() == 1) return open(bounds.keys);
  return query::parallel_source(std::move(parts), open, threads, query.limit(),
                                parts_.sizes.parts.waiting_bytes_max);
}

template <class Find>
Result<std::optional<Record>> EngineImpl::read_one(std::string_view key, const ReadOptions& options,
                                                   Find find) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  VARVE_CHECK(engine::check_key(key));
  std::optional<Timer> timer;
  if (parts_.counters->gets.add() % Stats::gets_for_each_timed == 0) {
    timer.emplace(*parts_.options.clock, parts_.counters->get_latency);
  }
  const std::string internal = engine::internal_key(key);
  const auto snapshot = snapshot_of(options);
  VARVE_TRY(auto row, snapshot
                          ? find(*snapshot, internal)
                          : find(parts_.versions->view_here(parts_.expiry_clock->now()), internal));
  if (!row) return std::optional<Record>();
  parts_.counters->records_read.add();
  return record_of(key, std::move(*row));
}

Result<std::optional<Record>> EngineImpl::get(std::string_view key, Timestamp ts,
                                              const ReadOptions& options) {
  return read_one(key, options, [&](const engine::View& view, std::string_view internal) {
    return view.get(internal, ts, query::cursor_options(options));
  });
}

Result<std::optional<Record>> EngineImpl::latest(std::string_view key, const ReadOptions& options) {
  return read_one(key, options, [&](const engine::View& view, std::string_view internal) {
    return view.newest(internal, query::cursor_options(options));
  });
}

Result<std::vector<Record>> EngineImpl::latest_n(std::string_view key, std::size_t count,
                                                 const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  VARVE_CHECK(engine::check_key(key));
  parts_.counters->gets.add();
  VARVE_TRY(auto rows, view_of(options)->latest(engine::internal_key(key), count,
                                                query::cursor_options(options)));
  parts_.counters->records_read.add(rows.size());
  std::vector<Record> records;
  records.reserve(rows.size());
  for (engine::Row& row : rows) records.push_back(record_of(key, std::move(row)));
  return records;
}

Result<std::vector<Record>> EngineImpl::query(const Query& query, const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  const Timer timer(*parts_.options.clock, parts_.counters->query_latency);
  parts_.counters->scans.add();
  VARVE_TRY(const auto source, blocks_of(query, options, nullptr));
  VARVE_TRY(auto records, query::records(*source));
  parts_.counters->records_read.add(records.size());
  return records;
}

Result<Scan> EngineImpl::scan(const Query& query, const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  parts_.counters->scans.add();
  VARVE_TRY(auto source, blocks_of(query, options, nullptr));
  return Scan(std::make_unique<CountingSource>(std::move(source), *parts_.counters));
}

void EngineImpl::group_by_label(query::AggregationPlan& plan, ReadOptions& options) {
  if (!plan.group_label) return;
  // Labels and records of one moment.
  options.snapshot(Snapshot(view_of(options)));
  plan.group_of = [this, &plan, &options](std::string_view key) -> Result<std::string> {
    VARVE_TRY(const Labels found, labels(key, options));
    return std::string(found.value_of(*plan.group_label));
  };
}

Result<std::vector<Aggregate>> EngineImpl::aggregate(const Query& query,
                                                     const Aggregation& aggregation,
                                                     const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  const Timer timer(*parts_.options.clock, parts_.counters->query_latency);
  parts_.counters->scans.add();
  VARVE_TRY(auto plan, query::plan_of(query, std::span(&aggregation, 1)));
  ReadOptions at_one_moment = options;
  group_by_label(plan, at_one_moment);
  VARVE_TRY(const auto source, blocks_of(query, at_one_moment, plan.covers()));
  return query::aggregates(*source, plan);
}

Result<std::uint64_t> EngineImpl::downsample(const Query& query, Duration every,
                                             std::vector<Aggregation> functions,
                                             std::string_view target_prefix,
                                             const WriteOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  VARVE_TRY(auto plan, query::downsample_plan(query, every, std::move(functions), target_prefix));
  parts_.counters->scans.add();
  ReadOptions once = ReadOptions().fill_cache(false);
  group_by_label(plan, once);
  VARVE_TRY(const auto source, blocks_of(query, once, plan.covers()));
  const auto labels_of = [&](std::string_view answer, std::string_view target) -> Result<Labels> {
    VARVE_TRY(const Labels known, labels(target, {}));
    if (!known.empty()) return Labels();
    if (!plan.grouped()) return labels(answer, once);
    if (!plan.group_label || answer.empty()) return Labels();
    return Labels{{*plan.group_label, std::string(answer)}};
  };
  return query::downsample(*source, plan, target_prefix, labels_of,
                           [&](WriteBatch& batch) -> Status {
                             VARVE_CHECK(write(batch, options, Mode::blocking));
                             return {};
                           });
}

Result<std::vector<std::string>> EngineImpl::series_list(const Query& query,
                                                         const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  const Timer timer(*parts_.options.clock, parts_.counters->query_latency);
  parts_.counters->scans.add();
  // The limit counts keys here, so one record of each is enough.
  Query one_of_each = query;
  one_of_each.limit(Query::unlimited).per_series(1);
  VARVE_TRY(const auto source, source_of(one_of_each, options));
  return query::series_list(*source, query.limit());
}

Result<std::uint64_t> EngineImpl::count(const Query& query, const ReadOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  const Timer timer(*parts_.options.clock, parts_.counters->query_latency);
  parts_.counters->scans.add();
  const auto covers = [](const query::BlockStatistics&) { return true; };
  VARVE_TRY(const auto source, blocks_of(query, options, covers));
  return query::count(*source);
}

Result<Snapshot> EngineImpl::snapshot() {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  auto view = view_of({});
  parts_.counters->snapshots.add();
  // An alias that counts itself: the view lives in its deleter.
  const engine::View* address = view.get();
  return Snapshot(std::shared_ptr<const engine::View>(
      address, [view = std::move(view), counters = parts_.counters.get()](const engine::View*) {
        counters->snapshots.subtract();
      }));
}

Stats EngineImpl::stats() const {
  const engine::Counters& counters = *parts_.counters;
  Stats stats;
  stats.batches_written = counters.batches_written.value();
  stats.records_written = counters.records_written.value();
  stats.deletes_written = counters.deletes_written.value();
  stats.bytes_written = counters.bytes_written.value();
  stats.writes_failed = counters.writes_failed.value();
  stats.writes_slowed = counters.writes_slowed.value();
  stats.writes_stopped = counters.writes_stopped.value();
  stats.queue_bytes = committer_->queued_bytes();
  stats.last_sequence = parts_.versions->visible_sequence();
  stats.durable_sequence = syncer_->durable();
  if (parts_.wal) {
    stats.wal_bytes = parts_.wal->bytes();
    stats.wal_segments = parts_.wal->segment_count();
    stats.wal_bytes_appended = parts_.wal->bytes_appended();
  }
  stats.wal_groups = counters.wal_groups.value();
  stats.wal_syncs = counters.wal_syncs.value();

  const auto view = parts_.versions->view(0);
  stats.memtables = view->memtables().size();
  for (const auto& memtable : view->memtables()) stats.memtable_bytes += memtable->bytes();
  stats.cache_bytes = parts_.cache->bytes();
  stats.cache_hits = parts_.cache->hits();
  stats.cache_misses = parts_.cache->misses();
  static_assert(Stats::levels_max == engine::level_count);
  for (std::size_t level = 0; level < engine::level_count; ++level) {
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
  stats.compactions = counters.compactions.value();
  stats.compaction_bytes_read = counters.compaction_bytes_read.value();
  stats.compaction_bytes_written = counters.compaction_bytes_written.value();
  stats.collections = counters.collections.value();
  stats.records_expired = counters.records_expired.value();
  stats.records_purged = counters.records_purged.value();
  stats.maintenance_failures = counters.maintenance_failures.value();
  stats.last_error = keeper_->last_error();
  if (syncer_->failed()) stats.last_error = engine::Syncer::read_only_error();

  const query::LabelReader::Size labels = label_reader_->size();
  stats.labelled_series = labels.series;
  stats.label_index_bytes = labels.bytes;

  stats.gets = counters.gets.value();
  stats.scans = counters.scans.value();
  stats.records_read = counters.records_read.value();
  stats.snapshots = counters.snapshots.value();
  stats.write_latency = counters.write_latency.summary();
  stats.get_latency = counters.get_latency.summary();
  stats.query_latency = counters.query_latency.summary();
  stats.sync_latency = counters.sync_latency.summary();
  stats.flush_latency = counters.flush_latency.summary();
  stats.compaction_latency = counters.compaction_latency.summary();
  return stats;
}

}  // namespace varve
