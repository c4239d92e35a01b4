#pragma once

#include <memory>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/memtable/arena.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/memtable/series_index.hpp"
#include "engine/memtable/tombstone_list.hpp"

namespace varve::engine {

/// What memtable.cpp and memtable_rows.cpp share.
struct Memtable::Impl {
  explicit Impl(std::atomic<std::size_t>& bytes) : arena(bytes), index(arena) {}

  Arena arena;  // The writer's.
  SeriesIndex index;
  TombstoneList tombstones;

  // Among readers only; the writer never takes it.
  Mutex sorted_mutex;
  std::shared_ptr<const std::vector<const MemtableSeries*>> sorted VARVE_GUARDED_BY(sorted_mutex);
};

}  // namespace varve::engine
