#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/base/assert.hpp"
#include "engine/memtable/run_chunk.hpp"
#include "engine/memtable/run_memory.hpp"
#include "engine/memtable/sealed_block.hpp"
#include "engine/record/rows.hpp"
#include "engine/record/time_span.hpp"

namespace varve::engine {

/// Up to 1,024 rows of a run that follow each other: chunks, or sealed. What a slot said when it
/// was read.
class RunBlock {
 public:
  explicit RunBlock(const RunChunk* newest) : tagged_(reinterpret_cast<const std::byte*>(newest)) {}
  explicit RunBlock(const SealedBlock* sealed)
      : tagged_(reinterpret_cast<const std::byte*>(sealed) + sealed_tag) {}

  /// Null where it is chunks.
  const SealedBlock* sealed() const {
    if ((reinterpret_cast<std::uintptr_t>(tagged_) & sealed_tag) == 0) return nullptr;
    return reinterpret_cast<const SealedBlock*>(tagged_ - sealed_tag);
  }
  /// The newest chunk. REQUIRES that it is not sealed.
  RunChunk* newest() const {
    VARVE_ASSERT(sealed() == nullptr);
    return const_cast<RunChunk*>(reinterpret_cast<const RunChunk*>(tagged_));
  }
  /// The same, of the one that holds the row.
  const RunChunk& chunk_of(std::uint32_t index) const {
    const RunChunk* chunk = newest();
    while (chunk->start() > index) chunk = chunk->previous();
    return *chunk;
  }

  RunChunk::BlockHead head() const {
    if (const SealedBlock* const block = sealed()) {
      return {block->first_ts(), block->first_sequence()};
    }
    return newest()->block_head();
  }
  /// How many of its first `count` rows lie before `ts`, and how many have a sequence up to one.
  std::uint32_t rows_before(Timestamp ts, std::uint32_t count) const;
  std::uint32_t rows_up_to(std::uint32_t sequence, std::uint32_t count) const;

 private:
  static constexpr std::uintptr_t sealed_tag = 1;  // Both are aligned to more.

  const std::byte* tagged_;
};

/// A row's place: a chunk, or a sealed block, and where in it.
class RunPlace {
 public:
  RunPlace(const RunChunk& chunk, std::uint32_t index) : chunk_(&chunk), index_(index) {}
  RunPlace(const SealedBlock& sealed, std::uint32_t index) : sealed_(&sealed), index_(index) {}

  Timestamp timestamp() const {
    return chunk_ != nullptr ? chunk_->timestamps()[index_] : sealed_->timestamp_at(index_);
  }
  std::uint32_t sequence() const {
    return chunk_ != nullptr ? chunk_->sequences()[index_] : sealed_->sequence_at(index_);
  }
  RowType type() const { return chunk_ != nullptr ? chunk_->types()[index_] : sealed_->type(); }
  ValueView value() const {
    return chunk_ != nullptr ? chunk_->value_at(index_) : sealed_->value_at(index_);
  }
  Timestamp expires_at() const {
    return chunk_ != nullptr ? chunk_->expires_at(index_) : sealed_->expires_at(index_);
  }

 private:
  const RunChunk* chunk_ = nullptr;
  const SealedBlock* sealed_ = nullptr;
  std::uint32_t index_;
};

/// Rows of one series in the order of their arrival, so in the order of their sequences too: what
/// a sequence shows is a prefix. They lie in blocks of 1,024.
///
/// One writer; readers load the count with acquire and then read any row below it. A full block of
/// an ordered run may be replaced by its sealed form at any time: its slot is stored with release,
/// and the same rows are read from either. The chunks of before are used again once the readers
/// have left that are inside then (ReaderGate), so a reader stays inside from the moment it loads
/// a slot until it is done with the chunks that the slot gave. Sealed blocks, bytes and the chunks
/// of an unordered run stay as long as the memtable.
///
/// Order is asserted where a chunk begins. Of single rows, and of what a reader says it loaded,
/// nothing is: each record written and each row read would pay for it.
class Run {
 public:
  /// Least and greatest timestamp of a chunk of an unordered run.
  struct Bounds {
    std::atomic<Timestamp> min;
    std::atomic<Timestamp> max;

    bool overlaps(const TimeSpan& times) const {
      return times.overlaps(
          {min.load(std::memory_order_relaxed), max.load(std::memory_order_relaxed)});
    }
  };

  explicit Run(bool ordered) : ordered_(ordered) {}

  /// The writer's. REQUIRES a sequence not below the last, and in an ordered run a timestamp above
  /// the last.
  void append(const RunRow& row, RunMemory& memory);
  /// Asks for the memory that the next append writes to.
  void prefetch_append() const;
  /// Seals a full block, if it can be sealed. REQUIRES an ordered run, and each block once.
  void seal(std::uint32_t block, RunMemory& memory);

  std::uint32_t count() const { return count_.load(std::memory_order_acquire); }
  /// How many rows a reader of `sequence` sees.
  std::uint32_t visible(std::uint32_t sequence) const { return rows_up_to(sequence, count()); }
  /// REQUIRES a block of a row below a count loaded before, as all that follow.
  RunBlock block(std::uint32_t number) const {
    return blocks_.load(std::memory_order_acquire)[number].load(std::memory_order_acquire);
  }
  /// How many of the first `count` rows have a sequence up to `sequence`.
  std::uint32_t rows_up_to(std::uint32_t sequence, std::uint32_t count) const;
  /// How many of the first `count` rows of an ordered run lie before `ts`.
  std::uint32_t rows_before(Timestamp ts, std::uint32_t count) const;
  /// REQUIRES a row below a count loaded before.
  RunPlace place(std::uint32_t row) const;
  /// The row of exactly `ts` among the first `count` rows of an ordered run.
  std::optional<RunPlace> find(Timestamp ts, std::uint32_t count) const;

  /// Calls `visit` with the chunks of the first `count` rows, newest first, the number of the first
  /// row of each, and how many of its rows are meant, for as long as it returns true.
  /// REQUIRES an unordered run.
  template <class Visit>
  void for_each_chunk(std::uint32_t count, Visit visit) const;
  /// REQUIRES an unordered run: for_each_chunk() asserted that, and a chunk does not know its run.
  /// They may cover rows that are not yet published.
  static const Bounds& bounds(const RunChunk& chunk) {
    return reinterpret_cast<const Bounds*>(&chunk)[-1];  // They lie in front of it.
  }

 private:
  using Slot = std::atomic<RunBlock>;
  static_assert(Slot::is_always_lock_free);

  void add_chunk(std::uint32_t row, const RunRow& first, RunMemory& memory);
  void add_block(std::uint32_t number, RunBlock block, Arena& arena);

  // Published. The array is replaced by a longer one when it is full; the old one stays. Blocks are
  // sealed in the newest only: who still reads an older one reads the chunks, and is inside.
  std::atomic<Slot*> blocks_{nullptr};
  std::atomic<std::uint32_t> count_{0};

  // The writer's.
  std::uint32_t tail_start_ = 0;
  RunChunk* tail_ = nullptr;
  Slot first_{RunBlock(static_cast<const RunChunk*>(nullptr))};  // An array of one, which is
                                                                 // enough for a short run.
  const bool ordered_;
};

// Inline: what every record that is written goes through.

inline void Run::prefetch_append() const {
  if (tail_ == nullptr) return;
  const RunChunk& tail = *tail_;
  const std::uint32_t at = count_.load(std::memory_order_relaxed) - tail_start_;
  __builtin_prefetch(tail.timestamps() + at, 1);
  __builtin_prefetch(tail.values() + at * sizeof(std::uint64_t), 1);
  __builtin_prefetch(tail.sequences() + at, 1);
  __builtin_prefetch(tail.types() + at, 1);
}

template <class Visit>
void Run::for_each_chunk(std::uint32_t count, Visit visit) const {
  VARVE_ASSERT(!ordered_);
  while (count > 0) {
    const std::uint32_t number = (count - 1) / run_block_rows;
    const std::uint32_t block_start = number * run_block_rows;
    const RunChunk* chunk = &block(number).chunk_of(count - 1 - block_start);
    for (; chunk != nullptr; chunk = chunk->previous()) {
      const std::uint32_t start = block_start + chunk->start();
      if (!visit(*chunk, start, count - start)) return;
      count = start;
    }
  }
}

inline void Run::append(const RunRow& row, RunMemory& memory) {
  const std::uint32_t at = count_.load(std::memory_order_relaxed);
  if (tail_ == nullptr || at - tail_start_ == tail_->capacity()) add_chunk(at, row, memory);
  tail_->write(at - tail_start_, row, memory);
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
