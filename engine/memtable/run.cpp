#include "engine/memtable/run.hpp"

#include <algorithm>
#include <cstring>
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

}  // namespace

std::string_view RunChunk::bytes_at(std::uint32_t index) const {
  const auto* const at = value_as<const char*>(index);
  RunChunk::BytesSize size = 0;
  std::memcpy(&size, at, sizeof(size));
  return {at + sizeof(size), size};
}

ValueView RunChunk::value_at(std::uint32_t index) const {
  switch (types()[index]) {
    case RowType::double_: return value_as<double>(index);
    case RowType::int64: return value_as<std::int64_t>(index);
    case RowType::bool_: return value_as<bool>(index);
    case RowType::bytes: return bytes_at(index);
    case RowType::tombstone: break;
  }
  return 0.0;
}

void Run::add_chunk(std::uint32_t first_row, Arena& arena) {
  const std::uint32_t number = chunk_of(first_row);
  const std::uint32_t capacity = chunk_start(number + 1) - first_row;
  const std::size_t ahead = ordered_ ? 0 : sizeof(Bounds);
  std::byte* const memory =
      arena.allocate(ahead + sizeof(RunChunk) + capacity * RunChunk::row_size, alignof(RunChunk));
  if (!ordered_) {
    new (memory)
        Bounds{std::numeric_limits<Timestamp>::max(), std::numeric_limits<Timestamp>::min()};
  }
  tail_ = new (memory + ahead) RunChunk(capacity);
  tail_start_ = first_row;

  // The array has room for a power of four of chunks.
  RunChunk** array = chunks_.load(std::memory_order_relaxed);
  if (number == 0) {
    first_ = tail_;
    array = &first_;
  } else if (std::has_single_bit(number) && std::countr_zero(number) % 2 == 0) {
    auto** const longer = arena.allocate_array<RunChunk*>(std::size_t{number} * 4);
    std::copy_n(array, number, longer);
    longer[number] = tail_;
    array = longer;
  } else {
    array[number] = tail_;  // No reader looks there before the count says so.
    return;
  }
  chunks_.store(array, std::memory_order_release);
}

std::uint32_t Run::visible(std::uint32_t sequence) const {
  const std::uint32_t all = count();
  // Usually a reader sees everything that is there.
  if (all == 0 || place(all - 1).sequence() <= sequence) return all;
  return partition_of(all, [&](std::uint32_t row) { return place(row).sequence() > sequence; });
}

Run::Place Run::place(std::uint32_t row) const {
  const std::uint32_t number = chunk_of(row);
  return {&chunk(number), row - chunk_start(number)};
}

std::uint32_t Run::rows_below(std::uint32_t sequence, std::uint32_t count) const {
  return partition_of(count, [&](std::uint32_t row) { return place(row).sequence() >= sequence; });
}

std::uint32_t Run::rows_before(Timestamp ts, std::uint32_t count) const {
  if (count == 0) return 0;
  // First the chunk, by the first row of each, then the row in it.
  const std::uint32_t last = chunk_of(count - 1);
  const std::uint32_t above = partition_of(
      last + 1, [&](std::uint32_t number) { return chunk(number).timestamps()[0] >= ts; });
  if (above == 0) return 0;
  const std::uint32_t start = chunk_start(above - 1);
  const std::uint32_t rows = std::min(count - start, chunk(above - 1).capacity());
  const Timestamp* const column = chunk(above - 1).timestamps();
  return start + static_cast<std::uint32_t>(std::lower_bound(column, column + rows, ts) - column);
}

}  // namespace varve::engine
