#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "engine/memory/arena.hpp"
#include "engine/memory/memory_block.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/memtable/run.hpp"
#include "engine/record/wal_key_state.hpp"

namespace varve::engine {

/// One series of a memtable. `ordered` takes the rows whose timestamp is above all before, `late`
/// all others: so where both have a timestamp, the late row is the newer.
class MemtableSeries {
 public:
  explicit MemtableSeries(std::string_view key)
      : key_(key.data()), key_size_(static_cast<std::uint32_t>(key.size())) {}

  std::string_view key() const { return {key_, key_size_}; }
  const Run& ordered() const { return ordered_; }
  /// Null while all rows came in order.
  const Run* late() const { return late_.load(std::memory_order_acquire); }

  // The writer's.
  WalKeyState& wal_state() { return wal_state_; }
  void prefetch() const {
    __builtin_prefetch(this);
    __builtin_prefetch(reinterpret_cast<const char*>(this) + 64);
  }
  void prefetch_key() const { __builtin_prefetch(key_); }
  void prefetch_append() const { ordered_.prefetch_append(); }
  void append(const RunRow& row, RunMemory& memory);

 private:
  const char* key_;  // In the arena.
  Run ordered_{true};
  std::atomic<Run*> late_{nullptr};
  Timestamp last_ordered_ts_ = 0;
  WalKeyState wal_state_;
  const std::uint32_t key_size_;
};

inline void MemtableSeries::append(const RunRow& row, RunMemory& memory) {
  if (row.ts > last_ordered_ts_ || ordered_.count() == 0) {
    ordered_.append(row, memory);
    last_ordered_ts_ = row.ts;
    return;
  }
  Run* late = late_.load(std::memory_order_relaxed);
  if (late == nullptr) {
    late = new (memory.arena().allocate(sizeof(Run), alignof(Run))) Run(false);
  }
  late->append(row, memory);
  late_.store(late, std::memory_order_release);
}

/// The series of a memtable by key, and by number in order of their arrival.
///
/// One writer adds, any thread looks up. A series is complete before its number is published, and
/// its number is published before its slot. A table of slots that became too small is replaced by
/// a copy of twice the size and stays for those who are reading it; they miss only series added
/// after they began, whose rows they must not see anyway.
class SeriesIndex {
 public:
  explicit SeriesIndex(Arena& arena);

  /// The writer's.
  MemtableSeries& find_or_add(std::string_view key, std::uint64_t hash);
  void resolve(std::span<SeriesRequest> requests);

  MemtableSeries* find(std::string_view key, std::uint64_t hash) const;
  std::uint32_t count() const { return count_.load(std::memory_order_acquire); }
  /// REQUIRES a number below a count loaded before. Of that no more is asserted than that there is
  /// memory: every look-up of a key comes here.
  MemtableSeries& at(std::uint32_t number) const;

 private:
  // Zero where free; else the hash's upper half, which also gives the place, above the series'
  // number plus one. So probing seldom looks at a wrong series, and growing looks at none.
  using Slot = std::uint64_t;
  struct Slots {
    explicit Slots(std::size_t count)
        : mask(static_cast<std::uint32_t>(count - 1)),
          memory(count * sizeof(std::atomic<Slot>)),
          slots(reinterpret_cast<std::atomic<Slot>*>(memory.data())) {
      for (std::size_t i = 0; i < count; ++i) new (slots + i) std::atomic<Slot>(0);
    }
    std::uint32_t mask;
    MemoryBlock memory;
    std::atomic<Slot>* slots;
  };
  static constexpr std::uint32_t slots_min = 64;

  // Series lie in pieces of 64, 128, 256 and so on, which never move.
  static constexpr std::uint32_t piece_size_min = 64;
  static constexpr std::size_t piece_count = 26;
  static std::size_t piece_of(std::uint64_t number) {
    return static_cast<std::size_t>(std::bit_width(number + piece_size_min)) -
           std::bit_width(piece_size_min);
  }
  static std::uint64_t piece_start(std::size_t piece) {
    return (std::uint64_t{piece_size_min} << piece) - piece_size_min;
  }

  MemtableSeries* first_candidate(std::uint64_t hash) const;
  MemtableSeries& add(std::string_view key);
  void grow();

  Arena& arena_;
  std::atomic<const Slots*> current_;
  std::atomic<std::uint32_t> count_{0};
  std::array<std::atomic<std::byte*>, piece_count> pieces_{};

  // The writer's: what the atomics above point to.
  std::vector<std::unique_ptr<Slots>> slots_;
  std::vector<MemoryBlock> piece_memory_;
};

}  // namespace varve::engine
