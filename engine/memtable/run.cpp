#include "engine/memtable/run.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "engine/base/bytes.hpp"

namespace varve::engine {

namespace {

/// Before the bytes of a value, unaligned.
using BytesSize = std::uint32_t;

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
  BytesSize size = 0;
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

void RunChunk::write(std::uint32_t index, const RunRow& row, Arena& arena) {
  const_cast<Timestamp*>(timestamps())[index] = row.ts;
  const_cast<std::uint32_t*>(sequences())[index] = row.sequence;
  const_cast<RowType*>(types())[index] =
      row.tombstone ? RowType::tombstone : row_type(row.value.type());
  if (!row.tombstone) write_value(index, row.value, arena);

  // Only the writer stores the pointer, so it may read it back relaxed.
  Timestamp* column = expiries_.load(std::memory_order_relaxed);
  if (column == nullptr && row.expires_at != never) {
    column = arena.allocate_array<Timestamp>(capacity_);
    std::fill_n(column, index, never);
    column[index] = row.expires_at;
    // Readers that already see earlier rows may find the column from now on: it says of them what
    // its absence said.
    expiries_.store(column, std::memory_order_release);
  } else if (column != nullptr) {
    column[index] = row.expires_at;
  }
}

void RunChunk::write_value(std::uint32_t index, const ValueView& value, Arena& arena) {
  std::byte* const slot = const_cast<std::byte*>(values()) + index * sizeof(std::uint64_t);
  switch (value.type()) {
    case ValueType::double_: {
      const double number = value.as_double();
      std::memcpy(slot, &number, sizeof(number));
      return;
    }
    case ValueType::int64: {
      const std::int64_t number = value.as_int64();
      std::memcpy(slot, &number, sizeof(number));
      return;
    }
    case ValueType::bool_: {
      const bool flag = value.as_bool();
      std::memcpy(slot, &flag, sizeof(flag));
      return;
    }
    case ValueType::bytes: {
      const std::string_view bytes = value.as_bytes();
      const auto size = static_cast<BytesSize>(bytes.size());
      std::byte* const copy = arena.allocate(sizeof(size) + bytes.size(), 1);
      std::memcpy(copy, &size, sizeof(size));
      copy_bytes(copy + sizeof(size), bytes.data(), bytes.size());
      std::memcpy(slot, &copy, sizeof(copy));
      return;
    }
  }
}

void Run::append(const RunRow& row, Arena& arena) {
  const std::uint32_t at = count_.load(std::memory_order_relaxed);
  if (tail_ == nullptr || at - tail_start_ == tail_->capacity()) add_chunk(at, arena);
  tail_->write(at - tail_start_, row, arena);
  if (!ordered_) {
    auto& around = const_cast<Bounds&>(bounds(*tail_));
    if (row.ts < around.min.load(std::memory_order_relaxed)) {
      around.min.store(row.ts, std::memory_order_relaxed);
    }
    if (row.ts > around.max.load(std::memory_order_relaxed)) {
      around.max.store(row.ts, std::memory_order_relaxed);
    }
  }
  count_.store(at + 1, std::memory_order_release);
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
