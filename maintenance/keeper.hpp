#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engine/base/counters.hpp"
#include "engine/base/log.hpp"
#include "engine/base/uuid.hpp"
#include "engine/record/trusted_clock.hpp"
#include "engine/table/table.hpp"
#include "engine/version/version_set.hpp"
#include "engine/wal/wal.hpp"
#include "maintenance/compaction_choice.hpp"
#include "varve/clock.hpp"
#include "varve/compression.hpp"
#include "varve/durability.hpp"
#include "varve/error.hpp"
#include "varve/time.hpp"

namespace varve::maintenance {

/// What keeping data needs from the engine. All of it outlives the Keeper.
struct KeeperContext {
  engine::VersionSet* versions = nullptr;
  const engine::TableContext* tables = nullptr;
  engine::Wal* wal = nullptr;  // Null under Durability::none().
  engine::Counters* counters = nullptr;
  Clock* clock = nullptr;
  /// Says what may be purged, and what edits and tables say of the time.
  engine::TrustedClock* trusted = nullptr;
  engine::Log log;
  Duration window{};
  Compression compression = Compression::zstd;
  engine::Uuid database{};  // That tables say they belong to.
  /// How long step() leaves rows in memory, counted from when it first saw some there.
  Duration flush_after = Duration::max();
  /// Freezes the active memtable if that can be done without waiting, and says whether it did.
  /// Empty: nobody does, and flush_after says nothing.
  std::function<Result<bool>()> try_freeze = {};
  /// Called after each flush, on the thread that ran it: whoever waits for room looks again.
  std::function<void()> on_flushed = {};
  /// Called by the background once there is nothing more to collect for now. It must not wait.
  std::function<void()> on_collected = {};
};

/// Flush, compaction and collection, each a whole job on the calling thread. Any number of
/// threads: flushes are serialised (oldest memtable first), and so, apart from them, are
/// compactions and collections. What is asked for waits for its turn; step() does not, and a job
/// under way flushes in between, so a flush never waits for a compaction.
///
/// A job that throws std::bad_alloc leaves all as it was, as one that fails does; step() catches
/// it, and fails with no_memory.
class Keeper {
 public:
  /// The window is the context's.
  Keeper(KeeperContext context, const Rules& rules);
  ~Keeper();

  /// Flushes the oldest frozen memtable. False when there is none.
  Result<bool> flush_one();
  /// Runs compactions until none pays, merges all of level 0 down however little it is, and brings
  /// deletes of records to what they delete, so that both go. True if it did something.
  Result<bool> compact_all();
  /// Drops expired and deleted rows, and range tombstones that hide nothing any more, wherever
  /// that can be done now, by expiry at `now`. Returns how many rows went for good.
  Result<std::uint64_t> collect(Timestamp now);
  /// Drops tables of which all has expired: only the edit takes room. By the trusted time, as all
  /// that nobody asks for.
  [[nodiscard]] Status drop_expired();
  /// Does the most urgent piece: flush before level 0 before deeper levels before collection.
  Result<bool> step();

  /// Of the newest failure in step(), until the same kind of job succeeds.
  std::optional<Error> last_error() const;
  /// Of the newest flush, if it failed.
  std::optional<Error> flush_error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varve::maintenance
