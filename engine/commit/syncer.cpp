#include "engine/commit/syncer.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/thread.hpp"
#include "engine/base/try.hpp"

namespace varve::engine {

namespace {

/// The greatest sequence that has to be durable before `request` is acknowledged.
std::uint64_t durable_needed(const WriteRequest& request) {
  return request.sequence > request.need.lag_max ? request.sequence - request.need.lag_max : 0;
}

}  // namespace

Syncer::Syncer(Wal* wal, Clock& clock, Counters& counters, Log log, std::uint64_t durable)
    : wal_(wal),
      clock_(clock),
      counters_(counters),
      log_(std::move(log)),
      durable_(durable),
      appended_(durable) {}

Status Syncer::start() {
  if (wal_ == nullptr) return {};
  VARVE_TRY(thread_, start_thread("varve-sync", [this] { run(); }));
  return {};
}

Syncer::~Syncer() { stop(); }

Error Syncer::read_only_error() {
  return {make_error_code(Errc::read_only), "an earlier sync of the WAL failed"};
}

Result<Receipt> Syncer::outcome_of(const WriteRequest& request) const {
  const std::uint64_t durable = durable_.load(std::memory_order_acquire);
  if (durable < durable_needed(request)) {
    return fail(Errc::unknown, "batch " + std::to_string(request.sequence) +
                                   ": in the WAL, but the sync that was asked for failed");
  }
  const Reached reached = durable >= request.sequence ? Reached::durable
                          : wal_ == nullptr           ? Reached::in_memory
                                                      : Reached::appended;
  return Receipt{request.sequence, reached};
}

void Syncer::appended(WriteRequest& request) {
  bool finished = false;
  bool wake = false;
  {
    const Lock lock(mutex_);
    appended_ = std::max(appended_, request.sequence);
    if (wal_ != nullptr && request.need.sync_within != Moment::max()) {
      const Moment deadline = clock_.monotonic() + request.need.sync_within;
      if (!deadline_ || deadline < *deadline_) {
        deadline_ = deadline;
        wake = true;
      }
    }
    const std::uint64_t need = durable_needed(request);
    if (failed() || durable_.load(std::memory_order_relaxed) >= need) {
      finished = true;
    } else {
      VARVE_ASSERT(wal_ != nullptr);
      waiting_.push_back(&request);
      // All that is appended by then goes along, so that every() syncs once in n batches.
      wanted_ = std::max(wanted_, need);
      wake = true;
    }
  }
  if (wake) work_.notify_one();
  if (finished) request.finish(outcome_of(request));
}

void Syncer::note_durable(std::uint64_t sequence) {
  std::vector<WriteRequest*> ready;
  {
    const Lock lock(mutex_);
    if (sequence <= durable_.load(std::memory_order_relaxed)) return;
    durable_.store(sequence, std::memory_order_release);
    appended_ = std::max(appended_, sequence);
    if (appended_ == sequence) deadline_.reset();
    ready = take_ready();
  }
  progress_.notify_all();
  finish(ready);
}

Status Syncer::sync_through(std::uint64_t sequence) {
  if (durable() >= sequence) return {};
  if (!thread_.joinable() && wal_ != nullptr) {
    sync_once();
  } else {
    const Lock lock(mutex_);
    wanted_ = std::max(wanted_, sequence);
    work_.notify_one();
    while (durable_.load(std::memory_order_relaxed) < sequence && !failed() && wal_ != nullptr) {
      progress_.wait(mutex_);
    }
  }
  if (durable() >= sequence || wal_ == nullptr) return {};
  return fail(Errc::unknown, "sync through batch " + std::to_string(sequence));
}

bool Syncer::run_if_due() {
  {
    const Lock lock(mutex_);
    if (!due()) return false;
  }
  sync_once();
  return true;
}

void Syncer::stop() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Syncer::due() const {
  if (wal_ == nullptr || failed()) return false;
  if (wanted_ > durable_.load(std::memory_order_relaxed)) return true;
  return deadline_ && clock_.monotonic() >= *deadline_;
}

void Syncer::run() {
  enum class Work { sync, spare };
  for (Work work = Work::spare;;) {
    {
      const Lock lock(mutex_);
      while (!due() && !spare_wanted_) {
        if (stopping_) return;
        if (deadline_ && !failed()) {
          work_.wait_for(mutex_, std::max(*deadline_ - clock_.monotonic(), Moment(0)));
        } else {
          work_.wait(mutex_);
        }
      }
      // In turns where syncs never cease: a segment that the writer has to write itself costs more.
      work = spare_wanted_ && (work == Work::sync || !due()) ? Work::spare : Work::sync;
      if (work == Work::spare) spare_wanted_ = false;
    }
    if (work == Work::sync) {
      sync_once();
    } else {
      prepare_piece();
    }
  }
}

void Syncer::prepare_piece() {
  if (const auto prepared = wal_->prepare_spare(); !prepared) {
    // The writer makes its own then, or fails with the same error where it can be returned.
    log_.warning("preparing a WAL segment: " + prepared.error().message());
  } else if (*prepared) {
    const Lock lock(mutex_);
    spare_wanted_ = !stopping_;  // That was a piece of it.
  }
}

bool Syncer::prepare_if_wanted() {
  {
    const Lock lock(mutex_);
    if (!std::exchange(spare_wanted_, false)) return false;
  }
  prepare_piece();
  return true;
}

void Syncer::prepare_spare() {
  {
    const Lock lock(mutex_);
    spare_wanted_ = wal_ != nullptr;
  }
  work_.notify_one();
}

void Syncer::sync_once() {
  std::uint64_t target = 0;
  {
    const Lock lock(mutex_);
    // sync_through() on several threads of a threadless engine, or beside run_if_due().
    while (syncing_) progress_.wait(mutex_);
    if (failed()) return;
    target = appended_;
    deadline_.reset();
    syncing_ = true;
  }
  // Groups up to `target` were appended before appended() was told, and so before this sync.
  const Moment begun = clock_.monotonic();
  const Status synced = wal_->sync();
  counters_.wal_syncs.add();
  counters_.sync_latency.record(clock_.monotonic() - begun);
  if (!synced) log_.error("WAL sync, writes stop: " + synced.error().message());

  std::vector<WriteRequest*> ready;
  {
    const Lock lock(mutex_);
    syncing_ = false;
    if (synced) {
      const std::uint64_t durable = durable_.load(std::memory_order_relaxed);
      durable_.store(std::max(durable, target), std::memory_order_release);
      ready = take_ready();
    } else {
      failed_.store(true, std::memory_order_release);
      ready = std::exchange(waiting_, {});
    }
  }
  progress_.notify_all();
  finish(ready);
}

std::vector<WriteRequest*> Syncer::take_ready() {
  const std::uint64_t durable = durable_.load(std::memory_order_relaxed);
  std::vector<WriteRequest*> ready;
  std::erase_if(waiting_, [&](WriteRequest* request) {
    if (durable_needed(*request) > durable) return false;
    ready.push_back(request);
    return true;
  });
  return ready;
}

void Syncer::finish(const std::vector<WriteRequest*>& requests) {
  for (WriteRequest* request : requests) request->finish(outcome_of(*request));
}

}  // namespace varve::engine
