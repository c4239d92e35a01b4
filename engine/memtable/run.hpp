#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/base/rows.hpp"
#include "engine/memtable/arena.hpp"

namespace varve::engine {

/// A row as a run keeps it.
struct RunRow {
  Timestamp ts;
  ValueView value;  // Ignored for a tombstone.
  bool tombstone;
  Timestamp expires_at;
  std::uint32_t sequence;  // Relative to the memtable's base.
};

/// Rows in columns: timestamps, values (8 bytes each; bytes as a pointer to their size and
/// themselves), sequences, types. The columns follow the struct, in the same piece of arena.
///
/// The writer fills a row before the count that covers it is published; from then on it never
/// changes. The column of expiries exists from the first row that has one.
class alignas(std::uint64_t) RunChunk {
 public:
  /// Before the bytes of a value, unaligned.
  using BytesSize = std::uint32_t;
  static constexpr std::size_t row_size =
      sizeof(Timestamp) + sizeof(std::uint64_t) + sizeof(std::uint32_t) + sizeof(RowType);

  explicit RunChunk(std::uint32_t capacity) : capacity_(capacity) {}

  std::uint32_t capacity() const { return capacity_; }
  const Timestamp* timestamps() const { return reinterpret_cast<const Timestamp*>(this + 1); }
  const std::byte* values() const {
    return reinterpret_cast<const std::byte*>(timestamps() + capacity_);
  }
  const std::uint32_t* sequences() const {
    return reinterpret_cast<const std::uint32_t*>(values() + capacity_ * sizeof(std::uint64_t));
  }
  const RowType* types() const { return reinterpret_cast<const RowType*>(sequences() + capacity_); }
  /// Null while no row expires. REQUIRES that the count covering the rows was loaded before.
  const Timestamp* expiries() const { return expiries_.load(std::memory_order_acquire); }

  /// REQUIRES a row of the type asked for.
  template <class T>
  T value_as(std::uint32_t index) const {
    T value;
    std::memcpy(&value, values() + index * sizeof(std::uint64_t), sizeof(T));
    return value;
  }
  std::string_view bytes_at(std::uint32_t index) const;
  ValueView value_at(std::uint32_t index) const;
  Timestamp expires_at(std::uint32_t index) const {
    const Timestamp* const column = expiries();
    return column == nullptr ? never : column[index];
  }

  /// The writer's.
  void write(std::uint32_t index, const RunRow& row, Arena& arena);

 private:
  void write_value(std::uint32_t index, const ValueView& value, Arena& arena);

  const std::uint32_t capacity_;
  std::atomic<Timestamp*> expiries_{nullptr};
};

/// Rows of one series in the order of their arrival, so in the order of their sequences too: what
/// a sequence shows is a prefix. Chunks grow with the series.
///
/// One writer; readers load the count with acquire and then read any row below it.
class Run {
 public:
  static constexpr std::uint32_t chunk_rows_max = 1024;

  /// Least and greatest timestamp of a chunk of an unordered run.
  struct Bounds {
    std::atomic<Timestamp> min;
    std::atomic<Timestamp> max;
  };

  /// A row's chunk, and where in it.
  struct Place {
    const RunChunk* chunk;
    std::uint32_t index;

    Timestamp ts() const { return chunk->timestamps()[index]; }
    std::uint32_t sequence() const { return chunk->sequences()[index]; }
    RowType type() const { return chunk->types()[index]; }
  };

  explicit Run(bool ordered) : ordered_(ordered) {}

  /// The writer's. REQUIRES a sequence not below the last, and in an ordered run a timestamp above
  /// the last.
  void append(const RunRow& row, Arena& arena);
  /// Asks for the memory that the next append writes to.
  void prefetch_append() const;

  std::uint32_t count() const { return count_.load(std::memory_order_acquire); }
  /// How many rows a reader of `sequence` sees.
  std::uint32_t visible(std::uint32_t sequence) const;
  /// REQUIRES a row below a count loaded before, as all that follow.
  Place place(std::uint32_t row) const;
  /// How many of the first `count` rows have a sequence below `sequence`.
  std::uint32_t rows_below(std::uint32_t sequence, std::uint32_t count) const;
  /// Of the first `count` rows of an ordered run, how many lie before `ts`.
  std::uint32_t rows_before(Timestamp ts, std::uint32_t count) const;

  /// The chunk that holds the row, and the number of its first row. A chunk takes as many rows as
  /// lie before it, so that at most half of a run is spare: the first 4, then 4, 8, 16 up to 512,
  /// and 1,024 from then on.
  static std::uint32_t chunk_of(std::uint32_t row) {
    if (row >= chunk_rows_max) return doubling_chunks - 1 + row / chunk_rows_max;
    return row < first_rows ? 0 : static_cast<std::uint32_t>(std::bit_width(row / first_rows));
  }
  static std::uint32_t chunk_start(std::uint32_t chunk) {
    if (chunk >= doubling_chunks) return (chunk - doubling_chunks + 1) * chunk_rows_max;
    return chunk == 0 ? 0 : first_rows << (chunk - 1);
  }
  const RunChunk& chunk(std::uint32_t number) const {
    return *chunks_.load(std::memory_order_acquire)[number];
  }
  /// REQUIRES an unordered run. They may cover rows that are not yet published.
  static const Bounds& bounds(const RunChunk& chunk) {
    return reinterpret_cast<const Bounds*>(&chunk)[-1];  // The arena has them in front of it.
  }

 private:
  static constexpr std::uint32_t first_rows = 4;
  static constexpr std::uint32_t doubling_chunks = 9;  // Of 1,024 rows together.
  static_assert(first_rows << (doubling_chunks - 1) == chunk_rows_max);

  void add_chunk(std::uint32_t first_row, Arena& arena);

  // Published. The array is replaced by a longer one when it is full; the old one stays.
  std::atomic<RunChunk**> chunks_{nullptr};
  std::atomic<std::uint32_t> count_{0};

  // The writer's.
  std::uint32_t tail_start_ = 0;
  RunChunk* tail_ = nullptr;
  RunChunk* first_ = nullptr;  // An array of one, so that a short run needs no other.
  const bool ordered_;
};

// Inline: what every record that is written goes through.

inline void RunChunk::write(std::uint32_t index, const RunRow& row, Arena& arena) {
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

inline void RunChunk::write_value(std::uint32_t index, const ValueView& value, Arena& arena) {
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

inline void Run::prefetch_append() const {
  if (tail_ == nullptr) return;
  const std::uint32_t at = count_.load(std::memory_order_relaxed) - tail_start_;
  __builtin_prefetch(tail_->timestamps() + at, 1);
  __builtin_prefetch(tail_->values() + at * sizeof(std::uint64_t), 1);
  __builtin_prefetch(tail_->sequences() + at, 1);
  __builtin_prefetch(tail_->types() + at, 1);
}

inline void Run::append(const RunRow& row, Arena& arena) {
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

}  // namespace varve::engine
