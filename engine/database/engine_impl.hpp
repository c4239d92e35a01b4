#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/counters.hpp"
#include "engine/base/gate.hpp"
#include "engine/base/log.hpp"
#include "engine/base/mutex.hpp"
#include "engine/commit/committer.hpp"
#include "engine/commit/label_feed.hpp"
#include "engine/commit/syncer.hpp"
#include "engine/database/async_writes.hpp"
#include "engine/database/engine_sizes.hpp"
#include "engine/database/own_executor.hpp"
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

namespace query {
struct AggregationPlan;
}

/// The parts that opening built and recovered, ready for EngineImpl::start() to take over.
struct OpenedParts {
  Options options;  // With the seams filled in.
  EngineSizes sizes;
  engine::Log log;
  std::unique_ptr<FileLock> lock;
  std::unique_ptr<engine::Counters> counters;
  std::unique_ptr<engine::ExpiryClock> expiry_clock;
  std::unique_ptr<engine::BlockCache> cache;
  std::unique_ptr<engine::FilePool> files;
  std::unique_ptr<engine::TableContext> tables;
  std::unique_ptr<engine::VersionSet> versions;
  std::unique_ptr<engine::Wal> wal;  // Null under Durability::none().
  std::uint64_t last_sequence = 0;
  RecoveryReport report;
};

/// The roof: everything under one Engine, in the order in which it is built. Members are torn
/// down in reverse, after close() has emptied the gate and stopped the threads.
class EngineImpl {
 public:
  /// What asynchronous jobs keep: it outlives the engine, and lets nobody in once that closes.
  struct Door {
    engine::Gate gate;
    EngineImpl* impl = nullptr;
  };

  /// Engine::open(), with sizes of which only tests choose others than the usual.
  static Result<Engine> open(Options options, const EngineSizes& sizes);
  /// Fails where a thread cannot be started.
  static Result<std::unique_ptr<EngineImpl>> start(OpenedParts parts);
  ~EngineImpl();

  // Writing.
  using Mode = engine::Committer::Mode;
  Result<Receipt> write(WriteBatch& batch, const WriteOptions& options, Mode mode);
  Result<Receipt> write_many(const std::vector<WriteBatch>& batches, const WriteOptions& options);
  void submit(WriteBatch batch, const WriteOptions& options, detail::PendingWrite& pending);
  Result<Record> patch(std::string_view key, Timestamp ts, std::optional<Value> value,
                       std::optional<Duration> ttl, const WriteOptions& options);
  Result<Series> series(std::string_view key);

  // Reading.
  Result<std::optional<Record>> get(std::string_view key, Timestamp ts, const ReadOptions& options);
  Result<std::optional<Record>> latest(std::string_view key, const ReadOptions& options);
  Result<std::vector<Record>> latest_n(std::string_view key, std::size_t count,
                                       const ReadOptions& options);
  Result<std::vector<Record>> query(const Query& query, const ReadOptions& options);
  Result<Scan> scan(const Query& query, const ReadOptions& options);
  Result<std::vector<Aggregate>> aggregate(const Query& query, const Aggregation& aggregation,
                                           const ReadOptions& options);
  Result<std::uint64_t> downsample(const Query& query, Duration every,
                                   std::vector<Aggregation> functions,
                                   std::string_view target_prefix, const WriteOptions& options);
  Result<std::vector<std::string>> series_list(const Query& query, const ReadOptions& options);
  Result<std::uint64_t> count(const Query& query, const ReadOptions& options);
  Result<Snapshot> snapshot();

  // Labels (engine_labels.cpp).
  Result<Labels> labels(std::string_view key, const ReadOptions& options);
  Result<std::vector<std::string>> label_names(const Query& query, const ReadOptions& options);
  Result<std::vector<std::string>> label_values(std::string_view name, const Query& query,
                                                const ReadOptions& options);

  // Keeping.
  Status flush();
  Result<bool> compact();
  Result<std::uint64_t> collect_garbage();
  Status sync();
  Result<MaintenanceHandle> start_maintenance();
  Result<bool> step();
  Status close();

  const RecoveryReport& recovery_report() const { return parts_.report; }
  std::uint64_t last_sequence() const { return parts_.versions->visible_sequence(); }
  Stats stats() const;
  asio::any_io_executor executor() const;
  bool has_own_executor() const { return own_executor_ != nullptr; }
  const std::shared_ptr<Door>& door() const { return door_; }

 private:
  using Request = engine::WriteRequest;

  explicit EngineImpl(OpenedParts parts);
  /// Fills what the batch and the options say. The batch must stay as it is.
  Status prepare(const WriteBatch& batch, const WriteOptions& options, Request& request,
                 bool with_default_ttl = true) const;
  Status check(const WriteOptions& options) const;
  Result<Receipt> receipt_of_nothing() const;
  /// What `find` finds of the internal key in the view.
  template <class Find>
  Result<std::optional<Record>> read_one(std::string_view key, const ReadOptions& options,
                                         Find find);
  std::shared_ptr<const engine::View> view_of(const ReadOptions& options) const;
  /// Has the plan look labels up, where it groups by one, and pins a view for that and the read.
  /// Both stay where they are for as long as the plan is used.
  void group_by_label(query::AggregationPlan& plan, ReadOptions& options);
  /// The series that a query's matchers choose, and the view that the rest of the read must use.
  struct Selected {
    std::shared_ptr<const engine::View> view;
    std::optional<query::KeySelection> keys;
  };
  Result<Selected> select(const Query& query, const ReadOptions& options);
  /// What a query gives, its matchers included: every read of a query goes through one of these.
  Result<std::unique_ptr<query::BlockSource>> source_of(const Query& query,
                                                        const ReadOptions& options);
  /// The same, read by as many threads as the options ask for.
  Result<std::unique_ptr<query::AnswerSource>> blocks_of(const Query& query,
                                                         const ReadOptions& options,
                                                         const query::Covers& covers);
  std::shared_ptr<const engine::View> snapshot_of(const ReadOptions& options) const;

  Result<Receipt> write_if(const WriteBatch& batch, std::vector<engine::WriteCondition> conditions);
  Status make_room();
  Status start_scheduler();
  Status flush_through(std::uint64_t flush_number);
  void on_flushed();
  Status close_parts();

  OpenedParts parts_;
  const std::uint64_t id_;
  const std::shared_ptr<Door> door_;
  std::unique_ptr<engine::OwnExecutor> own_executor_;  // Where the user brought none.
  std::unique_ptr<engine::AsyncWrites> async_writes_;
  std::unique_ptr<engine::Syncer> syncer_;
  engine::LabelFeed label_feed_;
  std::unique_ptr<query::LabelReader> label_reader_;
  std::unique_ptr<maintenance::LabelGarbage> label_garbage_;
  std::unique_ptr<maintenance::Keeper> keeper_;

  engine::Mutex scheduler_mutex_;
  std::shared_ptr<maintenance::Scheduler> scheduler_ VARVE_GUARDED_BY(scheduler_mutex_);

  // make_room() waits here for on_flushed().
  engine::Mutex room_mutex_;
  engine::Condition room_;

  std::unique_ptr<engine::Committer> committer_;  // Last built, first stopped.
};

/// Opens or creates the database that the options name (engine/database/opening.cpp).
Result<OpenedParts> open_parts(Options options, const EngineSizes& sizes);

/// The Prometheus text exposition format (engine/database/metrics_text.cpp). Pure.
std::string metrics_text(const Stats& stats);

}  // namespace varve
