#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/gate.hpp"
#include "engine/commit/committer.hpp"
#include "engine/commit/syncer.hpp"
#include "engine/database/async_writes.hpp"
#include "engine/database/own_executor.hpp"
#include "engine/database/store.hpp"
#include "engine/wal/wal.hpp"
#include "varve/durability.hpp"
#include "varve/error.hpp"
#include "varve/record.hpp"
#include "varve/series.hpp"
#include "varve/stats.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {

/// What writes need besides the store. All of it outlives the Writes.
struct WritesContext {
  Wal* wal = nullptr;  // Null under Durability::none().
  std::uint64_t last_sequence = 0;
  /// Each asynchronous write stays inside until its handler has been posted.
  Gate& gate;
  OwnExecutor* own_executor = nullptr;  // Null where the user brought one.
  /// As CommitterContext says.
  std::function<Status()> make_room;
  std::function<void()> on_frozen;
  /// As SyncerCallbacks says.
  std::function<Status()> mend;
};

/// Every write of the engine, and what makes it durable. Depends on the store; of upkeep it knows
/// only the two callbacks.
///
/// It stands below the gate: whoever calls is inside. Any thread, but for start() and the two
/// stops, which belong to whoever opens and closes.
class Writes {
 public:
  using Mode = Committer::Mode;

  Writes(Store& store, WritesContext context);

  /// Starts the threads. Fails where the system has no more.
  [[nodiscard]] Status start();

  /// Empties the batch if it was written.
  Result<Receipt> write(WriteBatch& batch, const WriteOptions& options, Mode mode);
  Result<Receipt> write_many(const std::vector<WriteBatch>& batches, const WriteOptions& options);
  /// Takes the handler over, and the caller's place inside the gate: it is left when the handler
  /// has been posted. Where this throws std::bad_alloc both are the caller's still.
  void submit(WriteBatch batch, const WriteOptions& options, detail::PendingWrite& pending);
  Result<Record> patch(std::string_view key, Timestamp ts, std::optional<Value> value,
                       std::optional<Duration> ttl, const WriteOptions& options);
  /// Writes the batch if every condition holds; else fails with a conflict. No default TTL applies,
  /// and not the options' either.
  Result<Receipt> write_if(const WriteBatch& batch, const WriteOptions& options,
                           std::vector<WriteCondition> conditions);
  Result<Series> series(std::string_view key);

  /// Syncs the log up to what is visible. REQUIRES a log.
  [[nodiscard]] Status sync();
  /// As Committer says.
  Result<std::uint64_t> freeze(bool anyway = false) { return committer_.freeze(anyway); }
  Result<bool> try_freeze() { return committer_.try_freeze(); }
  /// Tables hold everything up to `sequence`, durably.
  void note_durable(std::uint64_t sequence) { syncer_.note_durable(sequence); }

  /// Threadless: does one piece of what waits. False if there was nothing.
  bool step();
  /// Threadless: does all that was submitted.
  void finish_submitted();

  // Closing, in this order, with nobody inside the gate. freeze() and sync() may come between.
  void stop_committing() { committer_.stop(); }
  void stop_syncing() { syncer_.stop(); }

  void report(Stats& stats) const;

 private:
  /// Of records that bring none: the call's, else the engine's.
  std::optional<Duration> ttl_of(const WriteOptions& options) const;
  /// Fills what the batch and the options say; `ttl` is for records that bring none. The batch must
  /// stay as it is.
  Status prepare(const WriteBatch& batch, const WriteOptions& options, std::optional<Duration> ttl,
                 WriteRequest& request) const;
  Result<Receipt> receipt_of_nothing() const;

  const Store::Use store_;
  Wal* const wal_;
  const std::uint64_t engine_id_;  // Of the Series that belong here.
  AsyncWrites async_writes_;
  ClockWatch clock_watch_;
  Syncer syncer_;
  Committer committer_;  // Last built: it hands to the two above.
};

}  // namespace varve::engine
