// What becomes of a group of writes, by the holder of the writer's role: the log, the memtable, and
// the next memtable where one is full. committer.cpp has the queue and the role.

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "engine/commit/apply_batch.hpp"
#include "engine/commit/committer.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// Short enough to take no memory: whoever compares it needs it whole.
constexpr std::string_view conflict_text = "record changed";
static_assert(conflict_text.size() <= 15);

/// Sequences in a memtable are kept relative to its first, in 32 bits.
constexpr std::uint64_t sequences_per_memtable_max = std::uint64_t{1} << 31;

}  // namespace

bool is_conflict(const Error& error) {
  return error.code == Errc::busy && error.where == conflict_text;
}

/// What the next group says, where the batch before it is that one. A step of the clock is said
/// until a group that says it is in the log.
GroupFacts Committer::facts(std::uint64_t sequence) {
  if (const auto step = context_.clock.look(sequence)) step_ = step;
  return {.synced = context_.syncer.durable(), .time = context_.clock.now(), .step = step_};
}

// Throws nothing: the group is off the queue, so whatever becomes of it, each request is answered
// here.
void Committer::commit(std::span<WriteRequest* const> group) {
  // Every sequence is dealt with once and none is left out, so what is visible only grows.
  VARVE_ASSERT(group.back()->sequence == applied_.load(std::memory_order_relaxed) + group.size());
  Finisher finisher;
  if (context_.syncer.failed()) {
    return refuse(group, context_.syncer.read_only_error(), finisher);
  }
  Status status;
  try {
    if (conflicts(*group.front())) {
      // Alone only where nothing followed; the rest goes its way without it.
      refuse(group.first(1), {make_error_code(Errc::busy), std::string(conflict_text)}, finisher);
      group = group.subspan(1);
      if (group.empty()) return;
    }
    status = append_and_apply(group);
  } catch (const std::bad_alloc&) {
    return refuse_for_memory(group, finisher);
  }
  if (!status) return refuse(group, status.error(), finisher);
  // Release: readers that load this sequence see every row applied before it.
  context_.versions.publish(group.back()->sequence);
  leave_queue(group);
  context_.syncer.appended(group, finisher);
}

void Committer::refuse(std::span<WriteRequest* const> group, const Error& error,
                       Finisher& finisher) {
  leave_queue(group);
  context_.counters.writes_failed.add(group.size());
  for (WriteRequest* request : group) finisher.add(*request, std::unexpected(copied(error)));
}

void Committer::refuse_for_memory(std::span<WriteRequest* const> group, Finisher& finisher) {
  short_of_memory_.store(true, std::memory_order_relaxed);
  for (WriteRequest* request : group) request->out_of_memory = true;
  refuse(group, no_memory(), finisher);
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
  resolve(group, memtable);
  if (context_.wal != nullptr) VARVE_CHECK(append(group));
  const Timestamp now = context_.now ? context_.now() : std::numeric_limits<Timestamp>::min();
  try {
    apply(group, memtable, now);
    // Last, so that a step is noted where its group counts.
    if (context_.wal != nullptr && step_) memtable.note_step(*step_);
  } catch (const std::bad_alloc&) {
    if (take_back(memtable)) throw;
    Error error{make_error_code(Errc::unknown), {}};
    if_memory_allows([&] {
      error.where = "in the WAL, without memory to apply it, nor to take it back before the next";
    });
    return std::unexpected(std::move(error));
  }
  memtable.set_last_sequence(group.back()->sequence);
  if (context_.wal != nullptr) step_.reset();
  if (is_short_of_memory()) short_of_memory_.store(false, std::memory_order_relaxed);
  note_applied(group, now);
  scratch_.trim();
  return {};
}

/// Finds the series of all keys of the group, and makes those that are new.
void Committer::resolve(std::span<WriteRequest* const> group, Memtable& memtable) {
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
}

/// Writes the group to the log. REQUIRES resolve().
Status Committer::append(std::span<WriteRequest* const> group) {
  auto& batches = scratch_.batches;
  batches.clear();
  std::size_t first = 0;
  for (const WriteRequest* request : group) {
    const std::size_t count = request->batch.keys.size();
    batches.push_back({request->sequence, request->batch.payload, request->batch.payload_checksum,
                       std::span(scratch_.wal_keys).subspan(first, count),
                       request->batch.default_ttl});
    first += count;
  }
  VARVE_CHECK(context_.wal->append(batches, facts(group.front()->sequence - 1)));
  if (context_.wal->wants_spare()) context_.syncer.prepare_spare();
  context_.counters.wal_groups.add();
  return {};
}

/// Puts the group's rows into the memtable, where none is shown yet. REQUIRES resolve().
void Committer::apply(std::span<WriteRequest* const> group, Memtable& memtable, Timestamp now) {
  std::size_t first = 0;
  for (WriteRequest* request : group) {
    const std::size_t count = request->batch.keys.size();
    const auto applied =
        apply_batch(memtable, request->batch.payload, request->batch.default_ttl,
                    std::span(scratch_.series).subspan(first, count), request->sequence, now);
    VARVE_ASSERT(applied.has_value());  // We encoded it ourselves.
    first += count;
    request->expired = applied->expired;
  }
}

/// Takes a group back that is in the log, and of which a part may be in the memtable, for want of
/// memory. Says whether it is void in the log: if not, it is once the next group is begun.
///
/// Nothing of it is visible, nor told to anybody. Rows cannot be taken out of a memtable: so this
/// one is frozen as of what is visible, and leaves out what is beyond. At once, if that can be had,
/// since a flush gives its memory back, which somebody lacks; else before the next group.
bool Committer::take_back(Memtable& memtable) {
  is_torn_ = true;
  memtable.leave_rest_out();
  bool is_void = true;
  if (context_.wal != nullptr) {
    is_void = or_no_memory([this] { return context_.wal->take_back(); }).has_value();
  }
  try {
    std::ignore = rotate_if_room();
  } catch (const std::bad_alloc&) {
    return is_void;
  }
  return is_void;
}

/// What is said of a group that counts. Takes no memory.
void Committer::note_applied(std::span<WriteRequest* const> group, Timestamp now) {
  Counters& counters = context_.counters;
  for (const WriteRequest* request : group) {
    if (request->batch.describes) context_.labels.add(request->batch, request->sequence);
    counters.records_written_expired.add(request->expired);
    if (context_.now && lies_far_from(now, request->batch.times, Stats::far_from_clock)) {
      counters.writes_far_from_clock.add();
    }
    counters.batches_written.add();
    counters.records_written.add(request->batch.puts);
    counters.deletes_written.add(request->batch.deletes);
    counters.bytes_written.add(request->batch.user_bytes);
  }
}

Status Committer::rotate_if_full(std::size_t incoming_bytes) {
  if (is_torn_) return rotate();
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
  const std::uint64_t applied = applied_.load(std::memory_order_relaxed);
  // All that takes memory comes before the segment: else each try would leave one.
  const auto fresh = std::make_shared<Memtable>(number, 0, applied, context_.memtable_bytes);
  auto sources = context_.versions.prepare_rotation(fresh);
  if (context_.wal != nullptr) {
    VARVE_TRY(const std::uint64_t segment, context_.wal->rotate());
    fresh->begin_in(segment);
  }
  // What was refused last has no row that counts, and the fresh memtable begins behind it.
  context_.versions.publish(applied);
  context_.versions.rotate(fresh, std::move(sources));
  is_torn_ = false;
  context_.on_frozen();
  return {};
}

}  // namespace varve::engine
