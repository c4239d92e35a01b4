#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "engine/base/counters.hpp"
#include "engine/base/log.hpp"
#include "engine/base/mutex.hpp"
#include "engine/commit/write_request.hpp"
#include "engine/wal/wal.hpp"
#include "varve/clock.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What a syncer has others do. Called without a lock; either may be empty, and then nothing is.
struct SyncerCallbacks {
  /// Has tables take all that is in memory, in the place of the log that cannot be synced, so that
  /// the log goes on in a segment which can. It tells note_durable() of that before it returns.
  std::function<Status()> mend;
  /// Has the log say that it is durable, where nobody writes.
  std::function<void()> vouch;
};

/// Makes appended batches durable while the writer appends the next group: one fdatasync serves all
/// who wait.
///
/// 1. The writer hands a group over by appended(), once it is in the log and visible. A request
///    that needs no sync goes back to its caller there and then.
/// 2. A request that does is kept in `waiting_`, and `wanted_` says how far a sync has to reach.
/// One
///    that has to be durable within a time sets a deadline instead, and goes back at once.
/// 3. The sync thread wakes up when something is wanted or the deadline has come, notes how far the
///    log is appended, and syncs it. Only what was appended before the sync began counts.
/// 4. It raises `durable_` and gives back every request in `waiting_` that this is enough for.
/// 5. A flush makes batches durable too: note_durable() does step 4 without a sync.
/// 6. After a failed sync nothing is known of what the segment holds, and a second sync would prove
///    nothing. So it has all of it put into tables (SyncerCallbacks::mend), and what waited is
///    durable all the same. Where that fails too, what waits is unknown and the engine is
///    read-only; it is tried again now and then, until it succeeds.
/// 7. Where nothing was appended since a sync, the log is to say so (SyncerCallbacks::vouch): the
///    groups that a sync covered have no successor yet that would.
///
/// Group commit: writers released by the last sync usually write again at once, and without a
/// pause would miss the next one. So before a sync the thread waits until as many writers wait as
/// did when the last sync ended, but not longer after that moment than a sync usually takes. If
/// they do not come, it tries less and less often.
///
/// Memory: from appended() on a request belongs to the syncer, so nothing that stands between it
/// and its answer may fail for want of memory, and nothing there takes any: lists are linked
/// through the requests, and what is said of a failure is said in few words where there is no
/// memory for more. A sync or a mending that throws std::bad_alloc has failed with no_memory. Only
/// what a caller asks for (mend, sync_through) throws, where the text of its error finds no memory.
///
/// Threads: appended() by the holder of the writer's role; the sync itself by the sync thread, or
/// (threadless) by whoever calls run_if_due() and sync_through(). State is guarded by mutex_, which
/// is not held during the sync; durable_ and failed_ are atomic for readers that need no more.
///
/// appended() takes no lock where nothing waits and a sync is due in time anyway. appended_ and
/// covered_within_ are sequentially consistent: appended() raises appended_ and then looks whether
/// a deadline is set, a sync takes the deadline away and then looks how far it has to go, so either
/// that sync covers the batch or appended() sets a new deadline.
class Syncer {
 public:
  /// `wal` may be null (Durability::none()): then only flushes make anything durable.
  Syncer(Wal* wal, Clock& clock, Counters& counters, Log log, std::uint64_t durable,
         SyncerCallbacks callbacks = {});
  ~Syncer();

  /// Starts the sync thread. Without it the engine is threadless.
  [[nodiscard]] Status start();

  /// Everything up to the last of the group is in the log. REQUIRES sequences above those of the
  /// groups before. Takes the requests: those that need no more are finished now, by `finisher`,
  /// the others once enough is durable. Throws nothing.
  void appended(std::span<WriteRequest* const> group, Finisher& finisher);

  /// Everything up to `sequence` is in tables that are synced.
  void note_durable(std::uint64_t sequence);

  /// Returns once everything up to `sequence`, which must be in the log, is durable. Fails with
  /// unknown where the sync failed.
  [[nodiscard]] Status sync_through(std::uint64_t sequence);

  /// Threadless: syncs if somebody waits or an interval is over, or mends what a failed sync left.
  /// True if it did.
  bool run_if_due();
  /// Threadless: has the log say that it is durable, where it does not yet. True if it did.
  bool vouch_if_due();
  /// Tries once more to mend what a failed sync left, at once. Nothing to do where none did.
  [[nodiscard]] Status mend();

  /// Has the sync thread pre-write the next segment, piece by piece between syncs.
  void prepare_spare();

  /// Threadless: pre-writes a piece of it. False where nothing was asked for.
  bool prepare_if_wanted();

  /// Ends the thread. What waits must have been finished: sync_through() before.
  void stop();

  std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// What writes fail with once failed(): no_space where it is that which the sync, or the flush
  /// after it, failed with; else read_only. Throws nothing.
  Error read_only_error() const;

 private:
  using Moment = std::chrono::nanoseconds;  // Of the monotonic clock.

  void run();
  bool due() const VARVE_REQUIRES(mutex_);
  /// Syncs what is appended by now. Takes mutex_ itself.
  void sync_once();
  std::optional<Error> mend_after(const Error& cause);
  Status try_to_mend() const;
  void stop_writes(Error failure) VARVE_REQUIRES(mutex_);
  Status not_durable(std::uint64_t sequence, const std::string& why) const;
  enum class Work { sync, spare, mend, vouch };
  std::optional<Work> next_work(Work last) const VARVE_REQUIRES(mutex_);
  std::optional<Moment> next_moment() const VARVE_REQUIRES(mutex_);
  void do_work(Work work);
  void prepare_piece();
  void gather() VARVE_REQUIRES(mutex_);
  bool set_deadline(Moment within) VARVE_REQUIRES(mutex_);
  void raise_appended(std::uint64_t sequence);
  bool is_enough(const WriteRequest& request) const;
  RequestList take_ready() VARVE_REQUIRES(mutex_);
  void finish(RequestList requests);
  Result<Receipt> outcome_of(const WriteRequest& request) const;

  Wal* const wal_;
  Clock& clock_;
  Counters& counters_;
  const Log log_;
  const SyncerCallbacks callbacks_;

  std::atomic<std::uint64_t> durable_;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> appended_;
  // A sync is due no later than this after any append: max() where none is. Stored under mutex_.
  std::atomic<Moment::rep> covered_within_{Moment::max().count()};

  mutable Mutex mutex_;
  Condition work_;      // For the thread: something became due, or stop.
  Condition progress_;  // For sync_through(): durable_ or failed_ changed.
  std::uint64_t wanted_ VARVE_GUARDED_BY(mutex_) = 0;  // Somebody waits for this to be durable.
  std::optional<Moment> deadline_ VARVE_GUARDED_BY(mutex_);
  RequestList waiting_ VARVE_GUARDED_BY(mutex_);           // By sequence.
  std::optional<Error> failure_ VARVE_GUARDED_BY(mutex_);  // Why failed_.
  Moment mend_at_ VARVE_GUARDED_BY(mutex_){0};             // The next try, where failed_.
  Moment mend_pause_ VARVE_GUARDED_BY(mutex_){0};
  // Where nothing is appended before this, the log is to say that it is durable.
  std::optional<Moment> vouch_at_ VARVE_GUARDED_BY(mutex_);
  bool syncing_ VARVE_GUARDED_BY(mutex_) = false;
  // Gathering.
  bool gathering_ VARVE_GUARDED_BY(mutex_) = false;
  std::size_t expected_ VARVE_GUARDED_BY(mutex_) = 0;  // To wait for the next sync.
  Moment last_sync_end_ VARVE_GUARDED_BY(mutex_){0};
  Moment usual_sync_ VARVE_GUARDED_BY(mutex_){0};  // What one takes, on average.
  unsigned misses_ VARVE_GUARDED_BY(mutex_) = 0;   // In a row.
  unsigned skipped_ VARVE_GUARDED_BY(mutex_) = 0;  // So many syncs yet without gathering.
  bool spare_wanted_ VARVE_GUARDED_BY(mutex_) = false;
  bool stopping_ VARVE_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace varve::engine
