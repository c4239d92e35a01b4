#include "engine/database/reads.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/fork.hpp"
#include "engine/database/pinned_scan.hpp"
#include "engine/version/label_records.hpp"
#include "engine/version/note_records.hpp"
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

std::uint64_t Snapshot::sequence() const { return pinned_->view->sequence(); }
Timestamp Snapshot::now() const { return pinned_->view->now(); }

namespace engine {

using query::BlockSource;

namespace {

Record record_of(std::string_view key, Row row) {
  return {std::string(key), row.ts, std::move(row.value), row.expires_at};
}

/// Records how long a read took, whichever way it ends.
class Timer {
 public:
  Timer(const Clock& clock, LatencyHistogram& histogram)
      : clock_(clock), histogram_(histogram), begun_(clock.monotonic()) {}
  ~Timer() { histogram_.record(clock_.monotonic() - begun_); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  const Clock& clock_;
  LatencyHistogram& histogram_;
  const std::chrono::nanoseconds begun_;
};

/// Only latest() and latest_n() take it.
Status refuse_as_of(const ReadOptions& options) {
  if (!options.as_of()) return {};
  return fail(Errc::invalid_argument,
              "ReadOptions::as_of: latest() and latest_n() alone take it; see Query::between()");
}

/// Only lists of series take it.
Status refuse_without_records(const Query& query) {
  if (!query.is_without_records()) return {};
  return fail(Errc::invalid_argument,
              "Query::without_records: series_list() and described_series() alone take it");
}

}  // namespace

Reads::Reads(std::shared_ptr<Store> store, std::shared_ptr<Gate> gate)
    : store_(std::move(store)), use_(*store_), gate_(std::move(gate)) {
  VARVE_ASSERT(store_->versions && store_->label_reader);
}

Result<Reads::ViewPointer> Reads::snapshot_of(const ReadOptions& options) const {
  if (!options.snapshot()) return ViewPointer();
  const auto& pinned = options.snapshot()->pinned_;
  if (!pinned) {
    return fail(Errc::invalid_argument, "ReadOptions::snapshot: one that was moved from");
  }
  if (pinned->store != store_) {
    return fail(Errc::invalid_argument, "ReadOptions::snapshot: one of another engine");
  }
  return pinned->view;
}

Result<Reads::ViewPointer> Reads::view_of(const ReadOptions& options) const {
  if (options.snapshot()) return snapshot_of(options);
  return store_->versions->view(store_->expiry_clock.now());
}

Result<std::unique_ptr<BlockSource>> Reads::source_of(const Query& query,
                                                      const ReadOptions& options) {
  VARVE_TRY(auto selected, select(query, options));
  return BlockSource::open(std::move(selected.view), query, options, std::move(selected.keys));
}

Result<Reads::Selected> Reads::select(const Query& query, const ReadOptions& options) {
  VARVE_CHECK(refuse_as_of(options));
  VARVE_CHECK(refuse_without_records(query));
  if (query.matchers().empty()) {
    VARVE_TRY(auto view, view_of(options));
    return Selected{std::move(view), {}};
  }
  VARVE_TRY(auto snapshot, snapshot_of(options));
  VARVE_TRY(auto selected, store_->label_reader->select(query, options, std::move(snapshot),
                                                        store_->expiry_clock.now()));
  return Selected{std::move(selected.view), std::move(selected.keys)};
}

Result<Reads::Selected> Reads::select_labelled(const Query& query, const ReadOptions& options) {
  if (!query.matchers().empty()) {
    VARVE_TRY(auto snapshot, snapshot_of(options));
    VARVE_TRY(auto selected, store_->label_reader->select(query, options, std::move(snapshot),
                                                          store_->expiry_clock.now(),
                                                          query::LabelIndex::Which::labelled));
    return Selected{std::move(selected.view), std::move(selected.keys)};
  }
  // The label records of all say as much, and need no index.
  VARVE_CHECK(query::bounds_of(query));
  VARVE_TRY(auto view, view_of(options));
  query::KeySelection keys(query::KeySelection::Mode::only);
  VARVE_CHECK(for_each_label_record(
      *view, key_range(KeySpace::labels, query.first_key(), query.end_key()),
      query::cursor_options(options), [&](std::string_view key, std::string_view) -> Result<bool> {
        keys.add(internal_key(key));
        return true;
      }));
  return Selected{std::move(view), std::move(keys)};
}

Result<std::unique_ptr<query::AnswerSource>> Reads::blocks_of(const Query& query,
                                                              const ReadOptions& options,
                                                              const query::Covers& covers) {
  if (options.threads() <= 1 || store_->options.threadless) {
    VARVE_TRY(auto source, source_of(query, options));
    source->pass_over(covers);
    return source;
  }
  VARVE_TRY(const auto selected, select(query, options));
  VARVE_TRY(const auto bounds, query::bounds_of(query));
  // More parts than threads, since some take longer than others.
  const std::size_t threads = std::min(options.threads(), query::scan_threads_max);
  VARVE_TRY(auto parts, query::split_keys(*selected.view, bounds, query::cursor_options(options),
                                          threads * 4, store_->sizes.parts.rows_min));
  const bool may_pass_over = query.limit() == Query::unlimited;
  const auto open = [=](const KeyRange& part) -> Result<std::unique_ptr<query::AnswerSource>> {
    VARVE_TRY(auto source, BlockSource::open(selected.view, query, options, selected.keys, part));
    if (may_pass_over) source->pass_over(covers);
    return source;
  };
  if (parts.size() == 1) return open(bounds.keys);
  return query::parallel_source(std::move(parts), open, threads, query.limit(),
                                store_->sizes.parts.waiting_bytes_max);
}

template <class Find>
Result<std::optional<Record>> Reads::read_one(std::string_view key, const ReadOptions& options,
                                              Find find) {
  VARVE_CHECK(check_key(key));
  std::optional<Timer> timer;
  if (store_->counters.gets.add() % Stats::gets_for_each_timed == 0) {
    timer.emplace(*store_->options.clock, store_->counters.get_latency);
  }
  const std::string internal = internal_key(key);
  const auto look = [&]() -> Result<std::optional<Row>> {
    if (!options.snapshot()) {
      return find(store_->versions->view_here(store_->expiry_clock.now()), internal);
    }
    VARVE_TRY(const auto snapshot, snapshot_of(options));
    return find(*snapshot, internal);
  };
  VARVE_TRY(auto row, look());
  if (!row) return std::optional<Record>();
  store_->counters.records_read.add();
  return record_of(key, std::move(*row));
}

Result<std::optional<Record>> Reads::get(std::string_view key, Timestamp ts,
                                         const ReadOptions& options) {
  VARVE_CHECK(refuse_as_of(options));
  return read_one(key, options, [&](const View& view, std::string_view internal) {
    return view.get(internal, ts, query::cursor_options(options));
  });
}

Result<std::optional<Record>> Reads::latest(std::string_view key, const ReadOptions& options) {
  return read_one(key, options,
                  [&](const View& view, std::string_view internal) -> Result<std::optional<Row>> {
                    const auto cursor = query::cursor_options(options);
                    if (!options.as_of()) return view.newest(internal, cursor);
                    VARVE_TRY(auto rows, view.latest(internal, 1, cursor, *options.as_of()));
                    if (rows.empty()) return std::optional<Row>();
                    return std::optional<Row>(std::move(rows.front()));
                  });
}

Result<std::vector<Record>> Reads::latest_n(std::string_view key, std::size_t count,
                                            const ReadOptions& options) {
  VARVE_CHECK(check_key(key));
  store_->counters.gets.add();
  VARVE_TRY(const auto view, view_of(options));
  VARVE_TRY(auto rows, view->latest(internal_key(key), count, query::cursor_options(options),
                                    options.as_of().value_or(TimeSpan().last)));
  store_->counters.records_read.add(rows.size());
  std::vector<Record> records;
  records.reserve(rows.size());
  for (Row& row : rows) records.push_back(record_of(key, std::move(row)));
  return records;
}

Result<std::vector<Record>> Reads::query(const Query& query, const ReadOptions& options) {
  const Timer timer(*store_->options.clock, store_->counters.query_latency);
  store_->counters.scans.add();
  VARVE_TRY(const auto source, blocks_of(query, options, nullptr));
  VARVE_TRY(auto records, query::records(*source));
  store_->counters.records_read.add(records.size());
  return records;
}

Result<Scan> Reads::scan(const Query& query, const ReadOptions& options) {
  store_->counters.scans.add();
  VARVE_TRY(auto source, blocks_of(query, options, nullptr));
  return Scan(pinned_scan(store_, gate_, std::move(source)));
}

Status Reads::group_by_label(query::AggregationPlan& plan, ReadOptions& options) {
  if (!plan.group_label) return {};
  // Labels and records of one moment.
  VARVE_TRY(auto view, view_of(options));
  options.snapshot(snapshot_on(std::make_unique<PinnedView>(store_, std::move(view))));
  plan.group_of = [this, &plan, &options](std::string_view key) -> Result<std::string> {
    VARVE_TRY(const Labels found, labels(key, options));
    return std::string(found.value_of(*plan.group_label));
  };
  return {};
}

Result<std::vector<Aggregate>> Reads::aggregate(const Query& query, const Aggregation& aggregation,
                                                const ReadOptions& options) {
  const Timer timer(*store_->options.clock, store_->counters.query_latency);
  store_->counters.scans.add();
  VARVE_TRY(auto plan, query::plan_of(query, std::span(&aggregation, 1)));
  ReadOptions at_one_moment = options;
  VARVE_CHECK(group_by_label(plan, at_one_moment));
  VARVE_TRY(const auto source, blocks_of(query, at_one_moment, plan.covers()));
  return query::aggregates(*source, plan);
}

Result<std::uint64_t> Reads::downsample(const Query& query, Duration every,
                                        std::vector<Aggregation> functions,
                                        std::string_view target_prefix,
                                        const std::function<Status(WriteBatch&)>& write) {
  VARVE_TRY(auto plan, query::downsample_plan(query, every, std::move(functions), target_prefix));
  store_->counters.scans.add();
  ReadOptions once = ReadOptions().fill_cache(false);
  VARVE_CHECK(group_by_label(plan, once));
  VARVE_TRY(const auto source, blocks_of(query, once, plan.covers()));
  const auto labels_of_target = [&](std::string_view answer,
                                    std::string_view target) -> Result<Labels> {
    VARVE_TRY(const Labels known, labels(target, {}));
    if (!known.empty()) return Labels();
    if (!plan.grouped()) return labels(answer, once);
    if (!plan.group_label || answer.empty()) return Labels();
    return Labels{{*plan.group_label, std::string(answer)}};
  };
  return query::downsample(*source, plan, target_prefix, labels_of_target, write);
}

Result<std::vector<std::string>> Reads::series_list(const Query& query,
                                                    const ReadOptions& options) {
  const Timer timer(*store_->options.clock, store_->counters.query_latency);
  store_->counters.scans.add();
  VARVE_TRY(Listed listed, list_series(query, options));
  return std::move(listed.keys);
}

Result<std::vector<DescribedSeries>> Reads::described_series(const Query& query,
                                                             const ReadOptions& options) {
  const Timer timer(*store_->options.clock, store_->counters.query_latency);
  store_->counters.scans.add();
  VARVE_TRY(Listed listed, list_series(query, options));
  VARVE_TRY(std::vector<Labels> said,
            labels_of_each(*listed.view, listed.keys, query::cursor_options(options)));
  std::vector<DescribedSeries> described;
  described.reserve(listed.keys.size());
  for (std::size_t i = 0; i < listed.keys.size(); ++i) {
    described.push_back({std::move(listed.keys[i]), std::move(said[i])});
  }
  return described;
}

Result<Reads::Listed> Reads::list_series(const Query& query, const ReadOptions& options) {
  if (query.is_without_records()) return series_without_records(query, options);
  // The limit counts keys here, so one record of each is enough, if the query asks for one at all.
  Query one_of_each = query;
  one_of_each.limit(Query::unlimited).per_series(std::min<std::size_t>(query.per_series(), 1));
  VARVE_TRY(auto selected, select(one_of_each, options));
  VARVE_TRY(const auto source,
            BlockSource::open(selected.view, one_of_each, options, std::move(selected.keys)));
  VARVE_TRY(auto keys, query::series_list(*source, query.limit()));
  return Listed{std::move(selected.view), std::move(keys)};
}

Result<Reads::Listed> Reads::series_without_records(const Query& query,
                                                    const ReadOptions& options) {
  VARVE_CHECK(refuse_as_of(options));
  VARVE_TRY(const auto labelled, select_labelled(query, options));
  Query one_of_each = query;
  one_of_each.limit(Query::unlimited).per_series(1);
  VARVE_TRY(const auto source,
            BlockSource::open(labelled.view, one_of_each, options, labelled.keys));
  VARVE_TRY(auto keys, query::series_without_records(*source, *labelled.keys, query.limit()));
  return Listed{labelled.view, std::move(keys)};
}

Result<std::uint64_t> Reads::count(const Query& query, const ReadOptions& options) {
  const Timer timer(*store_->options.clock, store_->counters.query_latency);
  store_->counters.scans.add();
  const auto covers = [](const query::BlockStatistics&) { return true; };
  VARVE_TRY(const auto source, blocks_of(query, options, covers));
  return query::count(*source);
}

Result<Snapshot> Reads::snapshot() {
  VARVE_TRY(auto view, view_of({}));
  auto pinned = std::make_unique<PinnedView>(store_, std::move(view));
  pinned->hold.emplace(store_->pins, Pins::Kind::snapshot, store_->options.clock->monotonic());
  return snapshot_on(std::move(pinned));
}

/// In a child that was forked it stays: what it pins may be pinned by the parent too, and with the
/// last reference to a table goes its file.
Snapshot Reads::snapshot_on(std::unique_ptr<PinnedView> pinned) {
  return Snapshot(std::shared_ptr<const PinnedView>(pinned.release(), DeleteAtHome()));
}

Result<Labels> Reads::labels(std::string_view key, const ReadOptions& options) {
  VARVE_CHECK(check_key(key));
  VARVE_CHECK(refuse_as_of(options));
  VARVE_TRY(const auto view, view_of(options));
  return labels_of(*view, key, query::cursor_options(options));
}

Result<std::vector<std::string>> Reads::label_names(const Query& query,
                                                    const ReadOptions& options) {
  VARVE_CHECK(refuse_as_of(options));
  VARVE_CHECK(refuse_without_records(query));
  VARVE_TRY(auto snapshot, snapshot_of(options));
  return store_->label_reader->names(query, options, std::move(snapshot),
                                     store_->expiry_clock.now());
}

Result<std::vector<std::string>> Reads::label_values(std::string_view name, const Query& query,
                                                     const ReadOptions& options) {
  VARVE_CHECK(refuse_as_of(options));
  VARVE_CHECK(refuse_without_records(query));
  VARVE_TRY(auto snapshot, snapshot_of(options));
  return store_->label_reader->values(name, query, options, std::move(snapshot),
                                      store_->expiry_clock.now());
}

Result<std::vector<Note>> Reads::notes(std::string_view prefix, const ReadOptions& options) {
  VARVE_CHECK(refuse_as_of(options));
  VARVE_TRY(const auto view, view_of(options));
  return notes_of(*view, prefix, query::cursor_options(options));
}

}  // namespace engine

}  // namespace varve
