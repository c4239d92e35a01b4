#include "engine/database/engine_impl.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "engine/wal/batch.hpp"
#include "varve/time.hpp"
#include "varve/try.hpp"

namespace varve {

using engine::BatchDefaults;
using engine::BatchReader;
using engine::Committer;
using engine::EncodedBatch;
using engine::Gate;
using engine::Lock;
using engine::WriteCondition;

namespace {

std::uint64_t new_engine_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::unexpected<Error> closed() { return fail(Errc::closed, "the engine is closed"); }

}  // namespace

EngineImpl::EngineImpl(OpenedParts parts)
    : parts_(std::move(parts)), id_(new_engine_id()), door_(std::make_shared<Door>()) {
  const Options& options = parts_.options;
  if (!options.executor) {
    own_executor_ = std::make_unique<engine::OwnExecutor>();
  }
  async_writes_ = std::make_unique<engine::AsyncWrites>(door_->gate, *parts_.counters,
                                                        *options.clock, own_executor_.get());
  syncer_ = std::make_unique<engine::Syncer>(parts_.wal.get(), *options.clock, *parts_.counters,
                                             parts_.log, parts_.last_sequence);
  maintenance::KeeperContext keeping{
      .versions = parts_.versions.get(),
      .tables = parts_.tables.get(),
      .wal = parts_.wal.get(),
      .counters = parts_.counters.get(),
      .clock = options.clock.get(),
      .log = parts_.log,
      .window = options.window,
      .memtable_bytes = options.memtable_bytes,
      .compression = options.compression,
      .now = [this] { return parts_.expiry_clock->now(); },
      .on_flushed = [this] { on_flushed(); },
      .on_collected = [this] { label_garbage_->collect_later(); },
  };
  label_garbage_ = std::make_unique<maintenance::LabelGarbage>(maintenance::LabelGarbageContext{
      .versions = *parts_.versions,
      .counters = *parts_.counters,
      .log = parts_.log,
      .write_if =
          [this](const WriteBatch& batch, std::vector<engine::WriteCondition> conditions) {
            return write_if(batch, std::move(conditions));
          },
      .run_later =
          [door = door_, executor = executor()](std::function<void()> job) {
            asio::post(executor, [door, job = std::move(job)] {
              const Gate::Pass pass(door->gate);
              if (pass) job();
            });
          },
  });
  keeper_ = std::make_unique<maintenance::Keeper>(std::move(keeping), parts_.sizes.keeping);
  label_reader_ = std::make_unique<query::LabelReader>(*parts_.versions, label_feed_);
  committer_ = std::make_unique<Committer>(engine::CommitterContext{
      .versions = *parts_.versions,
      .wal = parts_.wal.get(),
      .syncer = *syncer_,
      .counters = *parts_.counters,
      .labels = label_feed_,
      .last_sequence = parts_.last_sequence,
      .queue_bytes = options.queue_bytes,
      .memtable_bytes = options.memtable_bytes,
      .wal_bytes = options.wal_bytes,
      .threadless = options.threadless,
      .make_room = [this] { return make_room(); },
      .on_frozen =
          [this] {
            const Lock lock(scheduler_mutex_);
            if (scheduler_) scheduler_->wake();
          },
  });
  door_->impl = this;
}

Result<Engine> EngineImpl::open(Options options, const EngineSizes& sizes) {
  VARVE_TRY(OpenedParts parts, open_parts(std::move(options), sizes));
  VARVE_TRY(auto impl, start(std::move(parts)));
  return Engine(std::move(impl));
}

Result<std::unique_ptr<EngineImpl>> EngineImpl::start(OpenedParts parts) {
  std::unique_ptr<EngineImpl> impl(new EngineImpl(std::move(parts)));
  const Options& options = impl->parts_.options;
  if (options.threadless) return impl;
  if (impl->own_executor_) VARVE_CHECK(impl->own_executor_->start());
  VARVE_CHECK(impl->syncer_->start());
  VARVE_CHECK(impl->committer_->start());
  if (options.background_maintenance) VARVE_CHECK(impl->start_scheduler());
  return impl;
}

Status EngineImpl::start_scheduler() {
  auto scheduler = std::make_shared<maintenance::Scheduler>(*keeper_, parts_.log);
  VARVE_CHECK(scheduler->start());
  const Lock lock(scheduler_mutex_);
  scheduler_ = std::move(scheduler);
  return {};
}

EngineImpl::~EngineImpl() {
  if (const Status status = close(); !status)
    parts_.log.error("close: " + status.error().message());
}

asio::any_io_executor EngineImpl::executor() const {
  return own_executor_ ? own_executor_->executor() : parts_.options.executor;
}

Status EngineImpl::check(const WriteOptions& options) const {
  if (!options.durability()) return {};
  const Durability& asked = *options.durability();
  if (!parts_.wal && asked.kind() != Durability::Kind::none) {
    return fail(Errc::invalid_argument,
                "WriteOptions::durability: the engine was opened with Durability::none()");
  }
  if (asked.kind() == Durability::Kind::every && asked.batches() < 1) {
    return fail(Errc::invalid_argument, "WriteOptions::durability: every() of less than 1 batch");
  }
  if (asked.kind() == Durability::Kind::interval && asked.period().count() <= 0) {
    return fail(Errc::invalid_argument, "WriteOptions::durability: interval() of no time");
  }
  return {};
}

Status EngineImpl::prepare(const WriteBatch& batch, const WriteOptions& options, Request& request,
                           bool with_default_ttl) const {
  VARVE_CHECK(check(options));
  BatchDefaults defaults{.ttl = options.ttl(), .engine_id = id_};
  if (!defaults.ttl && with_default_ttl) defaults.ttl = parts_.options.default_ttl;
  VARVE_TRY(request.batch, BatchReader::encode(batch, defaults));
  request.need = engine::needed(parts_.options.durability, options.durability());
  return {};
}

Result<Receipt> EngineImpl::receipt_of_nothing() const {
  const std::uint64_t sequence = parts_.versions->visible_sequence();
  const Reached reached = syncer_->durable() >= sequence ? Reached::durable
                          : parts_.wal                   ? Reached::appended
                                                         : Reached::in_memory;
  return Receipt{sequence, reached};
}

Result<Receipt> EngineImpl::write(WriteBatch& batch, const WriteOptions& options, Mode mode) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  if (batch.empty()) return receipt_of_nothing();
  const auto begun = parts_.options.clock->monotonic();
  Request request;
  VARVE_CHECK(prepare(batch, options, request));
  auto receipt = committer_->write(request, mode);
  parts_.counters->write_latency.record(parts_.options.clock->monotonic() - begun);
  if (receipt) batch.clear();
  return receipt;
}

Result<Receipt> EngineImpl::write_many(const std::vector<WriteBatch>& batches,
                                       const WriteOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  // All are looked at before the first is written, and only the last one waits for a sync.
  std::vector<std::unique_ptr<Request>> requests;
  for (const WriteBatch& batch : batches) {
    if (batch.empty()) continue;
    requests.push_back(std::make_unique<Request>());
    VARVE_CHECK(prepare(batch, options, *requests.back()));
    if (requests.size() > 1) {
      requests[requests.size() - 2]->need.lag_max = engine::DurabilityNeed::any_lag;
    }
  }
  if (requests.empty()) return receipt_of_nothing();
  Result<Receipt> receipt;
  for (const auto& request : requests) {
    receipt = committer_->write(*request, Mode::blocking);
    if (!receipt) break;
  }
  return receipt;
}

void EngineImpl::submit(WriteBatch batch, const WriteOptions& options,
                        detail::PendingWrite& pending) {
  if (!door_->gate.enter()) return async_writes_->post(pending, closed());
  auto write = async_writes_->begin(std::move(batch), pending);
  if (write->accepted.empty()) {
    return async_writes_->complete(std::move(write), receipt_of_nothing());
  }
  if (Status prepared = prepare(write->accepted, options, *write); !prepared) {
    return async_writes_->complete(std::move(write), std::unexpected(prepared.error()));
  }
  committer_->submit(*write.release());
}

Result<Record> EngineImpl::patch(std::string_view key, Timestamp ts, std::optional<Value> value,
                                 std::optional<Duration> ttl, const WriteOptions& options) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  if (!value && !ttl) {
    return fail(Errc::invalid_argument, "patch: neither a value nor a TTL to set");
  }
  if (ttl && ttl->count() < 0) return fail(Errc::invalid_argument, "patch: a negative TTL");
  const std::string internal = engine::internal_key(key);
  for (;;) {
    const auto view = parts_.versions->view(parts_.expiry_clock->now());
    VARVE_TRY(const auto row, view->get(internal, ts, {}));
    if (!row) {
      return fail(Errc::not_found,
                  "patch: no live record of " + std::string(key) + " at " + std::to_string(ts));
    }
    Record patched(std::string(key), ts, value ? *value : row->value,
                   ttl ? saturating_add(ts, ttl->count()) : row->expires_at);
    WriteBatch batch;
    batch.put(patched.view());
    // Without the default TTL: a record that had none does not get one by being patched.
    Request request;
    VARVE_CHECK(prepare(batch, options, request, false));
    request.conditions.push_back({internal, engine::hash_of(internal), ts, view->sequence()});
    const auto receipt = committer_->write(request, Mode::blocking);
    if (receipt) return patched;
    // A conflict means that another write got on; so this ends.
    if (!engine::is_conflict(receipt.error())) return std::unexpected(receipt.error());
  }
}

Result<Receipt> EngineImpl::write_if(const WriteBatch& batch,
                                     std::vector<engine::WriteCondition> conditions) {
  Request request;
  VARVE_CHECK(prepare(batch, {}, request));
  request.conditions = std::move(conditions);
  return committer_->write(request, Mode::blocking);
}

Result<Series> EngineImpl::series(std::string_view key) {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  VARVE_CHECK(engine::check_key(key));
  return Series(std::make_shared<engine::SeriesState>(key, id_));
}

Status EngineImpl::make_room() {
  for (;;) {
    if (parts_.versions->frozen_count() < Committer::frozen_max) return {};
    std::shared_ptr<maintenance::Scheduler> scheduler;
    {
      const Lock lock(scheduler_mutex_);
      scheduler = scheduler_;
    }
    if (!scheduler || !scheduler->running()) {
      // Nobody else flushes.
      VARVE_CHECK(keeper_->flush_one());
      continue;
    }
    scheduler->wake();
    if (auto error = keeper_->flush_error()) return std::unexpected(std::move(*error));
    const Lock lock(room_mutex_);
    if (parts_.versions->frozen_count() < Committer::frozen_max) return {};
    // Looks again now and then: the scheduler may be stopped, or fail.
    room_.wait_for(room_mutex_, std::chrono::milliseconds(20));
  }
}

void EngineImpl::on_flushed() {
  syncer_->note_durable(parts_.versions->version()->flushed_through);
  {
    const Lock lock(room_mutex_);  // Orders this with the check before the wait.
  }
  room_.notify_all();
}

Status EngineImpl::flush_through(std::uint64_t flush_number) {
  while (parts_.versions->version()->flush_number < flush_number) {
    VARVE_TRY(const bool flushed, keeper_->flush_one());
    // Flushes are serialised: nothing left to flush means that another thread did it.
    if (!flushed) break;
  }
  return {};
}

Status EngineImpl::flush() {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  VARVE_TRY(const std::uint64_t through, committer_->freeze());
  return flush_through(through);
}

Result<bool> EngineImpl::compact() {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  return keeper_->compact_all();
}

Result<std::uint64_t> EngineImpl::collect_garbage() {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  VARVE_TRY(const std::uint64_t purged, keeper_->collect(parts_.expiry_clock->now()));
  VARVE_CHECK(label_garbage_->collect(parts_.expiry_clock->now()));
  return purged;
}

Status EngineImpl::sync() {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  if (!parts_.wal) {
    VARVE_TRY(const std::uint64_t through, committer_->freeze());
    return flush_through(through);
  }
  return syncer_->sync_through(parts_.versions->visible_sequence());
}

Result<MaintenanceHandle> EngineImpl::start_maintenance() {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  if (parts_.options.threadless) {
    return fail(Errc::invalid_argument, "start_maintenance: the engine is threadless; use step()");
  }
  const Lock lock(scheduler_mutex_);
  if (scheduler_ && scheduler_->running()) {
    return fail(Errc::invalid_argument, "start_maintenance: background maintenance runs already");
  }
  auto scheduler = std::make_shared<maintenance::Scheduler>(*keeper_, parts_.log);
  VARVE_CHECK(scheduler->start());
  scheduler_ = scheduler;
  return MaintenanceHandle(std::move(scheduler));
}

Result<bool> EngineImpl::step() {
  const Gate::Pass pass(door_->gate);
  if (!pass) return closed();
  if (!parts_.options.threadless) {
    return fail(Errc::invalid_argument, "step: the engine has threads of its own");
  }
  if (committer_->drain()) return true;
  if (syncer_->run_if_due() || syncer_->prepare_if_wanted()) return true;
  if (own_executor_ && own_executor_->poll_one()) return true;
  return keeper_->step();
}

Status EngineImpl::close() {
  if (parts_.options.threadless) {
    // Whoever submitted something is inside the gate until it is done, and nobody else does it.
    committer_->drain();
    while (syncer_->run_if_due()) {
    }
  }
  if (!door_->gate.close()) return {};
  return close_parts();
}

/// Goes on after a failure, so that everything is let go of, and returns the first.
Status EngineImpl::close_parts() {
  Status status;
  const auto keep_first = [&status](const Status& outcome) {
    if (status && !outcome) status = outcome;
  };
  {
    const Lock lock(scheduler_mutex_);
    if (scheduler_) scheduler_->stop();
  }
  committer_->stop();
  if (parts_.wal) {
    if (!syncer_->failed()) {
      keep_first(syncer_->sync_through(parts_.versions->visible_sequence()));
    }
  } else {
    const auto through = committer_->freeze();
    keep_first(through ? flush_through(*through) : Status(std::unexpected(through.error())));
  }
  syncer_->stop();
  keep_first(parts_.versions->close());
  if (parts_.wal) keep_first(parts_.wal->close());
  if (own_executor_) own_executor_->stop();
  parts_.lock.reset();
  return status;
}

}  // namespace varve
