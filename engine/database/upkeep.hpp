#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/commit/write_request.hpp"
#include "engine/database/store.hpp"
#include "engine/wal/wal.hpp"
#include "maintenance/keeper.hpp"
#include "maintenance/label_garbage.hpp"
#include "maintenance/scheduler.hpp"
#include "varve/clock.hpp"
#include "varve/error.hpp"
#include "varve/maintenance_handle.hpp"
#include "varve/stats.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {

/// What upkeep needs besides the store. All of it outlives the Upkeep.
struct UpkeepContext {
  Wal* wal = nullptr;  // Null under Durability::none().
  /// Freezes what is in memory, and returns the flush number up to which it is to be flushed.
  /// Where `anyway`, also where nothing is, and the log goes on in a new segment.
  std::function<Result<std::uint64_t>(bool anyway)> freeze;
  /// As KeeperContext says.
  std::function<Result<bool>()> try_freeze;
  /// Called after a flush: tables hold everything up to this sequence.
  std::function<void(std::uint64_t)> note_durable;
  /// As LabelGarbageContext says.
  std::function<Result<Receipt>(const WriteBatch&, std::vector<WriteCondition>)> write_if;
  std::function<void(std::function<void()>)> run_later;
};

/// Flush, compaction and collection, asked for or in the background. Depends on the store; of
/// writes it knows only the callbacks.
///
/// Threads: any. scheduler_mutex_ guards which scheduler there is, and is not held while one is
/// woken by make_room(). room_mutex_ guards nothing but the wait in make_room(): a flush takes it
/// between its publication and its call of all who wait, so none of them misses it between
/// looking and waiting.
class Upkeep {
 public:
  Upkeep(Store& store, UpkeepContext context);

  /// Starts the background thread if the options ask for one. Fails where the system has no more.
  [[nodiscard]] Status start();

  /// Flushes everything written before the call.
  [[nodiscard]] Status flush();
  /// The same where the log cannot be synced: nothing of it is needed any more then. REQUIRES a
  /// log.
  [[nodiscard]] Status flush_for_log();
  Result<bool> compact() { return keeper_.compact_all(); }
  /// By the trusted time, unless the caller vouches for the clock: then that time is the clock's
  /// from here on.
  Result<std::uint64_t> collect_garbage(ClockTrust trust);
  /// Removes the labels of those of the series (by key, ascending) that have no record left, by the
  /// trusted time, but for those that were described after the view in which they were chosen.
  [[nodiscard]] Status forget_labels(std::span<const std::string> keys, const View& chosen_in);
  Result<MaintenanceHandle> start_maintenance();
  /// Threadless: does the most urgent piece. False if there was nothing.
  Result<bool> step() { return keeper_.step(); }

  // The writer's.

  /// Returns once there is room for another memtable, or with why that cannot be.
  [[nodiscard]] Status make_room();
  /// A memtable was frozen.
  void wake();

  /// Ends the background thread, also one that start_maintenance() started.
  void stop();

  void report(Stats& stats) const;

 private:
  void on_flushed();
  Status flush_through(Result<std::uint64_t> frozen);
  /// A background thread, started. It needs descriptors of its own.
  Result<std::shared_ptr<maintenance::Scheduler>> start_scheduler();

  const Store::Use store_;
  const UpkeepContext context_;
  maintenance::LabelGarbage label_garbage_;
  maintenance::Keeper keeper_;

  Mutex scheduler_mutex_;
  std::shared_ptr<maintenance::Scheduler> scheduler_ VARVE_GUARDED_BY(scheduler_mutex_);

  // make_room() waits here for on_flushed().
  Mutex room_mutex_;
  Condition room_;
};

/// What a Keeper on this store needs, without its callbacks.
maintenance::KeeperContext keeper_context(Store& store, Wal* wal);

}  // namespace varve::engine
