#include "engine/commit/syncer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/base/thread.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// The greatest sequence that has to be durable before `request` is acknowledged.
std::uint64_t durable_needed(const WriteRequest& request) {
  return request.sequence > request.need.lag_max ? request.sequence - request.need.lag_max : 0;
}

}  // namespace

Syncer::Syncer(Wal* wal, Clock& clock, Counters& counters, Log log, std::uint64_t durable,
               SyncerCallbacks callbacks)
    : wal_(wal),
      clock_(clock),
      counters_(counters),
      log_(std::move(log)),
      callbacks_(std::move(callbacks)),
      durable_(durable),
      appended_(durable) {}

Status Syncer::start() {
  if (wal_ == nullptr) return {};
  VARVE_TRY(thread_, start_thread("varve-sync", [this] { run(); }));
  return {};
}

Syncer::~Syncer() {
  stop();
  const Lock lock(mutex_);
  VARVE_ASSERT(waiting_.empty());  // Whoever waits would wait for ever.
}

Result<Receipt> Syncer::outcome_of(const WriteRequest& request) const {
  // Who is answered is in the log, where there is one.
  VARVE_ASSERT(request.sequence <= appended_.load(std::memory_order_relaxed));
  const std::uint64_t durable = durable_.load(std::memory_order_acquire);
  if (durable < durable_needed(request)) {
    Error error{make_error_code(Errc::unknown), {}};
    if_memory_allows([&] {
      error.where = "batch " + std::to_string(request.sequence) +
                    ": in the WAL, but the sync that was asked for failed";
    });
    return std::unexpected(std::move(error));
  }
  const Reached reached = durable >= request.sequence ? Reached::durable
                          : wal_ == nullptr           ? Reached::in_memory
                                                      : Reached::appended;
  return Receipt{request.sequence, reached, request.expired};
}

bool Syncer::is_enough(const WriteRequest& request) const {
  return failed() || durable() >= durable_needed(request);
}

void Syncer::appended(std::span<WriteRequest* const> group, Finisher& finisher) {
  raise_appended(group.back()->sequence);
  Moment within = Moment::max();
  RequestList arriving;
  for (WriteRequest* request : group) {
    within = std::min(within, request->need.sync_within);
    if (!is_enough(*request)) {
      arriving.push_back(*request);
    } else {
      finisher.add(*request, outcome_of(*request));  // It may be gone now.
    }
  }
  const bool covered =
      wal_ == nullptr || within.count() >= covered_within_.load(std::memory_order_seq_cst);
  if (covered && arriving.empty()) return;

  bool wake = false;
  {
    const Lock lock(mutex_);
    if (!covered) wake = set_deadline(within);
    while (!arriving.empty()) {
      WriteRequest& request = arriving.pop_front();
      if (is_enough(request)) {  // By now.
        finisher.add(request, outcome_of(request));
        continue;
      }
      VARVE_ASSERT(wal_ != nullptr);
      VARVE_ASSERT(waiting_.empty() || waiting_.back()->sequence < request.sequence);
      waiting_.push_back(request);
      // All that is appended by then goes along, so that every() syncs once in n batches.
      wanted_ = std::max(wanted_, durable_needed(request));
      wake = true;
    }
    if (gathering_ && waiting_.size() < expected_) wake = false;
  }
  if (wake) work_.notify_one();
}

void Syncer::raise_appended(std::uint64_t sequence) {
  std::uint64_t before = appended_.load(std::memory_order_relaxed);
  while (before < sequence &&
         !appended_.compare_exchange_weak(before, sequence, std::memory_order_seq_cst)) {
  }
}

/// True where that is earlier than a sync was due before.
bool Syncer::set_deadline(Moment within) {
  const Moment deadline = clock_.monotonic() + within;
  covered_within_.store(within.count(), std::memory_order_seq_cst);
  if (deadline_ && *deadline_ <= deadline) return false;
  deadline_ = deadline;
  return true;
}

void Syncer::note_durable(std::uint64_t sequence) {
  RequestList ready;
  {
    const Lock lock(mutex_);
    if (sequence <= durable_.load(std::memory_order_relaxed)) return;
    durable_.store(sequence, std::memory_order_release);
    raise_appended(sequence);
    // Taken away first: what is appended from here on sees that, and sets its own.
    const Moment::rep within =
        covered_within_.exchange(Moment::max().count(), std::memory_order_seq_cst);
    if (appended_.load(std::memory_order_seq_cst) == sequence) {
      deadline_.reset();
    } else {
      covered_within_.store(within, std::memory_order_seq_cst);
    }
    ready = take_ready();
  }
  progress_.notify_all();
  finish(ready);
}

Status Syncer::sync_through(std::uint64_t sequence) {
  if (durable() >= sequence) return {};
  if (failed()) {
    if (const Status mended = mend(); !mended)
      return not_durable(sequence, mended.error().message());
  }
  // The writer publishes a sequence a moment before it calls appended().
  raise_appended(sequence);
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
  return not_durable(sequence, read_only_error().where);
}

bool Syncer::run_if_due() {
  std::optional<Work> work;
  {
    const Lock lock(mutex_);
    work = next_work(Work::spare);
  }
  if (work != Work::sync && work != Work::mend) return false;
  do_work(*work);
  return true;
}

bool Syncer::vouch_if_due() {
  {
    const Lock lock(mutex_);
    if (!vouch_at_) return false;
  }
  do_work(Work::vouch);
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

/// What to do now, after that was done last. Spares and syncs come in turns where syncs never
/// cease: a segment that the writer has to write itself costs more.
std::optional<Syncer::Work> Syncer::next_work(Work last) const {
  if (spare_wanted_ && (last != Work::spare || !due())) return Work::spare;
  if (due()) return Work::sync;
  const bool to_mend = failed() && callbacks_.mend;
  if (!to_mend && !vouch_at_) return std::nullopt;
  const Moment now = clock_.monotonic();
  if (to_mend && now >= mend_at_) return Work::mend;
  if (vouch_at_ && now >= *vouch_at_) return Work::vouch;
  return std::nullopt;
}

/// When there is something to do, if nothing happens before.
std::optional<Syncer::Moment> Syncer::next_moment() const {
  std::optional<Moment> next = failed() ? std::nullopt : deadline_;
  const auto consider = [&next](Moment moment) { next = std::min(next.value_or(moment), moment); };
  if (failed() && callbacks_.mend) consider(mend_at_);
  if (vouch_at_) consider(*vouch_at_);
  return next;
}

void Syncer::do_work(Work work) {
  switch (work) {
    case Work::sync: return sync_once();
    case Work::spare: return prepare_piece();
    case Work::mend: return static_cast<void>(mend());
    case Work::vouch: {
      {
        const Lock lock(mutex_);
        vouch_at_.reset();
      }
      return callbacks_.vouch();
    }
  }
}

void Syncer::run() {
  for (Work last = Work::sync;;) {
    std::optional<Work> work;
    {
      const Lock lock(mutex_);
      while (!(work = next_work(last))) {
        if (stopping_) return;
        if (const auto next = next_moment()) {
          work_.wait_for(mutex_, std::max(*next - clock_.monotonic(), Moment(0)));
        } else {
          work_.wait(mutex_);
        }
      }
      // What is due to be synced goes before the end; the rest does not.
      if (stopping_ && work != Work::sync) return;
      if (work == Work::spare) spare_wanted_ = false;
      if (work == Work::sync) gather();
    }
    do_work(*work);
    last = *work;
  }
}

void Syncer::gather() {
  constexpr unsigned misses_max = 6;
  if (waiting_.size() >= expected_) return;
  if (skipped_ != 0) {
    --skipped_;
    return;
  }
  const Moment end = last_sync_end_ + usual_sync_;
  if (clock_.monotonic() >= end) return;
  gathering_ = true;
  while (waiting_.size() < expected_ && !stopping_) {
    const Moment left = end - clock_.monotonic();
    if (left.count() <= 0 || !work_.wait_for(mutex_, left)) break;
  }
  gathering_ = false;
  misses_ = waiting_.size() >= expected_ - expected_ / 4 ? 0 : std::min(misses_ + 1, misses_max);
  skipped_ = (1U << misses_) - 1;
}

void Syncer::prepare_piece() {
  const auto prepared = or_no_memory([this] { return wal_->prepare_spare(); });
  if (!prepared) {
    // The writer makes its own then, or fails with the same error where it can be returned.
    if_memory_allows(
        [&] { log_.warning("preparing a WAL segment: " + prepared.error().message()); });
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
    deadline_.reset();
    covered_within_.store(Moment::max().count(), std::memory_order_seq_cst);
    target = appended_.load(std::memory_order_seq_cst);
    VARVE_ASSERT(durable_.load(std::memory_order_relaxed) <= target);
    syncing_ = true;
  }
  // Groups up to `target` were appended before appended() was told, and so before this sync.
  const Moment begun = clock_.monotonic();
  const Status synced = or_no_memory([this] { return wal_->sync(); });
  const Moment ended = clock_.monotonic();
  counters_.wal_syncs.add();
  counters_.sync_latency.record(ended - begun);
  std::optional<Error> failure = synced ? std::nullopt : mend_after(synced.error());

  RequestList ready;
  {
    const Lock lock(mutex_);
    syncing_ = false;
    if (synced) {
      constexpr Moment vouch_after = std::chrono::milliseconds(10);
      if (callbacks_.vouch && appended_.load(std::memory_order_seq_cst) == target) {
        vouch_at_ = ended + vouch_after;
      }
      const std::uint64_t durable = durable_.load(std::memory_order_relaxed);
      durable_.store(std::max(durable, target), std::memory_order_release);
      ready = take_ready();
      expected_ = ready.size() + waiting_.size();
      last_sync_end_ = ended;
      // Up slowly, so that one that took long does not count as usual.
      usual_sync_ = std::min(ended - begun, usual_sync_ + usual_sync_ / 4 + Moment(1'000));
    } else if (!failure) {
      ready = take_ready();
    } else {
      stop_writes(*std::move(failure));
      ready = std::exchange(waiting_, RequestList());
    }
  }
  progress_.notify_all();
  finish(ready);
}

RequestList Syncer::take_ready() {
  const std::uint64_t durable = durable_.load(std::memory_order_relaxed);
  RequestList ready;
  RequestList left;
  while (!waiting_.empty()) {
    WriteRequest& request = waiting_.pop_front();
    (durable_needed(request) > durable ? left : ready).push_back(request);
  }
  waiting_ = left;
  return ready;
}

void Syncer::finish(RequestList requests) {
  Finisher finisher;
  while (!requests.empty()) {
    WriteRequest& request = requests.pop_front();
    finisher.add(request, outcome_of(request));
  }
}

}  // namespace varve::engine
