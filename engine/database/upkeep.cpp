#include "engine/database/upkeep.hpp"

#include <chrono>
#include <system_error>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/fork.hpp"
#include "engine/commit/committer.hpp"
#include "engine/io/descriptor_limit.hpp"
#include "varve/try.hpp"

namespace varve::engine {

maintenance::KeeperContext keeper_context(Store& store, Wal* wal) {
  return {
      .versions = store.versions.get(),
      .tables = &store.tables,
      .wal = wal,
      .counters = &store.counters,
      .clock = store.options.clock.get(),
      .trusted = &store.trusted_clock,
      .log = store.log,
      .window = store.options.window,
      .compression = store.options.compression,
      .database = store.versions->manifest_log().database(),
      .flush_after = store.options.flush_after,
  };
}

namespace {

maintenance::KeeperContext with(maintenance::KeeperContext context,
                                std::function<Result<bool>()> try_freeze,
                                std::function<void()> on_flushed,
                                std::function<void()> on_collected) {
  context.try_freeze = std::move(try_freeze);
  context.on_flushed = std::move(on_flushed);
  context.on_collected = std::move(on_collected);
  return context;
}

}  // namespace

Upkeep::Upkeep(Store& store, UpkeepContext context)
    : store_(store),
      context_(std::move(context)),
      label_garbage_({
          .versions = store.versions->published(),
          .counters = store.counters,
          .clock = *store.options.clock,
          .log = store.log,
          .write_if = context_.write_if,
          .run_later = context_.run_later,
      }),
      keeper_(with(
                  keeper_context(store, context_.wal), context_.try_freeze,
                  [this] { on_flushed(); }, [this] { label_garbage_.collect_later(); }),
              store.sizes.keeping) {
  VARVE_ASSERT(context_.freeze && context_.try_freeze && context_.note_durable);
}

Status Upkeep::start() {
  if (!store_->options.background_maintenance || store_->options.threadless) return {};
  VARVE_TRY(auto scheduler, start_scheduler());
  const Lock lock(scheduler_mutex_);
  scheduler_ = std::move(scheduler);
  return {};
}

Result<std::shared_ptr<maintenance::Scheduler>> Upkeep::start_scheduler() {
  using Made = Result<std::shared_ptr<maintenance::Scheduler>>;
  const auto make = [this]() -> Made {
    try {
      // Not in a child that was forked, where its thread is not.
      return std::shared_ptr<maintenance::Scheduler>(
          new maintenance::Scheduler(keeper_, store_->log), DeleteAtHome());
    } catch (const std::system_error& error) {
      // Asio throws where it gets no descriptor, an errno in a category of its own.
      const std::error_code code(error.code().value(), std::generic_category());
      return std::unexpected(Error{code, "start maintenance"});
    }
  };
  Made scheduler = make();
  while (!scheduler && wants_descriptor(scheduler.error().code) && store_->files.give_back()) {
    scheduler = make();
  }
  if (scheduler) VARVE_CHECK((*scheduler)->start());
  return scheduler;
}

Status Upkeep::flush() { return flush_through(context_.freeze(false)); }

Status Upkeep::flush_for_log() {
  VARVE_ASSERT(context_.wal != nullptr);
  VARVE_CHECK(flush_through(context_.freeze(context_.wal->has_failed())));
  // Another thread may have flushed, and not told yet.
  const std::uint64_t through = store_->versions->version()->flushed_through;
  context_.wal->hold_in_tables(through);
  context_.note_durable(through);
  return {};
}

Status Upkeep::flush_through(Result<std::uint64_t> frozen) {
  VARVE_TRY(const std::uint64_t through, std::move(frozen));
  while (store_->versions->version()->flush_number < through) {
    VARVE_TRY(const bool flushed, keeper_.flush_one());
    // Flushes are serialised: nothing left to flush means that another thread did it.
    if (!flushed) break;
  }
  return {};
}

Result<std::uint64_t> Upkeep::collect_garbage(ClockTrust trust) {
  if (trust == ClockTrust::vouched) store_->trusted_clock.vouch();
  VARVE_TRY(const std::uint64_t purged, keeper_.collect(store_->trusted_clock.purge_now()));
  VARVE_CHECK(label_garbage_.collect(store_->trusted_clock.purge_now()));
  return purged;
}

Status Upkeep::forget_labels(std::span<const std::string> keys, const View& chosen_in) {
  return label_garbage_.forget(keys, chosen_in, store_->trusted_clock.purge_now());
}

Result<MaintenanceHandle> Upkeep::start_maintenance() {
  if (store_->options.threadless) {
    return fail(Errc::invalid_argument, "start_maintenance: the engine is threadless; use step()");
  }
  const Lock lock(scheduler_mutex_);
  if (scheduler_ && scheduler_->running()) {
    return fail(Errc::invalid_argument, "start_maintenance: background maintenance runs already");
  }
  VARVE_TRY(auto scheduler, start_scheduler());
  scheduler_ = scheduler;
  return MaintenanceHandle(std::move(scheduler));
}

Status Upkeep::make_room() {
  const Published& versions = store_->versions->published();
  for (;;) {
    if (versions.frozen_count() < Committer::frozen_max) return {};
    std::shared_ptr<maintenance::Scheduler> scheduler;
    {
      const Lock lock(scheduler_mutex_);
      scheduler = scheduler_;
    }
    if (!scheduler || !scheduler->running()) {
      // Nobody else flushes.
      VARVE_CHECK(keeper_.flush_one());
      continue;
    }
    scheduler->wake();
    if (auto error = keeper_.flush_error()) {
      if (error->code != Errc::no_memory) return std::unexpected(std::move(*error));
      // There may be memory again: this writer is told what is so now.
      VARVE_CHECK(keeper_.flush_one());
      continue;
    }
    const Lock lock(room_mutex_);
    if (versions.frozen_count() < Committer::frozen_max) return {};
    // Looks again now and then: the scheduler may be stopped, or fail.
    room_.wait_for(room_mutex_, std::chrono::milliseconds(20));
  }
}

void Upkeep::wake() {
  const Lock lock(scheduler_mutex_);
  if (scheduler_) scheduler_->wake();
}

void Upkeep::on_flushed() {
  context_.note_durable(store_->versions->version()->flushed_through);
  {
    const Lock lock(room_mutex_);  // Orders this with the check before the wait.
  }
  room_.notify_all();
}

void Upkeep::stop() {
  std::shared_ptr<maintenance::Scheduler> scheduler;
  {
    const Lock lock(scheduler_mutex_);
    scheduler = scheduler_;
  }
  // Without the lock: the job under way may freeze a memtable, and so come to wake().
  if (scheduler) scheduler->stop();
}

void Upkeep::report(Stats& stats) const {
  stats.last_error = keeper_.last_error();
  stats.series_without_records = label_garbage_.without_records();
}

}  // namespace varve::engine
