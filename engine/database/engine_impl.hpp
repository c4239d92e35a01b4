#pragma once

#include <asio/any_io_executor.hpp>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/base/gate.hpp"
#include "engine/base/mutex.hpp"
#include "engine/database/engine_sizes.hpp"
#include "engine/database/opening.hpp"
#include "engine/database/own_executor.hpp"
#include "engine/database/reads.hpp"
#include "engine/database/store.hpp"
#include "engine/database/upkeep.hpp"
#include "engine/database/writes.hpp"
#include "engine/directory/database_lock.hpp"
#include "engine/record/expiry.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/table/file_pool.hpp"
#include "engine/table/table.hpp"
#include "engine/version/version_set.hpp"
#include "engine/wal/wal.hpp"
#include "maintenance/keeper.hpp"
#include "maintenance/label_garbage.hpp"
#include "maintenance/scheduler.hpp"
#include "query/labels/label_reader.hpp"
#include "query/scan/block_source.hpp"
#include "varve/engine.hpp"

namespace varve {

/// The owner of everything under one Engine. It builds the parts in order, gives them what they
/// need of each other, and closes and tears them down in reverse. Who depends on whom:
///
///   EngineImpl -> Reads, Writes, Upkeep -> Store
///
/// An engine that was opened for reading has the reads and the store alone.
///
/// Of the three in the middle none knows another. What crosses between them are callbacks that the
/// owner makes: writes ask upkeep for room and wake it; upkeep freezes what writes hold, tells them
/// what is durable, and has labels removed by a write; a downsample writes what it read.
///
/// Threads: all members but close() and the destructor REQUIRE that the caller is inside the gate,
/// which Engine sees to (engine.cpp), or that nobody else can have the engine yet. The figures
/// (report, last_sequence, stats) may be asked for at any time, also after close(): what they read
/// is torn down by the destructor only.
class EngineImpl {
 public:
  /// What asynchronous jobs keep: it outlives the engine, and lets nobody in once that closes.
  /// `impl` is set before the first job starts and constant from then on; only who is inside the
  /// gate may follow it.
  struct CloseGate {
    engine::Gate gate;
    EngineImpl* impl = nullptr;
  };

  /// Engine::open(), with sizes of which only tests choose others than the usual.
  static Result<Engine> open(Options options, const EngineSizes& sizes);
  ~EngineImpl();

  engine::Reads& reads() { return reads_; }
  /// Why the database can only be read, where that is so: then there are neither writes nor upkeep.
  const std::optional<Error>& refusal() const { return refusal_; }
  bool is_read_only() const { return refusal_.has_value(); }
  /// REQUIRE that it may write.
  engine::Writes& writes() { return *writes_; }
  engine::Upkeep& upkeep() { return *upkeep_; }

  // What takes more than one of them.

  Result<std::uint64_t> downsample(const Query& query, Duration every,
                                   std::vector<Aggregation> functions,
                                   std::string_view target_prefix, const WriteOptions& options);
  Result<std::uint64_t> collect_garbage(const CollectOptions& options);
  Status sync();
  Status checkpoint();
  Result<bool> step();
  Stats stats() const;

  /// For any caller, inside the gate or not; but not from inside, for which it would wait.
  Status close();

  const RecoveryReport& recovery_report() const { return report_; }
  std::uint64_t last_sequence() const { return store_->versions->visible_sequence(); }
  asio::any_io_executor executor() const;
  bool has_own_executor() const { return own_executor_ != nullptr; }
  const std::shared_ptr<CloseGate>& gate() const { return gate_; }
  /// False in a child of the process that opened the database. There nothing may be called but what
  /// is constant, and this is left as it is instead of being destroyed.
  bool is_here() const { return gate_->gate.is_here(); }

 private:
  /// `executor` is the user's, if there is one.
  EngineImpl(engine::RecoveredParts parts, asio::any_io_executor executor);
  /// Fails where a thread cannot be started.
  Status start();
  engine::WritesContext writes_context(std::uint64_t last_sequence);
  engine::UpkeepContext upkeep_context();
  Status close_parts();
  Status close_reads();
  void wait_until_closed();

  // In the order in which they are built. Nothing runs before start(), so callbacks may name what
  // is built later.
  const std::shared_ptr<engine::DatabaseLock> lock_;  // Null where nothing may be written.
  const RecoveryReport report_;
  const std::optional<Error> refusal_;
  const std::shared_ptr<engine::Store> store_;  // Shared with snapshots and scans.
  const std::unique_ptr<engine::Wal> wal_;      // Null under Durability::none().
  const std::shared_ptr<CloseGate> gate_;
  const asio::any_io_executor executor_;  // The user's; empty where he brought none.
  const std::unique_ptr<engine::OwnExecutor> own_executor_;  // Where the user brought none.
  engine::Reads reads_;
  std::optional<engine::Upkeep> upkeep_;
  std::optional<engine::Writes> writes_;  // Last built, first stopped.

  // A second close() waits here for the first.
  std::atomic<std::thread::id> closer_;
  engine::Mutex closing_;
  engine::Condition closed_;
  bool is_closed_ VARVE_GUARDED_BY(closing_) = false;
};

/// The Prometheus text exposition format (engine/database/metrics_text.cpp). Pure.
std::string metrics_text(const Stats& stats);

}  // namespace varve
