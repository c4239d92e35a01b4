#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "engine/base/counters.hpp"
#include "engine/base/log.hpp"
#include "engine/base/mutex.hpp"
#include "engine/commit/write_request.hpp"
#include "engine/wal/wal.hpp"
#include "varve/clock.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// Makes appended batches durable, one fdatasync for all who wait, while the writer appends the
/// next group. Its one rule for failure: after a failed sync nothing is synced again, what waits
/// is unknown, and the engine is read-only.
///
/// Threads: appended() by the holder of the writer's role; the sync itself by the sync thread, or
/// (threadless) by whoever calls run_if_due() and sync_now(). State is guarded by mutex_, which is
/// not held during the sync; durable_ and failed_ are atomic for readers that need no more.
class Syncer {
 public:
  /// `wal` may be null (Durability::none()): then only flushes make anything durable.
  Syncer(Wal* wal, Clock& clock, Counters& counters, Log log, std::uint64_t durable);
  ~Syncer();

  /// Starts the sync thread. Without it the engine is threadless.
  [[nodiscard]] Status start();

  /// Everything up to `sequence` is in the log. Takes the request: finishes it now, or once enough
  /// is durable.
  void appended(WriteRequest& request);

  /// Everything up to `sequence` is in tables that are synced.
  void note_durable(std::uint64_t sequence);

  /// Returns once everything up to `sequence`, which must be in the log, is durable. Fails with
  /// unknown where the sync failed.
  [[nodiscard]] Status sync_through(std::uint64_t sequence);

  /// Threadless: syncs if somebody waits or an interval is over. True if it did.
  bool run_if_due();

  /// Has the sync thread pre-write the next segment, piece by piece between syncs.
  void prepare_spare();

  /// Threadless: pre-writes a piece of it. False where nothing was asked for.
  bool prepare_if_wanted();

  /// Ends the thread. What waits must have been finished: sync_through() before.
  void stop();

  std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// What writes fail with once failed().
  static Error read_only_error();

 private:
  using Moment = std::chrono::nanoseconds;  // Of the monotonic clock.

  void run();
  bool due() const VARVE_REQUIRES(mutex_);
  /// Syncs what is appended by now. Takes mutex_ itself.
  void sync_once();
  void prepare_piece();
  std::vector<WriteRequest*> take_ready() VARVE_REQUIRES(mutex_);
  void finish(const std::vector<WriteRequest*>& requests);
  Result<Receipt> outcome_of(const WriteRequest& request) const;

  Wal* const wal_;
  Clock& clock_;
  Counters& counters_;
  const Log log_;

  std::atomic<std::uint64_t> durable_;
  std::atomic<bool> failed_{false};

  Mutex mutex_;
  Condition work_;      // For the thread: something became due, or stop.
  Condition progress_;  // For sync_through(): durable_ or failed_ changed.
  std::uint64_t appended_ VARVE_GUARDED_BY(mutex_);
  std::uint64_t wanted_ VARVE_GUARDED_BY(mutex_) = 0;  // Somebody waits for this to be durable.
  std::optional<Moment> deadline_ VARVE_GUARDED_BY(mutex_);
  std::vector<WriteRequest*> waiting_ VARVE_GUARDED_BY(mutex_);  // By sequence.
  bool syncing_ VARVE_GUARDED_BY(mutex_) = false;
  bool spare_wanted_ VARVE_GUARDED_BY(mutex_) = false;
  bool stopping_ VARVE_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace varve::engine
