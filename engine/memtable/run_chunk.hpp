#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/memory/arena.hpp"
#include "engine/memtable/run_memory.hpp"
#include "engine/record/rows.hpp"
#include "varve/detail/with_type.hpp"

namespace varve::engine {

/// A row as a run keeps it.
struct RunRow {
  Timestamp ts;
  ValueView value;  // Ignored for a tombstone.
  bool tombstone;
  Timestamp expires_at;
  std::uint32_t sequence;  // Relative to the memtable's base.
};

/// How many rows of a run make a block.
inline constexpr std::uint32_t run_block_rows = 1024;

/// Rows in columns: timestamps, values (8 bytes each; bytes as a pointer to their size and
/// themselves), sequences, types. The columns follow the struct, in the same piece of memory.
///
/// The writer fills a row before the count that covers it is published; from then on it never
/// changes. The column of expiries exists from the first row that has one.
///
/// A chunk takes as many rows as lie before it in its block, so that at most half of a block is
/// spare: the first 4, then 4, 8, 16 up to 512. Each knows the one before it, and what the first
/// row of the block is.
class alignas(std::uint64_t) RunChunk {
 public:
  /// Before the bytes of a value, unaligned.
  using BytesSize = std::uint32_t;
  static constexpr std::size_t row_size =
      sizeof(Timestamp) + sizeof(std::uint64_t) + sizeof(std::uint32_t) + sizeof(RowType);

  static constexpr std::uint32_t first_rows = 4;

  /// The first row of the block.
  struct BlockHead {
    Timestamp ts = 0;
    std::uint32_t sequence = 0;
  };

  RunChunk(std::uint32_t capacity, RunChunk* previous, BlockHead head)
      : previous_(previous),
        head_ts_(head.ts),
        capacity_(capacity),
        head_sequence_(head.sequence) {}

  static constexpr std::size_t size_of(std::uint32_t capacity) {
    return sizeof(RunChunk) + capacity * row_size;
  }

  std::uint32_t capacity() const { return capacity_; }
  /// Where in its block it begins.
  std::uint32_t start() const { return previous_ == nullptr ? 0 : capacity_; }
  const RunChunk* previous() const { return previous_; }
  RunChunk* previous() { return previous_; }
  BlockHead block_head() const { return {head_ts_, head_sequence_}; }
  const Timestamp* timestamps() const { return reinterpret_cast<const Timestamp*>(this + 1); }
  const std::byte* values() const {
    return reinterpret_cast<const std::byte*>(timestamps() + capacity_);
  }
  const std::uint32_t* sequences() const {
    return reinterpret_cast<const std::uint32_t*>(values() + capacity_ * sizeof(std::uint64_t));
  }
  const RowType* types() const { return reinterpret_cast<const RowType*>(sequences() + capacity_); }
  // For whoever fills it.
  Timestamp* timestamps() { return const_cast<Timestamp*>(std::as_const(*this).timestamps()); }
  std::byte* values() { return const_cast<std::byte*>(std::as_const(*this).values()); }
  std::uint32_t* sequences() {
    return const_cast<std::uint32_t*>(std::as_const(*this).sequences());
  }
  RowType* types() { return const_cast<RowType*>(std::as_const(*this).types()); }
  /// Null while no row expires. REQUIRES that the count covering the rows was loaded before, which
  /// nothing can tell afterwards.
  const Timestamp* expiries() const { return expiries_.load(std::memory_order_acquire); }
  Timestamp* expiries() { return expiries_.load(std::memory_order_acquire); }
  void set_expiries(Timestamp* column) { expiries_.store(column, std::memory_order_release); }

  /// A value; of bytes the view is into the memtable. REQUIRES a row of the type asked for, or of
  /// bytes the pointer. Not asserted: it is called for every value.
  template <class T>
  T value_as(std::uint32_t index) const {
    if constexpr (std::is_same_v<T, std::string_view>) {
      return bytes_at(index);
    } else {
      static_assert(sizeof(T) <= sizeof(std::uint64_t));
      T value;
      std::memcpy(&value, values() + index * sizeof(std::uint64_t), sizeof(T));
      return value;
    }
  }
  ValueView value_at(std::uint32_t index) const;
  /// Whether values() from a row on are a column of such values.
  template <class T>
  static constexpr bool keeps_as_column =
      sizeof(T) == sizeof(std::uint64_t) && !std::is_same_v<T, std::string_view>;
  /// Fills `target` with the values of the rows from `begin` on. REQUIRES what value_as() does.
  template <class T>
  void copy_values(std::uint32_t begin, std::span<T> target) const {
    const std::byte* from = values() + begin * sizeof(std::uint64_t);
    if constexpr (keeps_as_column<T>) {
      std::memcpy(target.data(), from, target.size_bytes());
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      for (std::string_view& bytes : target) bytes = bytes_at(begin++);
    } else {
      for (T& value : target) {
        std::memcpy(&value, from, sizeof(T));
        from += sizeof(std::uint64_t);
      }
    }
  }
  Timestamp expires_at(std::uint32_t index) const {
    const Timestamp* const column = expiries();
    return column == nullptr ? never : column[index];
  }

  /// The writer's.
  void write(std::uint32_t index, const RunRow& row, RunMemory& memory);

 private:
  std::string_view bytes_at(std::uint32_t index) const;
  void write_value(std::uint32_t index, const ValueView& value, Arena& arena);

  RunChunk* const previous_;
  std::atomic<Timestamp*> expiries_{nullptr};
  const Timestamp head_ts_;
  const std::uint32_t capacity_;
  const std::uint32_t head_sequence_;
};

// Inline: what every record that is written goes through.

inline void RunChunk::write(std::uint32_t index, const RunRow& row, RunMemory& memory) {
  timestamps()[index] = row.ts;
  sequences()[index] = row.sequence;
  types()[index] = row.tombstone ? RowType::tombstone : row_type(row.value.type());
  if (!row.tombstone) write_value(index, row.value, memory.arena());

  // Only the writer stores the pointer, so it may read it back relaxed.
  Timestamp* column = expiries_.load(std::memory_order_relaxed);
  if (column == nullptr && row.expires_at != never) {
    column = memory.take_expiries(capacity_);
    std::fill_n(column, index, never);
    column[index] = row.expires_at;
    // Readers that already see earlier rows may find the column from now on: it says of them what
    // its absence said.
    expiries_.store(column, std::memory_order_release);
  } else if (column != nullptr) {
    column[index] = row.expires_at;
  }
}

inline void RunChunk::write_value(std::uint32_t index, const ValueView& value, Arena& arena) {
  std::byte* const slot = values() + index * sizeof(std::uint64_t);
  detail::with_value(value, [&]<class T>(const T& one) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      const auto size = static_cast<BytesSize>(one.size());
      std::byte* const copy = arena.allocate(sizeof(size) + one.size(), 1);
      std::memcpy(copy, &size, sizeof(size));
      copy_bytes(copy + sizeof(size), one.data(), one.size());
      std::memcpy(slot, &copy, sizeof(copy));
    } else {
      static_assert(sizeof(one) <= sizeof(std::uint64_t));
      std::memcpy(slot, &one, sizeof(one));
    }
  });
}

}  // namespace varve::engine
