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

/// Decoded blocks and indexes in memory, within a budget of bytes that is never passed: what does
/// not fit beside what is in use is simply not kept. Sharded by hash, least recently used first
/// out. Any thread.
class BlockCache {
 public:
  struct Key {
    std::uint64_t table;
    std::uint64_t part;  // A block's number, or one of the two below.
    friend bool operator==(const Key&, const Key&) = default;
  };
  static constexpr std::uint64_t index_part = ~std::uint64_t{0};
  static constexpr std::uint64_t filter_part = ~std::uint64_t{1};

  explicit BlockCache(std::size_t bytes_max);
  ~BlockCache();

  /// Counts a hit or a miss.
  std::shared_ptr<const void> find(const Key& key);
  /// Replaces what it held for the key. A value of over an eighth of the budget is not kept.
  void insert(const Key& key, std::shared_ptr<const void> value, std::size_t bytes);
  /// Drops everything of a table that is gone.
  void forget(std::uint64_t table);

  std::size_t bytes() const;
  std::uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  std::uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }

 private:
  struct Shard;
  struct Entry;
  struct KeyHash;
  static constexpr std::size_t shard_count = 8;

  Shard& shard_of(const Key& key);

  const std::size_t shard_bytes_max_;
  std::array<std::unique_ptr<Shard>, shard_count> shards_;
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
};

}  // namespace varve::engine
