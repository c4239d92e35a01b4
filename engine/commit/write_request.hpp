#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/wal/batch.hpp"
#include "varve/durability.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What must hold before a write is acknowledged, and after.
struct DurabilityNeed {
  static constexpr std::uint64_t any_lag = std::numeric_limits<std::uint64_t>::max();

  /// Acknowledged once at most so many batches, this one included, are not durable.
  std::uint64_t lag_max = any_lag;
  /// Durable at most so long after it was appended.
  std::chrono::nanoseconds sync_within = std::chrono::nanoseconds::max();
};

/// Of the engine's default and what a call asks for, the more demanding of each part.
DurabilityNeed needed(Durability engine, std::optional<Durability> call);

/// The record that a patch was computed from. The patch applies only where nothing touched it
/// after `seen`.
struct PatchCondition {
  std::string key;  // Internal.
  std::uint64_t hash = 0;
  Timestamp ts = 0;
  std::uint64_t seen = 0;
};

/// One batch on its way through the queue. A blocking caller keeps it on its stack and waits; an
/// asynchronous one gives it away with `on_done`.
///
/// Threads: filled by the caller, then the writer's from the push into the queue on, then, if it
/// has to wait for a sync, the syncer's. finish() hands it back: after it nobody else touches it.
struct WriteRequest {
  EncodedBatch batch;
  std::unique_ptr<WriteBatch> accepted;  // What `batch` points into, where the caller left it.
  DurabilityNeed need;
  std::optional<PatchCondition> condition;
  std::move_only_function<void(Result<Receipt>)> on_done;

  std::size_t reserved_bytes = 0;
  std::uint64_t sequence = 0;
  WriteRequest* next_overflow = nullptr;

  /// Wakes the blocking caller with the outcome, or runs on_done and deletes the request.
  void finish(Result<Receipt> outcome);
  /// For the blocking caller.
  Result<Receipt> wait();

 private:
  // The lock is held while notifying, so the waiter cannot destroy the condition too early.
  std::mutex mutex_;
  std::condition_variable done_;
  std::optional<Result<Receipt>> outcome_;
};

}  // namespace varve::engine
