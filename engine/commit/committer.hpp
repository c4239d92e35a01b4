#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "engine/base/counters.hpp"
#include "engine/base/log.hpp"
#include "engine/base/mutex.hpp"
#include "engine/commit/label_feed.hpp"
#include "engine/commit/queue_budget.hpp"
#include "engine/commit/request_queue.hpp"
#include "engine/commit/syncer.hpp"
#include "engine/commit/work_signal.hpp"
#include "engine/commit/write_request.hpp"
#include "engine/record/clock_watch.hpp"
#include "engine/version/published.hpp"
#include "engine/wal/wal.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// How the committer is set up. What it refers to outlives it.
struct CommitterContext {
  Published& versions;
  Wal* wal = nullptr;  // Null under Durability::none().
  Syncer& syncer;
  Counters& counters;
  /// Told of what describes series.
  LabelFeed& labels;
  /// Used by the holder of the writer's role.
  ClockWatch& clock;
  Log log;
  std::uint64_t last_sequence = 0;
  std::size_t queue_bytes = 0;
  std::size_t memtable_bytes = 0;
  std::size_t wal_bytes = 0;
  bool threadless = false;
  /// Returns once fewer than two memtables wait to be flushed, or with why that cannot be. Called
  /// by the holder of the writer's role, where a fresh memtable is needed and there is no room.
  std::function<Status()> make_room;
  /// A memtable was frozen.
  std::function<void()> on_frozen;
  /// The moment by which reads judge expiry. Null: no write is told that it came too late.
  std::function<Timestamp()> now = {};
  /// Hands over the outcomes of writes for which there was no memory before (note_late()), and says
  /// whether all are. Called by the writer thread now and then, until they are. Null: there are
  /// none.
  std::function<bool()> hand_over_late = {};
};

/// The order of writes: who hands a batch to whom, from the call to the answer.
///
/// 1. The caller's thread checks the size and reserves the batch's bytes in the QueueBudget. Only
///    here does a write wait for room, or is told busy.
/// 2. The same thread takes the next sequence (`issued_`) and pushes the request into the
///    RequestQueue. Between the two nothing waits or fails. From the push on, the request belongs
///    to whoever holds the writer's role.
/// 3. The writer's role is `role_`. The writer thread takes it each time it has work. A blocking
///    write that finds it free, and every write_inline(), take it on their own thread and commit
///    everything up to their own sequence. Whoever finds it taken wakes the writer thread
///    (WorkSignal), so no batch is stranded when the holder leaves without having seen it.
/// 4. The holder takes a group of consecutive sequences from the RequestQueue, appends it to the
///    WAL with one write, applies it to the memtable, tells the LabelFeed of labels, and publishes
///    the group's last sequence: now the group is visible.
/// 5. It stores `applied_` and gives the bytes back to the budget.
/// 6. It hands the requests to the Syncer, which finishes those that need no sync at once and keeps
///    the others. A group that could not be appended goes back with the error, in step 4.
///
/// The writer thread sleeps only when applied equals issued, never because the queue looked empty.
///
/// Where `new` fails. Up to step 2 std::bad_alloc goes to the caller, and nothing has happened.
/// From there on the request is the holder's, who may be another thread, so each is answered: what
/// happens to a group before it is applied whole is void, and its callers get the exception, or
/// no_memory where they gave the request away. A group that is in the log and only in part in the
/// memtable is taken back in both (take_back()): the log's next segment names the group before it,
/// and the memtable is frozen as of that. From publishing on nothing takes memory.
class Committer {
 public:
  enum class Mode {
    blocking,         ///< Waits for room in the queue; commits itself where the role is free.
    on_this_thread,   ///< Waits for room and for the role.
    without_waiting,  ///< Errc::busy where the queue has no room.
  };
  static constexpr std::size_t frozen_max = 2;

  explicit Committer(CommitterContext context);
  ~Committer();

  /// Starts the writer thread, unless threadless.
  [[nodiscard]] Status start();

  /// Commits on behalf of a caller who waits.
  Result<Receipt> write(WriteRequest& request, Mode mode);
  /// Takes the request over, until its Completions get it back. Waits only for room in the queue.
  /// Throws nothing.
  void submit(WriteRequest& request);

  /// Applies everything issued before, then freezes the active memtable if it holds anything (or
  /// `anyway`, so that the log goes on in a segment that nothing before needs). Returns the flush
  /// number up to which flushing makes all of it durable.
  Result<std::uint64_t> freeze(bool anyway = false);
  /// Freezes the active memtable, as far as it is applied, if it holds anything, nobody has the
  /// writer's role and there is room. Says whether it did. For the background, for which whoever
  /// has the role may wait.
  Result<bool> try_freeze();

  /// Has the log say that all of it is durable, if nobody writes. For the syncer.
  void vouch();

  /// An outcome waits for memory to be handed over: the writer thread is to try that again. Any
  /// thread.
  void note_late();

  /// Threadless: applies what was submitted. True if there was something.
  bool drain();

  /// Applies what is left and ends the thread. No write() or submit() may be under way.
  void stop();

  /// The newest sequence given out.
  std::uint64_t issued() const { return issued_.load(std::memory_order_acquire); }
  std::size_t queued_bytes() const { return budget_.used(); }
  std::size_t batch_bytes_max() const;
  /// The last group found no memory.
  bool is_short_of_memory() const { return short_of_memory_.load(std::memory_order_relaxed); }

 private:
  Status admit(const WriteRequest& request) const;
  void reserve(std::size_t bytes);
  void slow_down(std::size_t bytes);
  /// Takes the sequence and pushes. From here on the request will be finished by somebody.
  std::uint64_t issue(WriteRequest& request);
  void run();
  bool hand_over_late();

  // For the holder of the role.
  void drain_until(std::uint64_t sequence) VARVE_REQUIRES(role_);
  void commit(std::span<WriteRequest* const> group) VARVE_REQUIRES(role_);
  void refuse(std::span<WriteRequest* const> group, const Error& error, Finisher& finisher)
      VARVE_REQUIRES(role_);
  void refuse_for_memory(std::span<WriteRequest* const> group, Finisher& finisher)
      VARVE_REQUIRES(role_);
  void leave_queue(std::span<WriteRequest* const> group) VARVE_REQUIRES(role_);
  GroupFacts facts(std::uint64_t sequence) VARVE_REQUIRES(role_);
  Status append_and_apply(std::span<WriteRequest* const> group) VARVE_REQUIRES(role_);
  void resolve(std::span<WriteRequest* const> group, Memtable& memtable) VARVE_REQUIRES(role_);
  Status append(std::span<WriteRequest* const> group) VARVE_REQUIRES(role_);
  void apply(std::span<WriteRequest* const> group, Memtable& memtable, Timestamp now)
      VARVE_REQUIRES(role_);
  bool take_back(Memtable& memtable) VARVE_REQUIRES(role_);
  void note_applied(std::span<WriteRequest* const> group, Timestamp now) VARVE_REQUIRES(role_);
  Status rotate_if_full(std::size_t incoming_bytes) VARVE_REQUIRES(role_);
  Status rotate() VARVE_REQUIRES(role_);
  Result<bool> rotate_if_room() VARVE_REQUIRES(role_);
  bool conflicts(const WriteRequest& request) const VARVE_REQUIRES(role_);
  bool fails(const WriteCondition& condition) const VARVE_REQUIRES(role_);

  const CommitterContext context_;
  QueueBudget budget_;
  RequestQueue queue_;
  std::atomic<std::uint64_t> issued_;
  std::atomic<std::uint64_t> applied_;  // Stored by the role's holder.

  Mutex role_;
  std::vector<WriteRequest*> group_ VARVE_GUARDED_BY(role_);  // The one being committed.
  struct Scratch {
    std::vector<SeriesRequest> requests;
    std::vector<MemtableSeries*> series;
    std::vector<WalKey> wal_keys;
    std::vector<WalBatch> batches;

    /// Lets go of what a group of very many keys took; what groups usually take stays.
    void trim() {
      constexpr std::size_t requests_kept_max = 16'384;
      if (requests.capacity() > requests_kept_max) *this = Scratch();
    }
  };
  Scratch scratch_ VARVE_GUARDED_BY(role_);
  std::optional<ClockStep> step_ VARVE_GUARDED_BY(role_);  // That no group has said yet.
  bool is_torn_ VARVE_GUARDED_BY(role_) = false;           // The active memtable: it takes no more.
  std::atomic<bool> short_of_memory_{false};               // Stored by the role's holder.

  std::atomic<bool> is_late_{false};  // Some outcomes wait for memory to be handed over.
  WorkSignal work_;                   // There is some where applied_ is behind issued_, or late.
  std::thread thread_;
};

/// The outcome of a write whose condition no longer held: read again and retry.
bool is_conflict(const Error& error);

}  // namespace varve::engine
