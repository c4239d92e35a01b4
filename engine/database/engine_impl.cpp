#include "engine/database/engine_impl.hpp"

#include <asio/post.hpp>
#include <functional>
#include <thread>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/database/opening_to_read.hpp"
#include "varve/try.hpp"

namespace varve {

using engine::Gate;
using engine::WriteCondition;

EngineImpl::EngineImpl(engine::RecoveredParts parts, asio::any_io_executor executor)
    : lock_(std::move(parts.lock)),
      report_(std::move(parts.report)),
      refusal_(std::move(parts.refusal)),
      store_(std::move(parts.store)),
      wal_(std::move(parts.wal)),
      gate_(std::make_shared<CloseGate>()),
      executor_(std::move(executor)),
      own_executor_(executor_ ? nullptr : std::make_unique<engine::OwnExecutor>()),
      reads_(store_, std::shared_ptr<Gate>(gate_, &gate_->gate)) {
  gate_->impl = this;
  if (is_read_only()) return;
  VARVE_ASSERT(lock_ != nullptr);
  upkeep_.emplace(*store_, upkeep_context());
  writes_.emplace(*store_, writes_context(parts.last_sequence));
}

engine::UpkeepContext EngineImpl::upkeep_context() {
  return {
      .wal = wal_.get(),
      .freeze = [this](bool anyway) { return writes_->freeze(anyway); },
      .try_freeze = [this] { return writes_->try_freeze(); },
      .note_durable = [this](std::uint64_t sequence) { writes_->note_durable(sequence); },
      .write_if =
          [this](const WriteBatch& batch, std::vector<WriteCondition> conditions) {
            return writes_->write_if(batch, {}, std::move(conditions));
          },
      .run_later =
          [gate = gate_, executor = executor()](std::function<void()> job) {
            asio::post(executor, [gate, job = std::move(job)] {
              const Gate::Pass pass(gate->gate);
              if (pass) job();
            });
          },
  };
}

engine::WritesContext EngineImpl::writes_context(std::uint64_t last_sequence) {
  return {
      .wal = wal_.get(),
      .last_sequence = last_sequence,
      .gate = gate_->gate,
      .own_executor = own_executor_.get(),
      .make_room = [this] { return upkeep_->make_room(); },
      .on_frozen = [this] { upkeep_->wake(); },
      .mend = [this] { return upkeep_->flush_for_log(); },
  };
}

Result<Engine> EngineImpl::open(Options options, const EngineSizes& sizes) {
  const bool to_read = options.mode == Mode::read_only;
  asio::any_io_executor executor = std::exchange(options.executor, {});
  VARVE_TRY(auto parts, to_read ? engine::open_to_read(std::move(options), sizes)
                                : engine::open_parts(std::move(options), sizes));
  std::unique_ptr<EngineImpl> impl(new EngineImpl(std::move(parts), std::move(executor)));
  VARVE_CHECK(impl->start());
  return Engine(std::move(impl));
}

Status EngineImpl::start() {
  if (store_->options.threadless) return {};
  if (own_executor_) VARVE_CHECK(own_executor_->start());
  if (is_read_only()) return {};
  VARVE_CHECK(writes_->start());
  return upkeep_->start();
}

EngineImpl::~EngineImpl() {
  if (const Status status = close(); !status) {
    engine::if_memory_allows([&] { store_->log.error("close: " + status.error().message()); });
  }
  // Nobody may be left to whom the parts could be torn away. Writes and upkeep leave the store
  // before it goes, which it asserts.
  VARVE_ASSERT(gate_->gate.is_closed_and_empty());
}

asio::any_io_executor EngineImpl::executor() const {
  return own_executor_ ? own_executor_->executor() : executor_;
}

Result<std::uint64_t> EngineImpl::downsample(const Query& query, Duration every,
                                             std::vector<Aggregation> functions,
                                             std::string_view target_prefix,
                                             const WriteOptions& options) {
  return reads_.downsample(
      query, every, std::move(functions), target_prefix, [&](WriteBatch& batch) -> Status {
        VARVE_CHECK(writes_->write(batch, options, engine::Writes::Mode::blocking));
        return {};
      });
}

Result<std::uint64_t> EngineImpl::collect_garbage(const CollectOptions& options) {
  VARVE_TRY(const std::uint64_t purged, upkeep_->collect_garbage(options.trust()));
  if (!options.labels_without_records()) return purged;
  Query query = *options.labels_without_records();
  query.between(TimeRange()).limit(Query::unlimited).without_records();
  VARVE_TRY(const auto chosen,
            reads_.series_without_records(query, ReadOptions().fill_cache(false)));
  VARVE_CHECK(upkeep_->forget_labels(chosen.keys, *chosen.view));
  return purged;
}

Status EngineImpl::sync() { return wal_ ? writes_->sync() : upkeep_->flush(); }

Status EngineImpl::checkpoint() {
  VARVE_CHECK(upkeep_->flush());
  return sync();
}

Result<bool> EngineImpl::step() {
  if (!store_->options.threadless) {
    return fail(Errc::invalid_argument, "step: the engine has threads of its own");
  }
  if (writes_ && writes_->step()) return true;
  if (own_executor_ && own_executor_->poll_one()) return true;
  if (upkeep_) {
    VARVE_TRY(const bool did_something, upkeep_->step());
    if (did_something) return true;
  }
  // What it found for others to do.
  return own_executor_ && own_executor_->poll_one();
}

Stats EngineImpl::stats() const {
  Stats stats;
  store_->report(stats);
  if (is_read_only()) {
    if (store_->options.mode != Mode::read_only) stats.last_error = refusal_;
    return stats;
  }
  upkeep_->report(stats);
  writes_->report(stats);  // Its error outweighs the one of upkeep.
  return stats;
}

Status EngineImpl::close() {
  // Whoever submitted something is inside the gate until it is done, and nobody else does it.
  if (store_->options.threadless && writes_) writes_->finish_submitted();
  if (!gate_->gate.close()) {
    wait_until_closed();
    return {};
  }
  closer_.store(std::this_thread::get_id());
  Status status = is_read_only() ? close_reads() : close_parts();
  {
    const engine::Lock lock(closing_);
    is_closed_ = true;
  }
  closed_.notify_all();
  return status;
}

/// Who comes second returns once all is let go of. But not a handler that the first runs, or waits
/// for, while it closes: that would wait for itself.
void EngineImpl::wait_until_closed() {
  const bool is_waited_for = closer_.load() == std::this_thread::get_id() ||
                             (own_executor_ && own_executor_->is_this_thread());
  if (is_waited_for) return;
  const engine::Lock lock(closing_);
  while (!is_closed_) closed_.wait(closing_);
}

Status EngineImpl::close_reads() {
  store_->pins.stop_scans();
  if (own_executor_) own_executor_->stop();
  store_->let_go();
  if (lock_) lock_->let_go();
  return {};
}

/// Goes on after a failure, so that everything is let go of, and returns the first. Throws nothing:
/// what finds no memory has failed.
///
/// The order: nothing may write once the log ends, and nothing may flush once the manifest ends.
/// So upkeep stops before the writer whose callbacks it uses; what the writer left is synced, or
/// flushed where there is no log; then log and manifest end; then the executor runs what was posted
/// until here; and the directory is given free last, once nobody changes a name in it: who drops a
/// snapshot at the same time may be removing a table (DatabaseLock).
Status EngineImpl::close_parts() {
  VARVE_ASSERT(gate_->gate.is_closed_and_empty());
  Status status;
  const auto try_to = [&status](const auto& step) {
    Status outcome = engine::or_no_memory(step);
    if (status && !outcome) status = std::move(outcome);
  };
  store_->pins.stop_scans();
  upkeep_->stop();
  writes_->stop_committing();
  try_to([this] { return wal_ ? writes_->sync() : upkeep_->flush(); });
  writes_->stop_syncing();
  try_to([this] { return store_->versions->close(store_->trusted_clock.look()); });
  if (wal_) try_to([this] { return wal_->close(); });
  if (own_executor_) own_executor_->stop();
  store_->let_go();
  lock_->let_go();
  return status;
}

}  // namespace varve
