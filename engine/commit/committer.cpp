#include "engine/commit/committer.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/backoff.hpp"
#include "engine/base/thread.hpp"
#include "engine/commit/apply_batch.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::string_view conflict_text = "the record changed meanwhile";

/// Sequences in a memtable are kept relative to its first, in 32 bits.
constexpr std::uint64_t sequences_per_memtable_max = std::uint64_t{1} << 31;

}  // namespace

bool is_conflict(const Error& error) {
  return error.code == Errc::busy && error.where == conflict_text;
}

Committer::Committer(CommitterContext context)
    : context_(std::move(context)),
      budget_(context_.queue_bytes),
      issued_(context_.last_sequence),
      applied_(context_.last_sequence) {
  VARVE_ASSERT(context_.make_room && context_.on_frozen);
  VARVE_ASSERT(context_.last_sequence == context_.versions.visible_sequence());
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

Status Committer::check_size(const WriteRequest& request) const {
  if (request.reserved_bytes <= batch_bytes_max()) return {};
  return fail(Errc::invalid_argument,
              "batch of " + std::to_string(request.reserved_bytes) + " bytes, over the limit of " +
                  std::to_string(batch_bytes_max()) +
                  " (the least of queue_bytes, memtable_bytes and a quarter of wal_bytes)");
}

Result<Receipt> Committer::write(WriteRequest& request, Mode mode) {
  VARVE_ASSERT(request.completions == nullptr);  // Or nobody would wake this caller.
  request.reserved_bytes = request.batch.size();
  VARVE_CHECK(check_size(request));
  if (context_.syncer.failed()) return std::unexpected(context_.syncer.read_only_error());
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
  return request.wait();
}

void Committer::submit(WriteRequest& request) {
  VARVE_ASSERT(request.completions != nullptr);  // Or nobody would take it back.
  request.reserved_bytes = request.batch.size();
  if (const Status size = check_size(request); !size) {
    return Finisher().add(request, std::unexpected(size.error()));
  }
  if (context_.syncer.failed()) {
    return Finisher().add(request, std::unexpected(context_.syncer.read_only_error()));
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
  request.sequence = issued_.fetch_add(1, std::memory_order_seq_cst) + 1;
  const std::uint64_t sequence = request.sequence;
  queue_.push(request);
  // The request may be gone by now.
  return sequence;
}

void Committer::run() {
  const auto idle = [this] {
    return applied_.load(std::memory_order_acquire) == issued_.load(std::memory_order_seq_cst);
  };
  do {
    const Lock lock(role_);
    drain_until(issued_.load(std::memory_order_acquire));
  } while (work_.wait_for_work(idle));
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
  if (active.last_sequence() == active.base_sequence() && !anyway) return number - 1;
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
  if (context_.versions.active()->empty()) return false;
  if (context_.versions.frozen_count() >= frozen_max) return false;
  VARVE_CHECK(rotate());
  return true;
}

// Where somebody holds the role there is a group to come, which says the same.
void Committer::vouch() {
  if (!role_.try_lock()) return;
  const Lock lock(role_, std::adopt_lock);
  if (applied_.load(std::memory_order_relaxed) != issued_.load(std::memory_order_acquire)) return;
  const auto vouched = context_.wal->vouch({.synced = 0, .time = context_.clock.now(), .step = {}});
  if (!vouched) context_.log.warning("the WAL: " + vouched.error().message());
}

/// What the next group says, where the batch before it is that one. A step of the clock is said
/// until a group that says it is in the log.
GroupFacts Committer::facts(std::uint64_t sequence) {
  if (const auto step = context_.clock.look(sequence)) step_ = step;
  return {.synced = context_.syncer.durable(), .time = context_.clock.now(), .step = step_};
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

void Committer::commit(std::span<WriteRequest* const> group) {
  // Every sequence is dealt with once and none is left out, so what is visible only grows.
  VARVE_ASSERT(group.back()->sequence == applied_.load(std::memory_order_relaxed) + group.size());
  Finisher finisher;
  if (context_.syncer.failed()) {
    return refuse(group, context_.syncer.read_only_error(), finisher);
  }
  if (conflicts(*group.front())) {
    // Alone only where nothing followed; the rest goes its way without it.
    refuse(group.first(1), {make_error_code(Errc::busy), std::string(conflict_text)}, finisher);
    group = group.subspan(1);
    if (group.empty()) return;
  }
  if (Status status = append_and_apply(group); !status) {
    return refuse(group, status.error(), finisher);
  }
  // Release: readers that load this sequence see every row applied before it.
  context_.versions.publish(group.back()->sequence);
  leave_queue(group);
  context_.syncer.appended(group, finisher);
}

void Committer::refuse(std::span<WriteRequest* const> group, const Error& error,
                       Finisher& finisher) {
  leave_queue(group);
  context_.counters.writes_failed.add(group.size());
  for (WriteRequest* request : group) finisher.add(*request, std::unexpected(error));
}

/// The group's sequences are dealt with, and its bytes free for others.
void Committer::leave_queue(std::span<WriteRequest* const> group) {
  std::size_t bytes = 0;
  for (const WriteRequest* request : group) bytes += request->reserved_bytes;
  applied_.store(group.back()->sequence, std::memory_order_release);
  budget_.release(bytes);
}

bool Committer::conflicts(const WriteRequest& request) const {
  for (const WriteCondition& condition : request.conditions) {
    if (fails(condition)) return true;
  }
  return false;
}

bool Committer::fails(const WriteCondition& condition) const {
  const auto& [key, hash, ts, seen] = condition;
  const auto touched = [&](const Memtable& memtable) {
    return ts ? memtable.touched_since(key, hash, *ts, seen)
              : memtable.has_rows_since(key, hash, seen);
  };
  const Published& versions = context_.versions;
  if (touched(*versions.active())) return true;
  for (const auto& memtable : versions.frozen()) {
    if (memtable->last_sequence() > seen && touched(*memtable)) return true;
  }
  // What was flushed meanwhile is only on disk, where the writer does not look.
  return versions.version()->flushed_through > seen;
}

Status Committer::append_and_apply(std::span<WriteRequest* const> group) {
  std::size_t bytes = 0;
  for (const WriteRequest* request : group) bytes += request->reserved_bytes;
  VARVE_CHECK(rotate_if_full(bytes));
  Memtable& memtable = *context_.versions.active();

  // Of all batches, one after the other. Kept from group to group, so that a group costs no malloc.
  auto& [requests, series, wal_keys, batches] = scratch_;
  requests.clear();
  for (const WriteRequest* request : group) {
    for (const BatchKey& key : request->batch.keys) {
      const bool known = key.series && key.series->memtable_number == memtable.number();
      requests.push_back({request->batch.bytes_of(key), key.hash,
                          known ? key.series->memtable_series : nullptr, known});
    }
  }
  memtable.resolve(requests);
  series.clear();
  wal_keys.clear();
  for (const SeriesRequest& request : requests) {
    series.push_back(request.series);
    wal_keys.push_back({request.key, &Memtable::wal_state(*request.series)});
  }
  std::size_t at = 0;
  for (const WriteRequest* request : group) {
    for (const BatchKey& key : request->batch.keys) {
      if (key.series) {
        key.series->memtable_number = memtable.number();
        key.series->memtable_series = series[at];
      }
      ++at;
    }
  }

  if (context_.wal != nullptr) {
    batches.clear();
    std::size_t first = 0;
    for (const WriteRequest* request : group) {
      const std::size_t count = request->batch.keys.size();
      batches.push_back({request->sequence, request->batch.payload, request->batch.payload_checksum,
                         std::span(wal_keys).subspan(first, count), request->batch.default_ttl});
      first += count;
    }
    VARVE_CHECK(context_.wal->append(batches, facts(group.front()->sequence - 1)));
    if (step_) memtable.note_step(*step_);
    step_.reset();
    if (context_.wal->wants_spare()) context_.syncer.prepare_spare();
    context_.counters.wal_groups.add();
  }

  std::size_t first = 0;
  const Timestamp now = context_.now ? context_.now() : std::numeric_limits<Timestamp>::min();
  for (WriteRequest* request : group) {
    const std::size_t count = request->batch.keys.size();
    const auto applied =
        apply_batch(memtable, request->batch.payload, request->batch.default_ttl,
                    std::span(series).subspan(first, count), request->sequence, now);
    VARVE_ASSERT(applied.has_value());  // We encoded it ourselves.
    first += count;
    request->expired = applied->expired;
    context_.counters.records_written_expired.add(applied->expired);
    if (request->batch.describes) context_.labels.add(request->batch, request->sequence);
    if (context_.now && lies_far_from(now, request->batch.times, Stats::far_from_clock)) {
      context_.counters.writes_far_from_clock.add();
    }
    context_.counters.batches_written.add();
    context_.counters.records_written.add(request->batch.puts);
    context_.counters.deletes_written.add(request->batch.deletes);
    context_.counters.bytes_written.add(request->batch.user_bytes);
  }
  memtable.set_last_sequence(group.back()->sequence);
  scratch_.trim();
  return {};
}

Status Committer::rotate_if_full(std::size_t incoming_bytes) {
  const Memtable& active = *context_.versions.active();
  // Writes that were refused leave nothing in it, but use up sequences.
  const bool spent = issued() - active.base_sequence() > sequences_per_memtable_max;
  if (active.empty() && !spent) return {};
  // A quarter of the WAL each for the active memtable, the two that may wait, and spares.
  const bool full = active.bytes_with(incoming_bytes) > context_.memtable_bytes ||
                    (context_.wal != nullptr &&
                     context_.wal->bytes_since(active.first_segment()) + incoming_bytes >
                         context_.wal_bytes / (frozen_max + 2));
  return full || spent ? rotate() : Status();
}

Status Committer::rotate() {
  if (context_.versions.frozen_count() >= frozen_max) {
    context_.counters.writes_stopped.add();
    VARVE_CHECK(context_.make_room());
    VARVE_ASSERT(context_.versions.frozen_count() < frozen_max);
  }
  const std::uint64_t number = context_.versions.active()->number() + 1;
  std::uint64_t segment = 0;
  if (context_.wal != nullptr) {
    VARVE_TRY(segment, context_.wal->rotate());
  }
  const std::uint64_t applied = applied_.load(std::memory_order_relaxed);
  context_.versions.rotate(
      std::make_shared<Memtable>(number, segment, applied, context_.memtable_bytes));
  context_.on_frozen();
  return {};
}

}  // namespace varve::engine
