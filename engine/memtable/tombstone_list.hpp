#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "engine/base/assert.hpp"
#include "engine/memtable/memtable.hpp"

namespace varve::engine {

/// The range tombstones of a memtable. One writer appends, any thread walks. An entry is complete
/// before it is published and never changes; entries are few, so walking them is a list.
class TombstoneList {
 public:
  /// The writer's. REQUIRES a sequence not below the last.
  void append(const RangeTombstone& range, std::uint64_t sequence) {
    const Entry* const before = newest_.load(std::memory_order_relaxed);
    VARVE_ASSERT(before == nullptr || before->tombstone.sequence <= sequence);
    entries_.push_back({{range, sequence}, before});
    newest_.store(&entries_.back(), std::memory_order_release);
  }

  bool empty() const { return newest_.load(std::memory_order_acquire) == nullptr; }
  /// Whether there is none up to `sequence`.
  bool is_empty_at(std::uint64_t sequence) const {
    bool is_empty = true;
    for_each(sequence, [&](const SequencedTombstone&) { is_empty = false; });
    return is_empty;
  }

  /// Calls `visit` with those up to `sequence`, newest first.
  template <class Visit>
  void for_each(std::uint64_t sequence, Visit visit) const {
    const Entry* entry = newest_.load(std::memory_order_acquire);
    for (; entry != nullptr; entry = entry->before) {
      if (entry->tombstone.sequence <= sequence) visit(entry->tombstone);
    }
  }

  /// The newest sequence up to `sequence` that deleted (key, ts); 0 where none did.
  std::uint64_t newest_over(std::string_view key, Timestamp ts, std::uint64_t sequence) const {
    const Entry* entry = newest_.load(std::memory_order_acquire);
    for (; entry != nullptr; entry = entry->before) {
      const auto& [range, at] = entry->tombstone;
      if (at <= sequence && range.times.contains(ts) && range.keys.contains(key)) return at;
    }
    return 0;
  }

 private:
  struct Entry {
    SequencedTombstone tombstone;
    const Entry* before;
  };

  std::deque<Entry> entries_;  // The writer's; its elements never move.
  std::atomic<const Entry*> newest_{nullptr};
};

}  // namespace varve::engine
