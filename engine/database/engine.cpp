#include "varve/engine.hpp"

#include <tuple>
#include <utility>

#include "engine/database/engine_impl.hpp"
#include "varve/try.hpp"

namespace varve {

using engine::Gate;
using Mode = EngineImpl::Mode;

namespace {

WriteBatch batch_of(std::span<const Record> records) {
  WriteBatch batch;
  for (const Record& record : records) batch.put(record.view());
  return batch;
}

/// What a moved-from Engine answers.
std::unexpected<Error> no_engine() { return fail(Errc::closed, "the engine was moved from"); }

}  // namespace

Engine::Engine(std::unique_ptr<EngineImpl> impl) : impl_(std::move(impl)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::open(Options options) { return EngineImpl::open(std::move(options), {}); }

Result<Engine> Engine::open_in_memory(Options options) {
  options.dir = "/varve";
  options.file_system = memory_file_system();
  options.durability = Durability::none();
  return open(std::move(options));
}

Engine::executor_type Engine::get_executor() const noexcept { return impl_->executor(); }
Engine::executor_type Engine::executor_of(const EngineImpl& impl) noexcept {
  return impl.executor();
}

Result<Receipt> Engine::write(std::span<const Record> records, WriteOptions options) {
  return write(batch_of(records), options);
}
Result<Receipt> Engine::write(std::vector<Record>&& records, WriteOptions options) {
  return write(batch_of(records), options);
}
Result<Receipt> Engine::write(WriteBatch&& batch, WriteOptions options) {
  if (!impl_) return no_engine();
  return impl_->write(batch, options, Mode::blocking);
}
// NOLINTNEXTLINE(performance-unnecessary-value-param): it takes the batches over.
Result<Receipt> Engine::write_many(std::vector<WriteBatch> batches, WriteOptions options) {
  if (!impl_) return no_engine();
  return impl_->write_many(batches, options);
}
Result<Receipt> Engine::write_inline(WriteBatch&& batch, WriteOptions options) {
  if (!impl_) return no_engine();
  return impl_->write(batch, options, Mode::on_this_thread);
}
Result<Receipt> Engine::try_write(WriteBatch&& batch, WriteOptions options) {
  if (!impl_) return no_engine();
  return impl_->write(batch, options, Mode::without_waiting);
}

bool Engine::has_own_executor(const EngineImpl& impl) noexcept { return impl.has_own_executor(); }

void Engine::submit_write(EngineImpl& impl, WriteBatch batch, const WriteOptions& options,
                          detail::PendingWrite& pending) {
  impl.submit(std::move(batch), options, pending);
}

void Engine::submit_job(EngineImpl& impl, Job job) {
  // The job may run after the engine is gone, so it keeps the door and not the engine.
  asio::post(impl.executor(), [door = impl.door(), job = std::move(job)]() mutable {
    const Gate::Pass pass(door->gate);
    Engine borrowed{std::unique_ptr<EngineImpl>(pass ? door->impl : nullptr)};
    struct GiveBack {
      Engine& engine;
      ~GiveBack() { std::ignore = engine.impl_.release(); }
    };
    const GiveBack give_back{borrowed};
    job(borrowed);
  });
}

Result<Series> Engine::series(std::string_view key) {
  if (!impl_) return no_engine();
  return impl_->series(key);
}
Result<Receipt> Engine::append(const Series& series, Timestamp ts, ValueView value,
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

Result<Receipt> Engine::erase(std::string_view key, Timestamp ts, WriteOptions options) {
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
Result<Record> Engine::patch(std::string_view key, Timestamp ts, std::optional<Value> value,
                             std::optional<Duration> ttl, WriteOptions options) {
  if (!impl_) return no_engine();
  return impl_->patch(key, ts, std::move(value), ttl, options);
}

Result<Receipt> Engine::describe(std::string_view key, const Labels& labels, WriteOptions options) {
  WriteBatch batch;
  batch.describe(key, labels);
  return write(std::move(batch), options);
}
Result<Labels> Engine::labels(std::string_view key, const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->labels(key, options);
}
Result<std::vector<std::string>> Engine::label_names(const Query& query,
                                                     const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->label_names(query, options);
}
Result<std::vector<std::string>> Engine::label_values(std::string_view name, const Query& query,
                                                      const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->label_values(name, query, options);
}

Result<std::optional<Record>> Engine::get(std::string_view key, Timestamp ts,
                                          const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->get(key, ts, options);
}
Result<std::optional<Record>> Engine::latest(std::string_view key, const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->latest(key, options);
}
Result<std::vector<Record>> Engine::latest_n(std::string_view key, std::size_t count,
                                             const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->latest_n(key, count, options);
}
Result<std::vector<Record>> Engine::query(const Query& query, const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->query(query, options);
}
Result<Scan> Engine::scan(const Query& query, const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->scan(query, options);
}
Result<std::vector<Aggregate>> Engine::aggregate(const Query& query, const Aggregation& aggregation,
                                                 const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->aggregate(query, aggregation, options);
}
Result<std::uint64_t> Engine::downsample(const Query& query, Duration every,
                                         std::vector<Aggregation> functions,
                                         std::string_view target_prefix, WriteOptions options) {
  if (!impl_) return no_engine();
  return impl_->downsample(query, every, std::move(functions), target_prefix, options);
}
Result<std::vector<std::string>> Engine::series_list(const Query& query,
                                                     const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->series_list(query, options);
}
Result<std::uint64_t> Engine::count(const Query& query, const ReadOptions& options) {
  if (!impl_) return no_engine();
  return impl_->count(query, options);
}
Result<Snapshot> Engine::snapshot() {
  if (!impl_) return no_engine();
  return impl_->snapshot();
}

Status Engine::flush() {
  if (!impl_) return no_engine();
  return impl_->flush();
}
Result<bool> Engine::compact() {
  if (!impl_) return no_engine();
  return impl_->compact();
}
Result<std::uint64_t> Engine::collect_garbage() {
  if (!impl_) return no_engine();
  return impl_->collect_garbage();
}
Status Engine::sync() {
  if (!impl_) return no_engine();
  return impl_->sync();
}
Status Engine::checkpoint() {
  VARVE_CHECK(flush());
  return sync();
}
Result<MaintenanceHandle> Engine::start_maintenance() {
  if (!impl_) return no_engine();
  return impl_->start_maintenance();
}
Result<bool> Engine::step() {
  if (!impl_) return no_engine();
  return impl_->step();
}

const RecoveryReport& Engine::recovery_report() const { return impl_->recovery_report(); }
std::uint64_t Engine::last_sequence() const { return impl_->last_sequence(); }
Stats Engine::stats() const { return impl_->stats(); }
std::string Engine::metrics_text() const { return varve::metrics_text(impl_->stats()); }

Status Engine::close() {
  if (!impl_) return {};
  return impl_->close();
}

}  // namespace varve
