#include "maintenance/keeper.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/file_names.hpp"
#include "engine/base/mutex.hpp"
#include "engine/base/try.hpp"
#include "maintenance/choice.hpp"
#include "maintenance/collection.hpp"
#include "maintenance/compaction.hpp"
#include "maintenance/flush.hpp"
#include "maintenance/job_files.hpp"

namespace varve::maintenance {

using engine::Lock;
using engine::Mutex;
using engine::TableMeta;
using engine::Version;
using engine::VersionEdit;

namespace {

using std::chrono::nanoseconds;

// Between two looks of the background at what there is to collect.
constexpr nanoseconds collection_interval = std::chrono::minutes(1);
// A table that had too little to collect is looked at again after pauses that double.
constexpr nanoseconds leftovers_pause_min = std::chrono::minutes(10);
constexpr nanoseconds leftovers_pause_max = std::chrono::hours(24);
// The background rewrites a table once this share of its rows can go: one part in so many.
constexpr std::uint64_t leftovers_share = 4;
// A collection on demand: each round brings what hides and what is hidden a level closer.
constexpr int collection_rounds = 2 * static_cast<int>(engine::level_count);

/// Errors that stay, however often the table is read. Others (no memory, no descriptors) pass.
bool is_damage(const Error& error) {
  return error.code == Errc::corruption || error.code == Errc::unsupported_format ||
         error.code == std::errc::io_error;
}

/// One holder at a time. A Mutex that is held across whole jobs.
class Turn {
 public:
  void take() {
    const Lock lock(mutex_);
    while (taken_) free_.wait(mutex_);
    taken_ = true;
  }
  bool try_take() {
    const Lock lock(mutex_);
    return !std::exchange(taken_, true);
  }
  void give() {
    {
      const Lock lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
  }

 private:
  Mutex mutex_;
  engine::Condition free_;
  bool taken_ VARVE_GUARDED_BY(mutex_) = false;
};

class TurnHolder {
 public:
  explicit TurnHolder(Turn& turn) : turn_(turn) {}
  TurnHolder(const TurnHolder&) = delete;
  TurnHolder& operator=(const TurnHolder&) = delete;
  ~TurnHolder() { turn_.give(); }

 private:
  Turn& turn_;
};

enum Kind : std::size_t { flush_job, compaction_job, collection_job, kind_count };

}  // namespace

/// Threads: flushes are serialised by `flush_mutex`. Compactions and collections are by `turn`,
/// so their choice always sees a version that only flushes can change, by adding newer tables;
/// what is said to be the turn's belongs to its holder, and the turn's mutex orders one holder
/// after the other. Edits are serialised by the VersionSet.
struct Keeper::Impl {
  Impl(KeeperContext with, const Rules& bounds) : context(std::move(with)), rules(bounds) {
    rules.window = std::max<std::int64_t>(context.window.count(), 1);
  }

  const KeeperContext context;
  Rules rules;  // Constant.

  Mutex flush_mutex;
  Turn turn;

  // The turn's.
  std::map<std::uint64_t, Shape> shapes;  // Of the tables of level 0.
  std::set<std::uint64_t> damaged;
  struct Pause {
    nanoseconds until{};
    nanoseconds length{};
  };
  std::map<std::uint64_t, Pause> pauses;  // Of tables with too little to collect.
  nanoseconds next_collection{std::numeric_limits<std::int64_t>::min()};
  // The data's own time, and when it was that.
  Timestamp data_time = std::numeric_limits<Timestamp>::min();
  nanoseconds data_moment{};

  /// Files of edits that failed. The manifest may name them until a new one is durable.
  Mutex orphans_mutex;
  std::vector<std::filesystem::path> orphans VARVE_GUARDED_BY(orphans_mutex);

  mutable Mutex errors_mutex;
  std::array<std::optional<Error>, kind_count> errors VARVE_GUARDED_BY(errors_mutex);
  std::size_t newest_error VARVE_GUARDED_BY(errors_mutex) = flush_job;

  Result<bool> flush_one();
  Result<bool> flush_oldest() VARVE_REQUIRES(flush_mutex);
  Status settle();
  Status install(VersionEdit edit, JobFiles& files, const engine::Memtable* flushed);

  Timestamp cautious_now(const Version& version);
  bool flush_pending();
  void forget_gone(const Version& version);
  void note_damage(std::uint64_t table, const Error& error);
  LiveTables live_tables(const Version& version) const;
  Status learn_shapes(const Version& version);
  Result<std::uint64_t> run(const std::shared_ptr<const Version>& version, CompactionPlan plan,
                            Timestamp now);
  Result<std::uint64_t> run_around_damage(const std::shared_ptr<const Version>& version,
                                          CompactionPlan plan, Timestamp now, bool& changed);
  Result<bool> compact_step(bool everything, Timestamp now);
  Result<bool> compact_all();
  std::uint64_t level0_rows() const;

  Result<std::uint64_t> unlink_expired(Timestamp now);
  static CompactionPlan alone(const Version& version, const TableMeta& meta);
  Result<std::uint64_t> collect_round(Timestamp now, bool& changed);
  struct Held {
    TablePointer table;
    Leftovers leftovers;
  };
  Result<std::uint64_t> bring_together(const std::vector<Held>& held, Timestamp now, bool& changed);
  Result<bool> drop_idle_tombstones();
  static nanoseconds time_to_expiry(const Version& version, Timestamp now);
  Result<bool> collect_step();
  bool due(std::uint64_t table) const;
  void postpone(std::uint64_t table);

  bool note(Kind kind, const std::optional<Error>& error);
  Result<bool> step();
};

// Flush.

Result<bool> Keeper::Impl::flush_one() {
  Result<bool> flushed = false;
  {
    const Lock lock(flush_mutex);
    flushed = flush_oldest();
  }
  if (!flushed) {
    note(flush_job, flushed.error());
    return flushed;
  }
  if (*flushed) {
    note(flush_job, std::nullopt);
    if (context.on_flushed) context.on_flushed();
  }
  return flushed;
}

Result<bool> Keeper::Impl::flush_oldest() {
  const auto view = context.versions->view(0);
  const auto& memtables = view->memtables();  // Newest first.
  if (memtables.size() < 2) return false;
  const engine::Memtable& memtable = *memtables.back();
  const nanoseconds begun = context.clock->monotonic();
  VARVE_CHECK(settle());
  JobFiles files(*context.tables, *context.versions, context.compression);
  VARVE_TRY(VersionEdit edit, write_flush(memtable, *context.versions->version(), files));
  const std::uint64_t log_start = memtables[memtables.size() - 2]->first_segment();
  edit.log_start = log_start;
  const std::uint64_t bytes = files.bytes();
  VARVE_CHECK(install(std::move(edit), files, &memtable));
  if (context.wal != nullptr) {
    if (const Status released = context.wal->release(log_start); !released) {
      // The next flush releases these segments too.
      context.log.warning("WAL not released: " + released.error().message());
    }
  }
  context.counters->flushes.add();
  context.counters->flush_bytes.add(bytes);
  context.counters->flush_latency.record(context.clock->monotonic() - begun);
  return true;
}

/// Makes sure that no manifest names files of an edit that failed, and removes them.
Status Keeper::Impl::settle() {
  const Lock lock(orphans_mutex);
  if (orphans.empty()) return {};
  VARVE_CHECK(context.versions->apply({}));
  for (const auto& orphan : orphans) {
    if (const Status removed = context.tables->file_system->remove(orphan); !removed) {
      context.log.warning("left behind: " + removed.error().message());
    }
  }
  orphans.clear();
  return {};
}

Status Keeper::Impl::install(VersionEdit edit, JobFiles& files, const engine::Memtable* flushed) {
  VARVE_CHECK(files.sync());
  auto paths = files.hand_over();
  auto status = context.versions->apply(std::move(edit), flushed);
  if (!status) {
    const Lock lock(orphans_mutex);
    orphans.insert(orphans.end(), paths.begin(), paths.end());
  }
  return status;
}

// Compaction. All of it in the turn.

/// A clock that runs ahead must not purge what by the data's own time is alive. Where no more data
/// comes that time goes on by the monotonic clock, which nobody can set.
Timestamp Keeper::Impl::cautious_now(const Version& version) {
  const nanoseconds moment = context.clock->monotonic();
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(moment - data_moment);
  const Timestamp expected = engine::saturating_add(data_time, passed.count());
  if (version.newest_ts > expected) {
    data_time = version.newest_ts;
    data_moment = moment;
  }
  return std::min(context.now(), std::max(version.newest_ts, expected));
}

/// Flush outranks what runs in the turn. False where it fails: whoever flushes next meets that.
bool Keeper::Impl::flush_pending() {
  return context.versions->frozen_count() == 0 || flush_one().has_value();
}

void Keeper::Impl::forget_gone(const Version& version) {
  std::set<std::uint64_t> live;
  for (const auto& level : version.levels) {
    for (const TablePointer& table : level) live.insert(table->meta().number);
  }
  const auto gone = [&](const auto& entry) { return !live.contains(entry.first); };
  std::erase_if(shapes, gone);
  std::erase_if(pauses, gone);
  std::erase_if(damaged, [&](std::uint64_t number) { return !live.contains(number); });
}

void Keeper::Impl::note_damage(std::uint64_t table, const Error& error) {
  if (!damaged.insert(table).second) return;
  context.log.error(engine::table_file_name(table) +
                    " is damaged; it is kept, and left out of compactions: " + error.message());
}

Status Keeper::Impl::learn_shapes(const Version& version) {
  for (const TablePointer& table : version.levels[0]) {
    const std::uint64_t number = table->meta().number;
    if (shapes.contains(number) || damaged.contains(number)) continue;
    auto shape = shape_of(*table, rules.window);
    if (shape) {
      shapes.emplace(number, *std::move(shape));
    } else if (is_damage(shape.error())) {
      note_damage(number, shape.error());
    } else {
      return std::unexpected(std::move(shape).error());
    }
  }
  return {};
}

LiveTables Keeper::Impl::live_tables(const Version& version) const {
  LiveTables tables;
  for (std::uint32_t level = 0; level < engine::level_count; ++level) {
    for (const TablePointer& table : version.levels[level]) {
      const TableMeta& meta = table->meta();
      const auto shape = shapes.find(meta.number);
      tables.push_back({&meta, level,
                        level == 0 && shape != shapes.end() ? &shape->second : nullptr,
                        damaged.contains(meta.number)});
    }
  }
  return tables;
}

/// Returns how many rows went.
Result<std::uint64_t> Keeper::Impl::run(const std::shared_ptr<const Version>& version,
                                        CompactionPlan plan, Timestamp now) {
  const nanoseconds begun = context.clock->monotonic();
  VARVE_CHECK(settle());
  const CompactionJob job{version, std::move(plan), rules.table_bytes_max, now,
                          [this, works = true]() mutable { works = works && flush_pending(); }};
  JobFiles files(*context.tables, *context.versions, context.compression);
  BrokenInput broken;
  auto outcome = run_compaction(job, files, broken);
  if (!outcome) {
    if (broken.table && is_damage(outcome.error())) note_damage(*broken.table, outcome.error());
    return std::unexpected(std::move(outcome).error());
  }
  const std::uint64_t bytes = files.bytes();
  VARVE_CHECK(install(std::move(outcome->edit), files, nullptr));
  engine::Counters& counters = *context.counters;
  counters.compactions.add();
  counters.compaction_bytes_read.add(outcome->bytes_read);
  counters.compaction_bytes_written.add(bytes);
  counters.records_expired.add(outcome->rows_expired);
  counters.records_purged.add(outcome->rows_gone);
  counters.compaction_latency.record(context.clock->monotonic() - begun);
  return outcome->rows_gone;
}

/// The same, but a damaged input is only noted: the next choice goes around it.
Result<std::uint64_t> Keeper::Impl::run_around_damage(const std::shared_ptr<const Version>& version,
                                                      CompactionPlan plan, Timestamp now,
                                                      bool& changed) {
  const std::size_t damaged_before = damaged.size();
  auto gone = run(version, std::move(plan), now);
  changed = changed || (gone ? *gone != 0 : damaged.size() != damaged_before);
  if (!gone && damaged.size() != damaged_before) return 0;
  return gone;
}

Result<bool> Keeper::Impl::compact_step(bool everything, Timestamp now) {
  const auto version = context.versions->version();
  forget_gone(*version);
  VARVE_CHECK(learn_shapes(*version));
  Rules step_rules = rules;
  step_rules.everything = everything;
  auto plan = choose_compaction(live_tables(*version), step_rules);
  if (!plan) return false;
  VARVE_CHECK(run(version, *std::move(plan), now));
  return true;
}

std::uint64_t Keeper::Impl::level0_rows() const {
  std::uint64_t rows = 0;
  for (const TablePointer& table : context.versions->version()->levels[0]) {
    rows += table->meta().rows;
  }
  return rows;
}

/// Ends, since each step takes rows out of level 0, or joins tables; one that did neither is the
/// last. A damaged table fails its job, and the next goes around it.
Result<bool> Keeper::Impl::compact_all() {
  bool did = false;
  std::optional<Error> failure;
  for (;;) {
    const auto before = context.versions->version();
    const std::uint64_t rows_before = level0_rows();
    const std::size_t damaged_before = damaged.size();
    auto step = compact_step(true, cautious_now(*before));
    if (!step) {
      if (!failure) failure = step.error();
      if (damaged.size() == damaged_before) break;
      continue;
    }
    if (!*step) break;
    did = true;
    // A flush in between only adds rows, so this errs by stopping early at worst.
    const bool joined = before->levels[0].empty();
    if (!joined && level0_rows() >= rows_before) break;
  }
  if (failure) return std::unexpected(*std::move(failure));
  return did;
}

// Collection. All of it in the turn.

Result<std::uint64_t> Keeper::Impl::unlink_expired(Timestamp now) {
  const auto version = context.versions->version();
  VersionEdit edit;
  edit.removed = expired_tables(*version, now);
  std::erase_if(edit.removed, [this](std::uint64_t number) { return damaged.contains(number); });
  if (edit.removed.empty()) return 0;
  std::uint64_t rows = 0;
  std::uint64_t tombstones = 0;
  for (const auto& level : version->levels) {
    for (const TablePointer& table : level) {
      if (std::ranges::find(edit.removed, table->meta().number) == edit.removed.end()) continue;
      rows += table->meta().rows;
      tombstones += table->meta().tombstones;
    }
  }
  VARVE_CHECK(settle());
  VARVE_CHECK(context.versions->apply(std::move(edit)));
  context.counters->records_expired.add(rows - tombstones);
  context.counters->records_purged.add(rows);
  return rows;
}

/// To rewrite one table where it is.
CompactionPlan Keeper::Impl::alone(const Version& version, const TableMeta& meta) {
  CompactionPlan plan{.output_level = 0, .inputs = {meta.number}, .regions = {}};
  plan.regions.push_back({meta.times, meta.size});
  while (std::ranges::none_of(version.levels[plan.output_level], [&](const TablePointer& table) {
    return table->meta().number == meta.number;
  })) {
    ++plan.output_level;
  }
  return plan;
}

/// Drops what can go table by table, then brings together what cannot with what it may hide.
Result<std::uint64_t> Keeper::Impl::collect_round(Timestamp now, bool& changed) {
  VARVE_TRY(std::uint64_t gone, unlink_expired(now));
  changed = gone != 0;
  std::vector<Held> held;
  const auto begun = context.versions->version();
  for (std::size_t level = engine::level_count; level-- > 0;) {
    const auto& tables = begun->levels[level];
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
      if (damaged.contains((*table)->meta().number)) continue;
      // What was rewritten before is gone from here, and hides less.
      const auto version = context.versions->version();
      if (!may_have_leftovers(*version, (*table)->meta(), now)) continue;
      const auto leftovers = find_leftovers(*version, **table, now);
      if (!leftovers) {
        if (!is_damage(leftovers.error())) return std::unexpected(leftovers.error());
        note_damage((*table)->meta().number, leftovers.error());
        continue;
      }
      if (leftovers->held != 0) held.push_back({*table, *leftovers});
      if (leftovers->held != 0 || leftovers->droppable == 0) continue;
      VARVE_TRY(const std::uint64_t dropped,
                run_around_damage(version, alone(*version, (*table)->meta()), now, changed));
      gone += dropped;
    }
  }
  if (!held.empty()) {
    VARVE_TRY(const std::uint64_t merged, bring_together(held, now, changed));
    gone += merged;
  }
  return gone;
}

Result<std::uint64_t> Keeper::Impl::bring_together(const std::vector<Held>& held, Timestamp now,
                                                   bool& changed) {
  std::uint64_t gone = 0;
  for (const auto& [table, leftovers] : held) {
    const auto version = context.versions->version();
    forget_gone(*version);
    VARVE_CHECK(learn_shapes(*version));
    const LiveTables tables = live_tables(*version);
    const auto at = std::ranges::find(tables, &table->meta(), &LiveTable::meta);
    if (at == tables.end()) continue;  // Went along with another.
    const auto position = static_cast<std::size_t>(at - tables.begin());
    Rules all = rules;
    all.everything = true;
    auto plan =
        at->level == 0 ? plan_level0(tables, all, {position}) : plan_merge_down(tables, position);
    if (!plan && leftovers.droppable != 0) plan = alone(*version, table->meta());
    if (!plan) continue;
    VARVE_TRY(const std::uint64_t dropped,
              run_around_damage(version, *std::move(plan), now, changed));
    gone += dropped;
    changed = true;  // If only in that the two are closer.
  }
  return gone;
}

Result<bool> Keeper::Impl::drop_idle_tombstones() {
  VersionEdit edit;
  edit.tombstones_removed = idle_tombstones(*context.versions->version());
  if (edit.tombstones_removed.empty()) return false;
  VARVE_CHECK(settle());
  VARVE_CHECK(context.versions->apply(std::move(edit)));
  return true;
}

bool Keeper::Impl::due(std::uint64_t table) const {
  const auto pause = pauses.find(table);
  return pause == pauses.end() || context.clock->monotonic() >= pause->second.until;
}

void Keeper::Impl::postpone(std::uint64_t table) {
  Pause& pause = pauses[table];
  pause.length = std::clamp(pause.length * 2, leftovers_pause_min, leftovers_pause_max);
  pause.until = context.clock->monotonic() + pause.length;
}

/// Until the next table has expired whole, within the usual interval.
nanoseconds Keeper::Impl::time_to_expiry(const Version& version, Timestamp now) {
  const Timestamp horizon = engine::saturating_add(
      now, std::chrono::duration_cast<std::chrono::microseconds>(collection_interval).count());
  Timestamp next = horizon;
  for (const auto& level : version.levels) {
    for (const TablePointer& table : level) {
      const Timestamp expiry = table->meta().expiry_max;
      if (expiry > now) next = std::min(next, expiry);
    }
  }
  return next == horizon ? collection_interval : std::chrono::microseconds(next - now);
}

/// The background's: one table at most, and only what pays.
Result<bool> Keeper::Impl::collect_step() {
  if (context.clock->monotonic() < next_collection) return false;
  const auto version = context.versions->version();
  const Timestamp now = cautious_now(*version);
  VARVE_TRY(const std::uint64_t unlinked, unlink_expired(now));
  if (unlinked != 0) return true;
  for (const auto& level : version->levels) {
    for (const TablePointer& table : level) {
      const TableMeta& meta = table->meta();
      if (damaged.contains(meta.number) || !due(meta.number)) continue;
      if (!may_have_leftovers(*version, meta, now)) continue;
      const auto leftovers = find_leftovers(*version, *table, now);
      if (!leftovers && !is_damage(leftovers.error())) return std::unexpected(leftovers.error());
      if (!leftovers) {
        note_damage(meta.number, leftovers.error());
      } else if (leftovers->droppable >= meta.rows / leftovers_share + 1) {
        VARVE_CHECK(run(version, alone(*version, meta), now));
        return true;
      } else {
        postpone(meta.number);
      }
      std::ignore = flush_pending();
    }
  }
  VARVE_TRY(const bool dropped, drop_idle_tombstones());
  if (dropped) return true;
  next_collection = context.clock->monotonic() + time_to_expiry(*version, now);
  if (context.on_collected) context.on_collected();
  return false;
}

// Steps.

/// Returns whether there was no error.
bool Keeper::Impl::note(Kind kind, const std::optional<Error>& error) {
  const Lock lock(errors_mutex);
  errors[kind] = error;
  if (error) newest_error = kind;
  return !error;
}

Result<bool> Keeper::Impl::step() {
  const auto failed = [this](Kind kind, const auto& result) {
    if (result) {
      if (kind != flush_job) note(kind, std::nullopt);
      return false;
    }
    note(kind, result.error());
    context.counters->maintenance_failures.add();
    return true;
  };
  const auto flushed = flush_one();
  const bool flush_failed = failed(flush_job, flushed);
  if (!flush_failed && *flushed) return true;
  if (!turn.try_take()) return flushed;
  const TurnHolder holder(turn);
  if (flush_failed) {
    // Tables that have expired may be what fills the disk.
    std::ignore = unlink_expired(cautious_now(*context.versions->version()));
    return flushed;
  }
  const auto compacted = compact_step(false, cautious_now(*context.versions->version()));
  if (failed(compaction_job, compacted)) {
    std::ignore = unlink_expired(cautious_now(*context.versions->version()));
    return compacted;
  }
  if (*compacted) return true;
  const auto collected = collect_step();
  if (!failed(collection_job, collected) && *collected) context.counters->collections.add();
  return collected;
}

// The door.

Keeper::Keeper(KeeperContext context) : Keeper(std::move(context), Rules{}) {}
Keeper::Keeper(KeeperContext context, const Rules& rules)
    : impl_(std::make_unique<Impl>(std::move(context), rules)) {}
Keeper::~Keeper() = default;

Result<bool> Keeper::flush_one() { return impl_->flush_one(); }

Result<bool> Keeper::compact_one() {
  impl_->turn.take();
  const TurnHolder holder(impl_->turn);
  return impl_->compact_step(false, impl_->cautious_now(*impl_->context.versions->version()));
}

Result<bool> Keeper::compact_all() {
  impl_->turn.take();
  const TurnHolder holder(impl_->turn);
  return impl_->compact_all();
}

Result<std::uint64_t> Keeper::collect(Timestamp now) {
  impl_->turn.take();
  const TurnHolder holder(impl_->turn);
  std::uint64_t gone = 0;
  bool changed = true;
  for (int round = 0; changed && round < collection_rounds; ++round) {
    VARVE_TRY(const std::uint64_t dropped, impl_->collect_round(now, changed));
    gone += dropped;
  }
  VARVE_CHECK(impl_->drop_idle_tombstones());
  impl_->context.counters->collections.add();
  return gone;
}

Result<bool> Keeper::step() { return impl_->step(); }

std::optional<Error> Keeper::last_error() const {
  const Lock lock(impl_->errors_mutex);
  if (impl_->errors[impl_->newest_error]) return impl_->errors[impl_->newest_error];
  for (const auto& error : impl_->errors) {
    if (error) return error;
  }
  return std::nullopt;
}

std::optional<Error> Keeper::flush_error() const {
  const Lock lock(impl_->errors_mutex);
  return impl_->errors[flush_job];
}

}  // namespace varve::maintenance
