#include "maintenance/keeper.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <new>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/io/io_error.hpp"
#include "maintenance/keeper_impl.hpp"
#include "varve/time.hpp"
#include "varve/try.hpp"

// Each job is: choose by the current version, write files, make their names durable, apply one
// edit. The choice is pure and elsewhere (compaction_choice.hpp, garbage_choice.hpp; flushes are in
// keeper_flush.cpp, collections in keeper_garbage.cpp); here is what surrounds it.
//
// - A job that fails before its edit leaves files that nobody names, which JobFiles removes. When
//   applying the edit fails, the manifest may name them after all: they are orphans, and settle()
//   removes them once an edit has gone through.
// - A damaged table is noted and left where it is. Choices take it as blocked and go around it.
// - Expiry is judged by the trusted time, so that a clock set ahead by mistake deletes nothing.
// - A long job calls flush_pending() between its blocks, since writers wait for flushes.
// - Where `new` fails a job ends there, as it does after any failure. Who asked for it gets the
//   exception; a step, which the background does, gives no_memory in its place.

namespace varve::maintenance {

/// Errors that stay, however often the table is read.
bool Keeper::Impl::is_damage(const Error& error) {
  return engine::is_damage(error) || error.code == Errc::unsupported_format;
}

/// Makes sure that no manifest names files of an edit that failed, and removes them.
Status Keeper::Impl::settle() {
  const Lock lock(orphans_mutex);
  if (orphans.empty()) return {};
  VARVE_CHECK(context.versions->apply({}));
  for (; !orphans.empty(); orphans.pop_front()) {
    if (const Status removed = context.tables->directory->remove(orphans.front()); !removed) {
      context.log.warning("left behind: " + removed.error().message());
    }
  }
  return {};
}

JobFiles Keeper::Impl::job_files(WriteReason reason) const {
  return {*context.tables,
          *context.versions,
          {.reason = reason,
           .compression = context.compression,
           .block_size = rules.block_size,
           .database = context.database,
           .written = context.trusted->look()}};
}

/// Every edit says what is trusted, so that the next opening goes on from there.
Status Keeper::Impl::apply(VersionEdit edit, const engine::Memtable* flushed) {
  edit.trusted_time = context.trusted->look();
  return context.versions->apply(std::move(edit), flushed);
}

Status Keeper::Impl::install(VersionEdit edit, JobFiles& files, const engine::Memtable* flushed) {
  VARVE_CHECK(files.sync());
  std::list<std::string> names = files.hand_over();
  try {
    Status applied = apply(std::move(edit), flushed);
    if (!applied) note_orphans(names);
    return applied;
  } catch (const std::bad_alloc&) {
    note_orphans(names);
    throw;
  }
}

/// Takes the files over whose edit failed. Takes no memory.
void Keeper::Impl::note_orphans(std::list<std::string>& names) {
  const Lock lock(orphans_mutex);
  orphans.splice(orphans.end(), names);
}

// Compaction. All of it in the turn.

/// Flush outranks what runs in the turn. False where it fails: whoever flushes next meets that.
bool Keeper::Impl::flush_pending() {
  if (context.versions->frozen_count() == 0) return true;
  return engine::or_no_memory([this] { return flush_one(); }).has_value();
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
  context.counters->tables_damaged.add();
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
  VARVE_ASSERT(is_sound(plan, live_tables(*version)));
  const nanoseconds begun = context.clock->monotonic();
  VARVE_CHECK(settle());
  const CompactionJob job{version,
                          std::move(plan),
                          rules.table_bytes_max,
                          now,
                          [this, works = true]() mutable { works = works && flush_pending(); },
                          rules.regions_at_once};
  JobFiles files = job_files(WriteReason::compaction);
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
  counters.last_compaction_at.set(context.clock->wall());
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

WaitingRows waiting_in(const Version& version, std::uint64_t flush) {
  WaitingRows waiting;
  for (const TablePointer& table : version.levels[0]) {
    if (table->meta().newest_flush > flush) continue;
    waiting.rows += table->meta().rows;
    ++waiting.tables;
  }
  return waiting;
}

Result<bool> Keeper::Impl::compact_all() {
  const auto merged = merge_level0();
  if (!merged && !is_damage(merged.error())) return merged;
  const auto settled = settle_deletes();
  if (!merged || !settled) return merged ? settled : merged;
  return *merged || *settled;
}

/// Ends, since each step takes rows out of level 0, or makes its tables fewer, or joins others; one
/// that did none of it is the last. A damaged table fails its job, and the next goes around it.
Result<bool> Keeper::Impl::merge_level0() {
  bool did = false;
  std::optional<Error> failure;
  for (;;) {
    const auto before = context.versions->version();
    const WaitingRows waiting_before = waiting_in(*before, before->flush_number);
    const std::size_t damaged_before = damaged.size();
    auto step = compact_step(true, context.trusted->purge_now());
    if (!step) {
      if (!failure) failure = step.error();
      if (damaged.size() == damaged_before) break;
      continue;
    }
    if (!*step) break;
    did = true;
    const bool joined = before->levels[0].empty();
    const auto after = context.versions->version();
    if (!joined && waiting_in(*after, before->flush_number) >= waiting_before) break;
  }
  if (failure) return std::unexpected(*std::move(failure));
  return did;
}

// Steps.

/// Returns whether there was no error.
bool Keeper::Impl::note(Kind kind, std::optional<Error> error) {
  const Lock lock(errors_mutex);
  if (error) newest_error = kind;
  errors[kind] = std::move(error);
  return !errors[kind];
}

void Keeper::Impl::count_collection() const {
  context.counters->collections.add();
  context.counters->last_collection_at.set(context.clock->wall());
}

/// Notes how a job of a step ended. What a flush was is noted already where it went well.
bool Keeper::Impl::failed(Kind kind, const Result<bool>& outcome) {
  if (outcome) {
    if (kind != flush_job) note(kind, std::nullopt);
    return false;
  }
  note(kind, engine::copied(outcome.error()));
  context.counters->maintenance_failures.add();
  return true;
}

Result<bool> Keeper::Impl::step() {
  using engine::or_no_memory;
  const auto flushed = or_no_memory([this] { return flush_one(); });
  const bool flush_failed = failed(flush_job, flushed);
  if (!flush_failed && *flushed) return true;
  // What waits for its age is no reason to hold up the rest.
  const auto waited =
      flush_failed ? Result<bool>(false) : or_no_memory([this] { return flush_waiting(); });
  const bool freeze_failed = !flush_failed && failed(freeze_job, waited);
  if (waited && *waited) return true;
  const Turn::Holder holder(turn, std::try_to_lock);
  if (!holder) return flush_failed ? flushed : waited;
  // Tables that have expired may be what fills the disk.
  const auto make_room = [this] {
    engine::if_memory_allows([&] { std::ignore = unlink_expired(context.trusted->purge_now()); });
  };
  if (flush_failed) {
    make_room();
    return flushed;
  }
  const auto compacted =
      or_no_memory([this] { return compact_step(false, context.trusted->purge_now()); });
  if (failed(compaction_job, compacted)) {
    make_room();
    return compacted;
  }
  if (*compacted) return true;
  const auto collected = or_no_memory([this] { return collect_step(); });
  if (!failed(collection_job, collected) && *collected) count_collection();
  return collected && !*collected && freeze_failed ? waited : collected;
}

// What others call.

Keeper::Keeper(KeeperContext context, const Rules& rules)
    : impl_(std::make_unique<Impl>(std::move(context), rules)) {}
Keeper::~Keeper() = default;

Result<bool> Keeper::flush_one() { return impl_->flush_one(); }

Result<bool> Keeper::compact_all() {
  const Turn::Holder holder(impl_->turn);
  return impl_->compact_all();
}

Status Keeper::drop_expired() {
  const Turn::Holder holder(impl_->turn);
  VARVE_CHECK(impl_->unlink_expired(impl_->context.trusted->purge_now()));
  return {};
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
