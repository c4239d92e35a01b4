#include "varve/engine.hpp"

#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/database/engine_impl.hpp"
#include "engine/database/options_check.hpp"
#include "engine/database/own_executor.hpp"
#include "varve/try.hpp"

namespace varve {

using engine::Gate;
using CommitMode = engine::Writes::Mode;

namespace {

WriteBatch batch_of(std::span<const Record> records) {
  WriteBatch batch;
  for (const Record& record : records) batch.put(record.view());
  return batch;
}

// Apart, and cold, so that inside() is small enough to be inlined into each call.
[[gnu::cold, gnu::noinline]] std::unexpected<Error> moved_from() {
  return fail(Errc::closed, "the engine was moved from");
}
[[gnu::cold, gnu::noinline]] std::unexpected<Error> closed(const EngineImpl& impl) {
  return fail(Errc::closed, impl.is_here()
                                ? "the engine is closed"
                                : "the engine is that of the process that forked this one");
}

[[gnu::cold, gnu::noinline]] std::unexpected<Error> refused(const EngineImpl& impl) {
  return std::unexpected(*impl.refusal());
}

/// A call that changes something: refused by an engine that may not.
template <class Call>
auto changing(Call call) {
  return [call = std::move(call)](
             EngineImpl& impl) mutable -> std::invoke_result_t<Call, EngineImpl&> {
    if (impl.is_read_only()) return refused(impl);
    return call(impl);
  };
}

/// The engine, if it may be looked at: none where it was moved from, nor in a child of the process
/// that opened it. There any mutex may be held by a thread that is not there.
EngineImpl* here(const std::unique_ptr<EngineImpl>& impl) {
  return impl && impl->is_here() ? impl.get() : nullptr;
}

/// Closes and destroys it. In a child there is nobody to wait for, and nothing that is the child's
/// own: the copy stays as it is until the child ends, or executes another program.
void let_go(std::unique_ptr<EngineImpl>& impl) {
  if (here(impl) == nullptr) std::ignore = impl.release();
  impl.reset();
}

}  // namespace

Engine::Engine(std::unique_ptr<EngineImpl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&& other) noexcept {
  if (this != &other) {
    let_go(impl_);
    impl_ = std::move(other.impl_);
  }
  return *this;
}
Engine::~Engine() { let_go(impl_); }

Result<Engine> Engine::open(Options options) { return EngineImpl::open(std::move(options), {}); }

Result<Engine> Engine::open(const std::filesystem::path& dir) {
  Options options;
  options.dir = dir;
  return open(std::move(options));
}

Result<Engine> Engine::open_in_memory(Options options) {
  VARVE_CHECK(engine::check_in_memory(options));
  options.dir = "/varve";
  options.file_system = memory_file_system();
  options.durability = Durability::none();
  return open(std::move(options));
}

Engine::executor_type Engine::get_executor() const noexcept {
  if (!impl_) return asio::system_executor();
  return impl_->is_here() ? impl_->executor() : engine::executor_of_child();
}

/// Not on an engine that was moved from, and not once it closes. What runs inside is below the gate
/// and enters it no more: so a call that was let in completes, whatever close() does meanwhile. The
/// job of an asynchronous call was let in before, with the engine that it borrows.
template <class Call>
std::invoke_result_t<Call, EngineImpl&> Engine::inside(Call call) {
  if (!impl_) return moved_from();
  const Gate::Pass pass(impl_->gate()->gate);
  if (!pass && !is_borrowed_) return closed(*impl_);
  return call(*impl_);
}

Result<Receipt> Engine::write(std::span<const Record> records, WriteOptions options) {
  return write(batch_of(records), options);
}
Result<Receipt> Engine::write(std::vector<Record>&& records, WriteOptions options) {
  return write(batch_of(records), options);
}
Result<Receipt> Engine::write(WriteBatch&& batch, WriteOptions options) {
  return inside(changing(
      [&](EngineImpl& impl) { return impl.writes().write(batch, options, CommitMode::blocking); }));
}
// NOLINTNEXTLINE(performance-unnecessary-value-param): it takes the batches over.
Result<Receipt> Engine::write_many(std::vector<WriteBatch> batches, WriteOptions options) {
  return inside(
      changing([&](EngineImpl& impl) { return impl.writes().write_many(batches, options); }));
}
Result<Receipt> Engine::write_inline(WriteBatch&& batch, WriteOptions options) {
  return inside(changing([&](EngineImpl& impl) {
    return impl.writes().write(batch, options, CommitMode::on_this_thread);
  }));
}
Result<Receipt> Engine::try_write(WriteBatch&& batch, WriteOptions options) {
  return inside(changing([&](EngineImpl& impl) {
    return impl.writes().write(batch, options, CommitMode::without_waiting);
  }));
}

// A refused call must not go to the engine's own thread: it has ended, or ends before it comes to
// what is posted now. Inside, the thread cannot end: close() stops it after the gate is empty.
detail::Entry::Entry(EngineImpl* impl)
    : impl_(impl),
      is_inside_(impl != nullptr && impl->gate()->gate.enter()),
      // Who writes is called back by the queue of writes, which an engine that only reads has not.
      is_own_(is_inside_ && impl->has_own_executor() && !impl->is_read_only()) {
  if (impl != nullptr && !impl->is_here()) {
    executor_ = engine::executor_of_child();
  } else if (is_inside_ || (impl != nullptr && !impl->has_own_executor())) {
    executor_ = impl->executor();
  } else {
    executor_ = asio::system_executor();
  }
}

detail::Entry::~Entry() {
  if (is_inside_) impl_->gate()->gate.leave();
}

void Engine::submit_write(Entry& entry, WriteBatch batch, const WriteOptions& options,
                          detail::PendingWrite& pending) {
  // Ours until somebody has taken it over: where there is no memory for that the call throws.
  struct Discard {
    void operator()(detail::PendingWrite* handler) const { handler->discard(); }
  };
  std::unique_ptr<detail::PendingWrite, Discard> handler(&pending);
  VARVE_ASSERT(!entry.is_inside_ || entry.impl_ != nullptr);
  if (entry.is_inside_ && !entry.impl_->is_read_only()) {
    entry.impl_->writes().submit(std::move(batch), options, pending);
    // The write stays inside until its handler has been posted.
    entry.is_inside_ = false;
  } else {
    pending.error = entry.is_inside_ ? entry.impl_->refusal()->code : make_error_code(Errc::closed);
    if (!pending.post()) throw std::bad_alloc();
  }
  std::ignore = handler.release();
}

void Engine::submit_job(const Entry& entry, Job job) {
  // The job may run after the engine is gone, so it keeps the gate and not the engine.
  auto gate = entry.is_inside_ ? entry.impl_->gate() : nullptr;
  asio::post(entry.executor(), [gate = std::move(gate), job = std::move(job)]() mutable {
    std::optional<Gate::Pass> pass;
    if (gate) pass.emplace(gate->gate);
    if (!pass || !*pass) {
      Engine none{nullptr};
      return job(none);
    }
    struct Borrowed {
      Engine engine;
      ~Borrowed() { std::ignore = engine.impl_.release(); }
    };
    Borrowed borrowed{Engine(std::unique_ptr<EngineImpl>(gate->impl))};
    borrowed.engine.is_borrowed_ = true;
    job(borrowed.engine);
  });
}

Result<Series> Engine::series(std::string_view key) {
  return inside(changing([&](EngineImpl& impl) { return impl.writes().series(key); }));
}
Result<Receipt> Engine::append(const Series& series, TimePoint ts, ValueView value,
                               WriteOptions options) {
  WriteBatch batch;
  batch.put(series, ts, value);
  return write(std::move(batch), options);
}
Result<Receipt> Engine::append(std::span<const Point> points, WriteOptions options) {
  WriteBatch batch;
  for (const Point& point : points) batch.put(point.series, point.ts, point.value.view());
  return write(std::move(batch), options);
}

Result<Receipt> Engine::erase(std::string_view key, TimePoint ts, WriteOptions options) {
  WriteBatch batch;
  batch.erase(key, ts);
  return write(std::move(batch), options);
}
Result<Receipt> Engine::erase_batch(std::span<const std::pair<std::string, Timestamp>> records,
                                    WriteOptions options) {
  WriteBatch batch;
  for (const auto& [key, ts] : records) batch.erase(key, ts);
  return write(std::move(batch), options);
}
Result<Receipt> Engine::erase_batch(std::span<const std::pair<std::string, TimePoint>> records,
                                    WriteOptions options) {
  WriteBatch batch;
  for (const auto& [key, ts] : records) batch.erase(key, ts);
  return write(std::move(batch), options);
}
Result<Receipt> Engine::erase_range(std::string_view first_key,
                                    std::optional<std::string_view> end_key, TimeRange range,
                                    WriteOptions options) {
  WriteBatch batch;
  batch.erase_range(first_key, end_key, range);
  return write(std::move(batch), options);
}
Result<Receipt> Engine::erase_prefix(std::string_view prefix, TimeRange range,
                                     WriteOptions options) {
  WriteBatch batch;
  batch.erase_prefix(prefix, range);
  return write(std::move(batch), options);
}
Result<Record> Engine::patch(std::string_view key, TimePoint ts, std::optional<Value> value,
                             std::optional<Duration> ttl, WriteOptions options) {
  return inside(changing([&](EngineImpl& impl) {
    return impl.writes().patch(key, ts, std::move(value), ttl, options);
  }));
}

Result<Receipt> Engine::describe(std::string_view key, const Labels& labels, WriteOptions options) {
  WriteBatch batch;
  batch.describe(key, labels);
  return write(std::move(batch), options);
}
ReadResult<Labels> Engine::labels(std::string_view key, const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().labels(key, options); });
}
ReadResult<std::vector<std::string>> Engine::label_names(const Query& query,
                                                         const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().label_names(query, options); });
}
ReadResult<std::vector<std::string>> Engine::label_values(std::string_view name, const Query& query,
                                                          const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().label_values(name, query, options); });
}

ReadResult<std::vector<Note>> Engine::notes(std::string_view prefix, const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().notes(prefix, options); });
}

Result<std::optional<Record>> Engine::get(std::string_view key, TimePoint ts,
                                          const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().get(key, ts, options); });
}
Result<std::optional<Record>> Engine::latest(std::string_view key, const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().latest(key, options); });
}
ReadResult<std::vector<Record>> Engine::latest_n(std::string_view key, std::size_t count,
                                                 const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().latest_n(key, count, options); });
}
ReadResult<std::vector<Record>> Engine::query(const Query& query, const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().query(query, options); });
}
ReadResult<Scan> Engine::scan(const Query& query, const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().scan(query, options); });
}
ReadResult<std::vector<Aggregate>> Engine::aggregate(const Query& query,
                                                     const Aggregation& aggregation,
                                                     const ReadOptions& options) {
  return inside(
      [&](EngineImpl& impl) { return impl.reads().aggregate(query, aggregation, options); });
}
Result<std::uint64_t> Engine::downsample(const Query& query, Duration every,
                                         std::vector<Aggregation> functions,
                                         std::string_view target_prefix, WriteOptions options) {
  return inside(changing([&](EngineImpl& impl) {
    return impl.downsample(query, every, std::move(functions), target_prefix, options);
  }));
}
ReadResult<std::vector<std::string>> Engine::series_list(const Query& query,
                                                         const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().series_list(query, options); });
}
ReadResult<std::vector<DescribedSeries>> Engine::described_series(const Query& query,
                                                                  const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().described_series(query, options); });
}
Result<std::uint64_t> Engine::count(const Query& query, const ReadOptions& options) {
  return inside([&](EngineImpl& impl) { return impl.reads().count(query, options); });
}
Result<Snapshot> Engine::snapshot() {
  return inside([&](EngineImpl& impl) { return impl.reads().snapshot(); });
}

Status Engine::flush() {
  return inside(changing([&](EngineImpl& impl) { return impl.upkeep().flush(); }));
}
Result<bool> Engine::compact() {
  return inside(changing([&](EngineImpl& impl) { return impl.upkeep().compact(); }));
}
// NOLINTNEXTLINE(performance-unnecessary-value-param): as all options.
Result<std::uint64_t> Engine::collect_garbage(CollectOptions options) {
  return inside(changing([&](EngineImpl& impl) { return impl.collect_garbage(options); }));
}
Status Engine::sync() {
  return inside(changing([&](EngineImpl& impl) { return impl.sync(); }));
}
Status Engine::checkpoint() {
  return inside(changing([](EngineImpl& impl) { return impl.checkpoint(); }));
}
Result<MaintenanceHandle> Engine::start_maintenance() {
  return inside(changing([&](EngineImpl& impl) { return impl.upkeep().start_maintenance(); }));
}
Result<bool> Engine::step() {
  return inside([&](EngineImpl& impl) { return impl.step(); });
}

const RecoveryReport& Engine::recovery_report() const {
  static const RecoveryReport none;
  return impl_ ? impl_->recovery_report() : none;
}
std::uint64_t Engine::last_sequence() const {
  return here(impl_) != nullptr ? impl_->last_sequence() : 0;
}
Stats Engine::stats() const { return here(impl_) != nullptr ? impl_->stats() : Stats(); }
std::string Engine::metrics_text() const { return varve::metrics_text(stats()); }

// From outside the gate: it waits for those inside, and a second one is no error.
Status Engine::close() {
  EngineImpl* const impl = here(impl_);
  return impl != nullptr ? impl->close() : Status();
}

}  // namespace varve
