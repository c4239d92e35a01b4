// What the Keeper flushes, one memtable at a time.

#include <list>
#include <new>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"
#include "maintenance/flush.hpp"
#include "maintenance/keeper_impl.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

Result<bool> Keeper::Impl::flush_one() {
  Result<bool> flushed = false;
  try {
    const Lock lock(flush_mutex);
    flushed = flush_oldest();
  } catch (const std::bad_alloc&) {
    note(flush_job, engine::no_memory());  // Writers that wait for room go by that.
    throw;
  }
  if (!flushed) {
    note(flush_job, engine::copied(flushed.error()));
    return flushed;
  }
  if (*flushed) {
    note(flush_job, std::nullopt);
    if (context.on_flushed) context.on_flushed();
  }
  return flushed;
}

Result<bool> Keeper::Impl::flush_oldest() {
  const auto view = context.versions->view(0);
  const auto& memtables = view->memtables();  // Newest first.
  if (memtables.size() < 2) return false;
  const engine::Memtable& memtable = *memtables.back();
  VARVE_ASSERT(memtable.number() < memtables[memtables.size() - 2]->number());
  const nanoseconds begun = context.clock->monotonic();
  VARVE_CHECK(settle());
  JobFiles files = job_files(WriteReason::flush);
  const std::uint64_t log_start = memtables[memtables.size() - 2]->first_segment();
  VARVE_TRY(VersionEdit edit, write_flush(memtable, *context.versions->version(), log_start, files,
                                          rules.flush_table_bytes));
  const std::uint64_t bytes = files.bytes();
  const std::uint64_t given_bytes = files.given_bytes();
  VARVE_CHECK(install(std::move(edit), files, &memtable));
  // From here on it has succeeded.
  if (context.wal != nullptr) engine::if_memory_allows([&] { release_log(log_start); });
  context.counters->flushes.add();
  context.counters->flush_bytes.add(bytes);
  context.counters->flush_given_bytes.add(given_bytes);
  context.counters->last_flush_at.set(context.clock->wall());
  context.counters->flush_latency.record(context.clock->monotonic() - begun);
  return true;
}

/// Where it fails the next flush releases these segments too.
void Keeper::Impl::release_log(std::uint64_t log_start) const {
  const Status released = context.wal->release(log_start);
  if (!released) context.log.warning("WAL not released: " + released.error().message());
}

/// Flushes what waited in memory for so long that nobody is likely to fill the memtable.
Result<bool> Keeper::Impl::flush_waiting() {
  if (!context.try_freeze) return false;
  {
    const Lock lock(flush_mutex);
    if (!has_waited()) return false;
  }
  // Without the lock: whoever writes, and is asked here, may wait for a flush.
  VARVE_TRY(const bool frozen, context.try_freeze());
  return frozen ? flush_one() : Result<bool>(false);
}

bool Keeper::Impl::has_waited() {
  const auto view = context.versions->view(0);
  const engine::Memtable& active = *view->memtables().front();
  const nanoseconds now = context.clock->monotonic();
  if (active.empty()) {
    waiting.reset();
  } else if (!waiting || waiting->memtable != active.number()) {
    waiting = Waiting{active.number(), now};
  }
  return waiting && engine::time_between(waiting->since, now) >= context.flush_after;
}

}  // namespace varve::maintenance
