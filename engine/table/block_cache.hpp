#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "engine/base/mutex.hpp"

namespace varve::engine {

/// Decoded blocks, indexes and filters in memory, within a budget of bytes that is never passed.
/// Sharded by hash; what was used once goes before what was used again, so that a scan pushes out
/// next to nothing that other reads need. An index or filter that is too large for a shard
/// is kept beside them, as up to half of the budget in all may be, since every read of its table
/// needs it; the shards then have so much less. Any thread.
class BlockCache {
 public:
  struct Key {
    std::uint64_t table;
    std::uint64_t part;  // A block's number, or one of those below.
    friend bool operator==(const Key&, const Key&) = default;
  };
  static constexpr std::uint64_t index_part = ~std::uint64_t{0};
  static constexpr std::uint64_t filter_part = ~std::uint64_t{1};
  static constexpr std::uint64_t statistics_part = ~std::uint64_t{2};

  explicit BlockCache(std::size_t bytes_max);
  ~BlockCache();

  /// Counts a hit or a miss.
  std::shared_ptr<const void> find(const Key& key);
  /// Replaces what it held for the key. A block of over an eighth of the budget is not kept, nor an
  /// index or filter of over half, nor anything that there is no memory to note.
  void insert(const Key& key, std::shared_ptr<const void> value, std::size_t bytes);
  /// Drops everything of a table that is gone. Takes no memory.
  void forget(std::uint64_t table);
  /// Drops everything. Throws nothing.
  void clear();

  std::size_t bytes() const;
  std::uint64_t hits() const;
  std::uint64_t misses() const;

 private:
  struct Shard;
  struct Entry;
  struct KeyHash;
  static constexpr std::size_t shard_count = 8;

  Shard& shard_of(const Key& key);
  static bool is_for_whole_table(const Key& key) { return key.part >= statistics_part; }
  /// Counts a miss only where nothing else is asked.
  std::shared_ptr<const void> find_in(Shard& shard, const Key& key, bool is_last);
  template <class Count>
  std::uint64_t sum_of(Count count) const;
  std::size_t shard_bytes_max() const;
  void insert_small(const Key& key, std::shared_ptr<const void> value, std::size_t bytes);
  void insert_large(const Key& key, std::shared_ptr<const void> value, std::size_t bytes);

  const std::size_t bytes_max_;
  std::array<std::unique_ptr<Shard>, shard_count> shards_;
  std::unique_ptr<Shard> large_;
  /// What the shards may not use: of large_, stored under its mutex. A shard reads it under its own
  /// mutex, and is trimmed under it after each growth, so no shard stays above its part.
  std::atomic<std::size_t> large_bytes_{0};
};

}  // namespace varve::engine
