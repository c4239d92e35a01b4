#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/wal/batch.hpp"
#include "varve/durability.hpp"
#include "varve/error.hpp"

/// An asynchronous write, and the five names it has on its way:
///
/// 1. Engine::async_write() puts the user's handler into a PendingWrite (varve/detail), which
///    posts or runs it once, with the outcome.
/// 2. AsyncWrites::begin() makes an AsyncWrite: the batch, the PendingWrite, and the WriteRequest
///    that it is derived from.
/// 3. Committer::submit() takes the WriteRequest over. The committer and the syncer know this part
///    alone.
/// 4. Whoever decides the outcome (the committer, the syncer, or submit() itself) gives it to a
///    Finisher. It wakes a blocking caller, and collects the others.
/// 5. When the Finisher goes, it hands the collected ones together to their Completions, which is
///    AsyncWrites again: that copies each outcome into the PendingWrite, posts it, and keeps the
///    AsyncWrite for the next write.
///
/// A blocking write is a WriteRequest on its caller's stack, without the other four.
namespace varve::engine {

/// What must hold before a write is acknowledged, and after.
struct DurabilityNeed {
  static constexpr std::uint64_t any_lag = std::numeric_limits<std::uint64_t>::max();

  /// Acknowledged once at most so many batches, this one included, are not durable.
  std::uint64_t lag_max = any_lag;
  /// Durable at most so long after it was appended.
  std::chrono::nanoseconds sync_within = std::chrono::nanoseconds::max();
};

/// Takes from the engine's default and from what a call asks for the more demanding of each part.
DurabilityNeed needed(Durability engine, std::optional<Durability> call);

/// What a write was computed from: it applies only if nothing touched the record after `seen`.
struct WriteCondition {
  std::string key;  // Internal.
  std::uint64_t hash = 0;
  std::optional<Timestamp> ts;  // None: any record of the key. Range deletes then do not count.
  std::uint64_t seen = 0;
};

struct WriteRequest;

/// Takes requests back that nobody waits for.
class Completions {
 public:
  virtual ~Completions() = default;
  /// Takes back those that were finished together, linked by `next`. Each has its outcome. On any
  /// thread. Throws nothing, std::bad_alloc neither: nobody could go back to before.
  virtual void complete(WriteRequest* first) = 0;
};

/// One batch on its way through the queue. A blocking caller keeps it on its stack and waits; an
/// asynchronous one gives it away, to be handed to `completions`.
///
/// Threads: filled by the caller, then the writer's from the push into the queue on, then, if it
/// has to wait for a sync, the syncer's. A Finisher hands it back: after that nobody else touches
/// it.
struct WriteRequest {
  EncodedBatch batch;
  DurabilityNeed need;
  std::vector<WriteCondition> conditions;  // All must hold.
  Completions* completions = nullptr;

  std::size_t reserved_bytes = 0;
  std::uint64_t sequence = 0;
  std::uint64_t expired = 0;     // As Receipt::expired: of the writer, once it was applied.
  WriteRequest* next = nullptr;  // In the one list that it is in: of those that wait, or are done.
  Result<Receipt> outcome;
  bool out_of_memory = false;  // That is the outcome: `new` failed, and nothing was written.

  /// For the blocking caller.
  Result<Receipt> wait();
  /// Makes a request that was finished a new one.
  void begin_again() { state_.store(State::pending, std::memory_order_relaxed); }

 private:
  friend class Finisher;
  enum class State : std::uint8_t { pending, awaited, done };

  void wake();

  // A request is finished once: from then on it is `done` until it begins again. Who finishes one
  // that somebody waits for touches it last with the exchange of state_ to `done`; only where the
  // caller had said before that it sleeps, with the mutex, whose release lets the caller go on. So
  // a caller that commits its own request takes no lock.
  std::atomic<State> state_{State::pending};
  Mutex mutex_;
  Condition done_;
  bool woken_ VARVE_GUARDED_BY(mutex_) = false;
};

/// Requests in a row, linked by `next`: to put one in takes no memory. A request is in one list at
/// a time. For one thread at a time.
class RequestList {
 public:
  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }
  WriteRequest* front() const { return first_; }
  WriteRequest* back() const { return last_; }

  void push_back(WriteRequest& request);
  /// Takes the first out. REQUIRES one.
  WriteRequest& pop_front();

 private:
  WriteRequest* first_ = nullptr;
  WriteRequest* last_ = nullptr;
  std::size_t size_ = 0;
};

/// Hands requests back with their outcomes, each once: wakes those who wait, and when it goes
/// passes the others to their Completions, which must be one and the same, together. Takes no
/// memory.
class Finisher {
 public:
  Finisher() = default;
  ~Finisher();
  Finisher(const Finisher&) = delete;
  Finisher& operator=(const Finisher&) = delete;

  void add(WriteRequest& request, Result<Receipt> outcome);

 private:
  RequestList done_;
};

}  // namespace varve::engine
