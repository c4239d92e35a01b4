#include "engine/memtable/run.hpp"

#include <cstring>
#include <limits>
#include <new>

#include "engine/base/bytes.hpp"

namespace varve::engine {

namespace {

/// The first of [0, count) for which `holds`, which is false and then true.
template <class Predicate>
std::uint32_t partition_of(std::uint32_t count, Predicate holds) {
  std::uint32_t first = 0;
  while (count > 0) {
    const std::uint32_t half = count / 2;
    if (holds(first + half)) {
      count = half;
    } else {
      first += half + 1;
      count -= half + 1;
    }
  }
  return first;
}

std::uint32_t block_count(std::uint32_t rows) {
  return (rows + run_block_rows - 1) / run_block_rows;
}

/// How many of the first `rows` rows lie in the block.
std::uint32_t rows_in_block(std::uint32_t block, std::uint32_t rows) {
  return std::min(run_block_rows, rows - block * run_block_rows);
}

}  // namespace

std::string_view RunChunk::bytes_at(std::uint32_t index) const {
  const auto* const at = value_as<const char*>(index);
  RunChunk::BytesSize size = 0;
  std::memcpy(&size, at, sizeof(size));
  return {at + sizeof(size), size};
}

ValueView RunChunk::value_at(std::uint32_t index) const {
  const RowType type = types()[index];
  if (type == RowType::tombstone) return 0.0;
  return with_type(type, [&]<class T>() -> ValueView { return value_as<T>(index); });
}

std::uint32_t RunBlock::rows_before(Timestamp ts, std::uint32_t count) const {
  if (const SealedBlock* const block = sealed()) return std::min(block->rows_before(ts), count);
  // From the newest chunk back to one that begins before.
  for (const RunChunk* chunk = newest(); chunk != nullptr; chunk = chunk->previous()) {
    const std::uint32_t start = chunk->start();
    const Timestamp* const column = chunk->timestamps();
    if (start >= count || column[0] >= ts) continue;
    const Timestamp* const end = column + std::min(chunk->capacity(), count - start);
    return start + static_cast<std::uint32_t>(std::lower_bound(column, end, ts) - column);
  }
  return 0;
}

std::uint32_t RunBlock::rows_up_to(std::uint32_t sequence, std::uint32_t count) const {
  if (const SealedBlock* const block = sealed()) {
    return std::min(block->rows_up_to(sequence), count);
  }
  for (const RunChunk* chunk = newest(); chunk != nullptr; chunk = chunk->previous()) {
    const std::uint32_t start = chunk->start();
    const std::uint32_t* const column = chunk->sequences();
    if (start >= count || column[0] > sequence) continue;
    const std::uint32_t* const end = column + std::min(chunk->capacity(), count - start);
    // Usually a reader sees everything that is there.
    const std::uint32_t* const found =
        end[-1] <= sequence ? end : std::upper_bound(column, end, sequence);
    return start + static_cast<std::uint32_t>(found - column);
  }
  return 0;
}

void Run::add_chunk(std::uint32_t row, const RunRow& first, RunMemory& memory) {
  if (tail_ != nullptr) {
    const std::uint32_t last = row - tail_start_ - 1;
    VARVE_ASSERT(tail_->sequences()[last] <= first.sequence);
    VARVE_ASSERT(!ordered_ || tail_->timestamps()[last] < first.ts);
  }
  const std::uint32_t start = row % run_block_rows;
  const std::uint32_t capacity = std::max(start, RunChunk::first_rows);
  std::byte* at = nullptr;
  if (ordered_) {
    at = memory.take_chunk(capacity);
  } else {
    at = memory.arena().allocate(sizeof(Bounds) + RunChunk::size_of(capacity), alignof(RunChunk));
    new (at) Bounds{std::numeric_limits<Timestamp>::max(), std::numeric_limits<Timestamp>::min()};
    at += sizeof(Bounds);
  }
  const std::uint32_t number = row / run_block_rows;
  if (start == 0) {
    if (ordered_ && number > 0) memory.add_full(*this, number - 1);
    tail_ = new (at) RunChunk(capacity, nullptr, {first.ts, first.sequence});
    add_block(number, RunBlock(tail_), memory.arena());
  } else {
    VARVE_ASSERT(tail_ != nullptr);
    tail_ = new (at) RunChunk(capacity, tail_, tail_->block_head());
    blocks_.load(std::memory_order_relaxed)[number].store(RunBlock(tail_),
                                                          std::memory_order_release);
  }
  tail_start_ = row;
}

void Run::add_block(std::uint32_t number, RunBlock block, Arena& arena) {
  // The array has room for a power of four of blocks.
  Slot* array = blocks_.load(std::memory_order_relaxed);
  if (number == 0) {
    array = &first_;
  } else if (std::has_single_bit(number) && std::countr_zero(number) % 2 == 0) {
    auto* const longer = arena.allocate_array<Slot>(std::size_t{number} * 4);
    for (std::uint32_t i = 0; i < number; ++i) {
      new (longer + i) Slot(array[i].load(std::memory_order_relaxed));
    }
    for (std::uint32_t i = number; i < number * 4; ++i) new (longer + i) Slot(block);
    array = longer;
  }
  // No reader looks there before the count says so.
  array[number].store(block, std::memory_order_release);
  blocks_.store(array, std::memory_order_release);
}

void Run::seal(std::uint32_t number, RunMemory& memory) {
  VARVE_ASSERT(ordered_ && (number + 1) * run_block_rows <= count_.load(std::memory_order_relaxed));
  Slot& slot = blocks_.load(std::memory_order_relaxed)[number];
  RunChunk* const newest = slot.load(std::memory_order_relaxed).newest();
  const SealedBlock* const sealed = SealedBlock::seal(*newest, memory.arena(), memory.buffer());
  if (sealed == nullptr) return;
  slot.store(RunBlock(sealed), std::memory_order_release);
  memory.retire(newest);
}

std::uint32_t Run::rows_up_to(std::uint32_t sequence, std::uint32_t count) const {
  if (count == 0) return 0;
  std::uint32_t number = block_count(count) - 1;
  if (block(number).head().sequence > sequence) {
    const std::uint32_t above = partition_of(
        number, [&](std::uint32_t at) { return block(at).head().sequence > sequence; });
    if (above == 0) return 0;
    number = above - 1;
  }
  return number * run_block_rows + block(number).rows_up_to(sequence, rows_in_block(number, count));
}

std::uint32_t Run::rows_before(Timestamp ts, std::uint32_t count) const {
  const std::uint32_t above = partition_of(
      block_count(count), [&](std::uint32_t number) { return block(number).head().ts >= ts; });
  if (above == 0) return 0;
  const std::uint32_t number = above - 1;
  return number * run_block_rows + block(number).rows_before(ts, rows_in_block(number, count));
}

RunPlace Run::place(std::uint32_t row) const {
  const RunBlock block = this->block(row / run_block_rows);
  const std::uint32_t index = row % run_block_rows;
  if (const SealedBlock* const sealed = block.sealed()) return {*sealed, index};
  const RunChunk& chunk = block.chunk_of(index);
  return {chunk, index - chunk.start()};
}

std::optional<RunPlace> Run::find(Timestamp ts, std::uint32_t count) const {
  const std::uint32_t above = partition_of(
      block_count(count), [&](std::uint32_t number) { return block(number).head().ts > ts; });
  if (above == 0) return std::nullopt;
  const RunBlock block = this->block(above - 1);
  const std::uint32_t rows = rows_in_block(above - 1, count);
  if (const SealedBlock* const sealed = block.sealed()) {
    const std::optional<std::uint32_t> index = sealed->find(ts);
    if (!index || *index >= rows) return std::nullopt;
    return RunPlace(*sealed, *index);
  }
  const std::uint32_t index = block.rows_before(ts, rows);
  if (index == rows) return std::nullopt;
  const RunChunk& chunk = block.chunk_of(index);
  if (chunk.timestamps()[index - chunk.start()] != ts) return std::nullopt;
  return RunPlace(chunk, index - chunk.start());
}

}  // namespace varve::engine
