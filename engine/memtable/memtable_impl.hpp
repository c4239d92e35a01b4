#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/memory/arena.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/memtable/reader_gate.hpp"
#include "engine/memtable/run_memory.hpp"
#include "engine/memtable/series_index.hpp"
#include "engine/memtable/tombstone_list.hpp"

namespace varve::engine {

/// What memtable.cpp and memtable_rows.cpp share.
struct Memtable::Impl {
  Impl(std::atomic<std::size_t>& bytes, std::size_t bytes_expected)
      : arena(bytes, bytes_expected), memory(arena, gate), index(arena) {}

  ReaderGate gate;   // First, since it begins a cache line.
  Arena arena;       // The writer's.
  RunMemory memory;  // The writer's.
  SeriesIndex index;
  TombstoneList tombstones;

  using SeriesList = std::vector<const MemtableSeries*>;

  std::shared_ptr<const SeriesList> load_sorted() {
    const Lock lock(sorted_mutex);
    return sorted;
  }
  /// Unless another has more.
  void publish_sorted(std::shared_ptr<const SeriesList> all) {
    const Lock lock(sorted_mutex);
    if (sorted->size() < all->size()) sorted.swap(all);
    passed_over.store(0, std::memory_order_relaxed);
  }

  // Among readers only, and held for moments; the writer never takes it.
  Mutex sorted_mutex;
  std::shared_ptr<const SeriesList> sorted VARVE_GUARDED_BY(sorted_mutex) =
      std::make_shared<SeriesList>();
  /// Somebody sorts all series for others, who do not wait for it. Guards no data.
  std::atomic<bool> sorting{false};
  /// Series that readers looked at because `sorted` lacks them, each time they did.
  std::atomic<std::uint64_t> passed_over{0};
};

}  // namespace varve::engine
