#include "engine/commit/committer.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/backoff.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/base/thread.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Committer::Committer(CommitterContext context)
    : context_(std::move(context)),
      budget_(context_.queue_bytes),
      queue_(context_.queue_bytes / sizeof(EncodedBatch) + 1),  // Each takes as much at least.
      issued_(context_.last_sequence),
      applied_(context_.last_sequence) {
  VARVE_ASSERT(context_.make_room && context_.on_frozen);
  VARVE_ASSERT(context_.last_sequence == context_.versions.visible_sequence());
  const Lock lock(role_);
  group_.reserve(RequestQueue::group_batches_max);
}

Status Committer::start() {
  if (context_.threadless) return {};
  VARVE_TRY(thread_, start_thread("varve-writer", [this] { run(); }));
  return {};
}

Committer::~Committer() { stop(); }

std::size_t Committer::batch_bytes_max() const {
  return std::min({context_.queue_bytes, context_.memtable_bytes,
                   context_.wal == nullptr ? context_.memtable_bytes : context_.wal_bytes / 4});
}

/// Whether the request may go into the queue.
Status Committer::admit(const WriteRequest& request) const {
  if (request.reserved_bytes > batch_bytes_max()) {
    return fail(Errc::invalid_argument,
                "batch of " + std::to_string(request.reserved_bytes) +
                    " bytes, over the limit of " + std::to_string(batch_bytes_max()) +
                    " (the least of queue_bytes, memtable_bytes and a quarter of wal_bytes)");
  }
  if (context_.syncer.failed()) return std::unexpected(context_.syncer.read_only_error());
  return {};
}

Result<Receipt> Committer::write(WriteRequest& request, Mode mode) {
  VARVE_ASSERT(request.completions == nullptr);  // Or nobody would wake this caller.
  request.reserved_bytes = request.batch.size();
  VARVE_CHECK(admit(request));
  slow_down(request.reserved_bytes);

  if (mode == Mode::without_waiting) {
    if (!budget_.try_reserve(request.reserved_bytes)) {
      return fail(Errc::busy, "the write queue holds its " + std::to_string(budget_.bytes_max()) +
                                  " bytes (queue_bytes)");
    }
  } else {
    reserve(request.reserved_bytes);
  }

  const std::uint64_t sequence = issue(request);
  if (mode == Mode::on_this_thread || context_.threadless) {
    const Lock lock(role_);
    drain_until(sequence);
  } else if (role_.try_lock()) {
    const Lock lock(role_, std::adopt_lock);
    drain_until(sequence);
  } else {
    work_.notify();
  }
  if (context_.threadless) {
    // Whoever waits for durability here would wait for itself.
    while (context_.syncer.run_if_due()) {
    }
  }
  Result<Receipt> outcome = request.wait();
  if (request.out_of_memory) throw std::bad_alloc();
  return outcome;
}

void Committer::submit(WriteRequest& request) {
  VARVE_ASSERT(request.completions != nullptr);  // Or nobody would take it back.
  request.reserved_bytes = request.batch.size();
  if (Status admitted = or_no_memory([&] { return admit(request); }); !admitted) {
    return Finisher().add(request, std::unexpected(std::move(admitted).error()));
  }
  slow_down(request.reserved_bytes);
  reserve(request.reserved_bytes);
  issue(request);
  if (!context_.threadless) work_.notify();
}

void Committer::reserve(std::size_t bytes) {
  if (!context_.threadless) return budget_.reserve(bytes);
  // Nobody else makes room.
  while (!budget_.try_reserve(bytes)) drain();
}

/// Slows writers in proportion before they would have to stop: nothing until half of the room for
/// memtables is taken, then up to 4 times what copying the batch costs, and up to about a tenth of
/// the bandwidth of slow flash when nearly all is.
void Committer::slow_down(std::size_t bytes) {
  if (context_.threadless) return;
  const std::size_t frozen = context_.versions.frozen_count();
  if (frozen == 0) return;
  // Not as sizes: on 32 bits a few large memtables are more than one of those holds.
  const auto each = static_cast<double>(context_.memtable_bytes);
  const double room = static_cast<double>(frozen_max + 1) * each;
  const double taken =
      static_cast<double>(frozen) * each + static_cast<double>(context_.versions.active_bytes());
  const double over = taken / room - 0.5;
  if (over <= 0) return;
  // At all of the room one byte takes 200 ns: 5 MB/s. Half way up, an eighth of that.
  constexpr double nanoseconds_per_byte_max = 200;
  constexpr double pause_max = 5e6;
  const double scale = std::min(over * 2, 1.0);
  const double pause = std::min(
      scale * scale * scale * nanoseconds_per_byte_max * static_cast<double>(bytes), pause_max);
  if (pause < 1'000) return;  // Sleeping itself costs more.
  context_.counters.writes_slowed.add();
  std::this_thread::sleep_for(std::chrono::nanoseconds(static_cast<std::int64_t>(pause)));
}

std::uint64_t Committer::issue(WriteRequest& request) {
  request.out_of_memory = false;
  request.sequence = issued_.fetch_add(1, std::memory_order_seq_cst) + 1;
  const std::uint64_t sequence = request.sequence;
  queue_.push(request);
  // The request may be gone by now.
  return sequence;
}

void Committer::run() {
  constexpr std::chrono::milliseconds late_pause(1);
  while (true) {
    {
      const Lock lock(role_);
      drain_until(issued_.load(std::memory_order_acquire));
    }
    const bool waits = !hand_over_late();
    const auto idle = [this, waits] {
      return applied_.load(std::memory_order_acquire) == issued_.load(std::memory_order_seq_cst) &&
             (waits || !is_late_.load(std::memory_order_seq_cst));
    };
    if (!work_.wait_for_work(
            idle, waits ? std::optional<std::chrono::nanoseconds>(late_pause) : std::nullopt)) {
      return;
    }
  }
}

/// False where some of what is late has to wait on.
bool Committer::hand_over_late() {
  // Hardly ever is anything late, and only this thread takes the flag down.
  if (!is_late_.load(std::memory_order_relaxed)) return true;
  // Taken down first: what comes late meanwhile puts it up again.
  if (!is_late_.exchange(false) || !context_.hand_over_late) return true;
  if (context_.hand_over_late()) return true;
  is_late_.store(true);
  return false;
}

void Committer::note_late() {
  is_late_.store(true, std::memory_order_seq_cst);
  if (!context_.threadless) work_.notify();
}

void Committer::stop() {
  work_.stop();
  if (thread_.joinable()) {
    thread_.join();
  } else {
    drain();
  }
  VARVE_ASSERT(applied_.load(std::memory_order_relaxed) == issued());
}

bool Committer::drain() {
  const Lock lock(role_);
  const std::uint64_t until = issued_.load(std::memory_order_acquire);
  if (applied_.load(std::memory_order_relaxed) == until) return false;
  drain_until(until);
  return true;
}

Result<std::uint64_t> Committer::freeze(bool anyway) {
  const Lock lock(role_);
  drain_until(issued_.load(std::memory_order_acquire));
  const Memtable& active = *context_.versions.active();
  const std::uint64_t number = active.number();
  // A batch that changed nothing has its sequence all the same, which a flush makes last.
  const bool has_none = active.last_sequence() == active.base_sequence();
  if (has_none && !anyway && !is_torn_) return number - 1;
  VARVE_CHECK(rotate());
  return number;
}

Result<bool> Committer::try_freeze() {
  if (!role_.try_lock()) return false;
  const Lock lock(role_, std::adopt_lock);
  return rotate_if_room();
}

// Only who has the role freezes, so the room that is there now stays until rotate() takes it.
Result<bool> Committer::rotate_if_room() {
  if (context_.versions.active()->empty() && !is_torn_) return false;
  if (context_.versions.frozen_count() >= frozen_max) return false;
  VARVE_CHECK(rotate());
  return true;
}

// Where somebody holds the role there is a group to come, which says the same.
void Committer::vouch() {
  if (!role_.try_lock()) return;
  const Lock lock(role_, std::adopt_lock);
  if (applied_.load(std::memory_order_relaxed) != issued_.load(std::memory_order_acquire)) return;
  const GroupFacts said{.synced = 0, .time = context_.clock.now(), .step = {}};
  const auto vouched = or_no_memory([&] { return context_.wal->vouch(said); });
  if (vouched) return;
  if_memory_allows([&] { context_.log.warning("the WAL: " + vouched.error().message()); });
}

void Committer::drain_until(std::uint64_t sequence) {
  Backoff backoff;
  while (applied_.load(std::memory_order_relaxed) < sequence) {
    queue_.take_group(applied_.load(std::memory_order_relaxed) + 1, group_);
    if (group_.empty()) {
      backoff.wait();  // A producer stands between its sequence and its push.
      continue;
    }
    backoff.reset();
    commit(group_);
  }
}

}  // namespace varve::engine
