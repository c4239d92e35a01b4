#include "engine/database/writes.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/backoff.hpp"
#include "engine/base/checksum.hpp"
#include "engine/database/options_check.hpp"
#include "engine/record/series_state.hpp"
#include "engine/wal/batch.hpp"
#include "varve/time.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

std::uint64_t new_engine_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

Writes::Writes(Store& store, WritesContext context)
    : store_(store),
      wal_(context.wal),
      engine_id_(new_engine_id()),
      async_writes_(context.gate, store.counters, *store.options.clock, context.own_executor,
                    [this] { committer_.note_late(); }),
      clock_watch_(*store.options.clock, store.trusted_clock),
      syncer_(wal_, *store.options.clock, store.counters, store.log, context.last_sequence,
              {.mend = std::move(context.mend), .vouch = [this] { committer_.vouch(); }}),
      committer_({
          .versions = store.versions->published(),
          .wal = wal_,
          .syncer = syncer_,
          .counters = store.counters,
          .labels = store.label_feed,
          .clock = clock_watch_,
          .log = store.log,
          .last_sequence = context.last_sequence,
          .queue_bytes = store.options.queue_bytes,
          .memtable_bytes = store.options.memtable_bytes,
          .wal_bytes = store.options.wal_bytes,
          .threadless = store.options.threadless,
          .make_room = std::move(context.make_room),
          .on_frozen = std::move(context.on_frozen),
          .now = [&store] { return store.expiry_clock.now(); },
          .hand_over_late = [this] { return async_writes_.post_again(); },
      }) {
  VARVE_ASSERT((wal_ != nullptr) == store.has_log());
}

Status Writes::start() {
  VARVE_CHECK(syncer_.start());
  return committer_.start();
}

std::optional<Duration> Writes::ttl_of(const WriteOptions& options) const {
  return options.ttl() ? options.ttl() : store_->options.default_ttl;
}

Status Writes::prepare(const WriteBatch& batch, const WriteOptions& options,
                       std::optional<Duration> ttl, WriteRequest& request) const {
  VARVE_CHECK(check(options, wal_ != nullptr));
  const BatchDefaults defaults{.ttl = ttl, .engine_id = engine_id_};
  VARVE_TRY(request.batch, BatchReader::encode(batch, defaults));
  request.need = needed(store_->options.durability, options.durability());
  return {};
}

Result<Receipt> Writes::receipt_of_nothing() const {
  const std::uint64_t sequence = store_->versions->visible_sequence();
  const Reached reached = syncer_.durable() >= sequence ? Reached::durable
                          : wal_ != nullptr             ? Reached::appended
                                                        : Reached::in_memory;
  return Receipt{sequence, reached};
}

Result<Receipt> Writes::write(WriteBatch& batch, const WriteOptions& options, Mode mode) {
  if (batch.empty()) return receipt_of_nothing();
  const auto begun = store_->options.clock->monotonic();
  WriteRequest request;
  VARVE_CHECK(prepare(batch, options, ttl_of(options), request));
  auto receipt = committer_.write(request, mode);
  store_->counters.write_latency.record(store_->options.clock->monotonic() - begun);
  if (receipt) batch.clear();
  return receipt;
}

Result<Receipt> Writes::write_many(const std::vector<WriteBatch>& batches,
                                   const WriteOptions& options) {
  // All are looked at before the first is written, and only the last one waits for a sync.
  std::vector<std::unique_ptr<WriteRequest>> requests;
  for (const WriteBatch& batch : batches) {
    if (batch.empty()) continue;
    requests.push_back(std::make_unique<WriteRequest>());
    VARVE_CHECK(prepare(batch, options, ttl_of(options), *requests.back()));
    if (requests.size() > 1) {
      requests[requests.size() - 2]->need.lag_max = DurabilityNeed::any_lag;
    }
  }
  if (requests.empty()) return receipt_of_nothing();
  Result<Receipt> receipt;
  std::uint64_t expired = 0;
  for (const auto& request : requests) {
    receipt = committer_.write(*request, Mode::blocking);
    if (!receipt) return receipt;
    expired += receipt->expired;
  }
  receipt->expired = expired;
  return receipt;
}

void Writes::submit(WriteBatch batch, const WriteOptions& options, detail::PendingWrite& pending) {
  auto write = async_writes_.begin(std::move(batch), pending);
  if (write->accepted.empty()) {
    return async_writes_.complete(std::move(write), receipt_of_nothing());
  }
  if (Status prepared = prepare(write->accepted, options, ttl_of(options), *write); !prepared) {
    return async_writes_.complete(std::move(write), std::unexpected(std::move(prepared).error()));
  }
  committer_.submit(*write.release());
}

Result<Receipt> Writes::write_if(const WriteBatch& batch, const WriteOptions& options,
                                 std::vector<WriteCondition> conditions) {
  WriteRequest request;
  VARVE_CHECK(prepare(batch, options, {}, request));
  request.conditions = std::move(conditions);
  return committer_.write(request, Mode::blocking);
}

Result<Record> Writes::patch(std::string_view key, Timestamp ts, std::optional<Value> value,
                             std::optional<Duration> ttl, const WriteOptions& options) {
  if (!value && !ttl) {
    return fail(Errc::invalid_argument, "patch: neither a value nor a TTL to set");
  }
  for (const auto& given : {ttl, options.ttl()}) {
    if (given && given->count() < 0) return fail(Errc::invalid_argument, "patch: a negative TTL");
  }
  VARVE_CHECK(check_key(key));
  const std::string internal = internal_key(key);
  for (;;) {
    const auto view = store_->versions->view(store_->expiry_clock.now());
    VARVE_TRY(const auto row, view->get(internal, ts, {}));
    if (!row) {
      return fail(Errc::not_found,
                  "patch: no live record of " + std::string(key) + " at " + std::to_string(ts));
    }
    Record patched(std::string(key), ts, value ? *value : row->value,
                   ttl ? saturating_add(ts, ttl->count()) : row->expires_at);
    WriteBatch batch;
    batch.put(patched.view());
    // Without a default TTL, the call's included: a record that had none does not get one by being
    // patched, nor would what is returned here say so.
    const auto receipt =
        write_if(batch, options, {{internal, hash_of(internal), ts, view->sequence()}});
    if (receipt) return patched;
    // A conflict means that another write got on; so this ends.
    if (!is_conflict(receipt.error())) return std::unexpected(receipt.error());
  }
}

Result<Series> Writes::series(std::string_view key) {
  VARVE_CHECK(check_key(key));
  return Series(std::make_shared<SeriesState>(key, engine_id_));
}

Status Writes::sync() {
  VARVE_ASSERT(wal_ != nullptr);
  return syncer_.sync_through(store_->versions->visible_sequence());
}

bool Writes::step() {
  async_writes_.post_again();
  return committer_.drain() || syncer_.run_if_due() || syncer_.prepare_if_wanted() ||
         syncer_.vouch_if_due();
}

void Writes::finish_submitted() {
  committer_.drain();
  while (syncer_.run_if_due()) {
  }
  for (Backoff backoff; !async_writes_.post_again();) backoff.wait();
}

void Writes::report(Stats& stats) const {
  stats.queue_bytes = committer_.queued_bytes();
  stats.durable_sequence = syncer_.durable();
  if (wal_ != nullptr) {
    stats.wal_bytes = wal_->bytes();
    stats.wal_segments = wal_->segment_count();
    stats.wal_bytes_appended = wal_->bytes_appended();
  }
  if (syncer_.failed()) {
    stats.last_error = syncer_.read_only_error();
  } else if (committer_.is_short_of_memory()) {
    stats.last_error = Error{make_error_code(Errc::no_memory), "the newest writes"};
  }
}

}  // namespace varve::engine
