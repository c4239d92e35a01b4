#include "engine/memtable/run_memory.hpp"

#include "engine/base/no_memory.hpp"
#include "engine/memtable/run.hpp"

namespace varve::engine {

std::byte* RunMemory::take_chunk(std::uint32_t rows) {
  std::vector<std::byte*>& free = free_chunks_[class_of(rows)];
  if (free.empty()) return arena_.allocate(RunChunk::size_of(rows), alignof(RunChunk));
  std::byte* const memory = free.back();
  free.pop_back();
  return memory;
}

Timestamp* RunMemory::take_expiries(std::uint32_t rows) {
  std::vector<Timestamp*>& free = free_expiries_[class_of(rows)];
  if (free.empty()) return arena_.allocate_array<Timestamp>(rows);
  Timestamp* const memory = free.back();
  free.pop_back();
  return memory;
}

void RunMemory::retire(RunChunk* newest) {
  retired_.push_back(newest);
  reclaim();
}

void RunMemory::reclaim() {
  while (true) {
    if (leaving_.empty()) {
      if (retired_.empty()) return;
      leaving_.swap(retired_);
      gate_.begin();
    }
    if (!gate_.all_left()) return;
    // Taken off the list first: where there is no memory to note one, it is used no more, and none
    // is noted twice.
    while (!leaving_.empty()) {
      RunChunk* const newest = leaving_.back();
      leaving_.pop_back();
      free_block(newest);
    }
  }
}

void RunMemory::free_block(RunChunk* newest) {
  for (RunChunk* chunk = newest; chunk != nullptr;) {
    RunChunk* const previous = chunk->previous();
    const std::size_t size_class = class_of(chunk->capacity());
    if (Timestamp* const expiries = chunk->expiries()) {
      free_expiries_[size_class].push_back(expiries);
    }
    free_chunks_[size_class].push_back(reinterpret_cast<std::byte*>(chunk));
    chunk = previous;
  }
}

void RunMemory::seal_next() {
  if (full_.empty()) return;
  const FullBlock next = full_.front();
  full_.pop_front();
  const std::size_t held = buffer_.capacity();
  // Where there is no memory for it, the block stays as it is: sealing only saves some.
  if_memory_allows([&] { next.run->seal(next.block, *this); });
  arena_.count(buffer_.capacity() - held);
}

}  // namespace varve::engine
