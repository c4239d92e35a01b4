#include "engine/table/block_cache.hpp"

#include <iterator>
#include <utility>
#include <vector>

namespace varve::engine {

namespace {

// What the cache itself spends on a value: a node of the list and one of the map.
constexpr std::size_t entry_bytes = 128;

std::uint64_t mixed(const BlockCache::Key& key) {
  // Tables and blocks are numbered from 0 on; the finisher of MurmurHash3 (Appleby) spreads them.
  std::uint64_t hash = key.table * 0x9E37'79B9'7F4A'7C15 + key.part;
  hash = (hash ^ (hash >> 33)) * 0xFF51'AFD7'ED55'8CCD;
  hash = (hash ^ (hash >> 33)) * 0xC4CE'B9FE'1A85'EC53;
  return hash ^ (hash >> 33);
}

}  // namespace

struct BlockCache::Entry {
  Key key;
  std::shared_ptr<const void> value;
  std::size_t bytes;
};

struct BlockCache::KeyHash {
  std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(mixed(key)); }
};

struct BlockCache::Shard {
  using Entries = std::list<Entry>;

  /// Takes an entry out, for the caller to destroy once it holds the mutex no more: freeing a big
  /// block takes a while.
  void take(Entries::iterator entry, Entries& taken) VARVE_REQUIRES(mutex) {
    bytes -= entry->bytes;
    by_key.erase(entry->key);
    taken.splice(taken.end(), used, entry);
  }

  mutable Mutex mutex;
  Entries used VARVE_GUARDED_BY(mutex);  // Most recent first.
  std::unordered_map<Key, Entries::iterator, KeyHash> by_key VARVE_GUARDED_BY(mutex);
  std::size_t bytes VARVE_GUARDED_BY(mutex) = 0;
};

BlockCache::BlockCache(std::size_t bytes_max) : shard_bytes_max_(bytes_max / shard_count) {
  for (auto& shard : shards_) shard = std::make_unique<Shard>();
}

BlockCache::~BlockCache() = default;

BlockCache::Shard& BlockCache::shard_of(const Key& key) {
  // The map uses the hash's low bits.
  return *shards_[(mixed(key) >> 32) % shard_count];
}

std::shared_ptr<const void> BlockCache::find(const Key& key) {
  Shard& shard = shard_of(key);
  {
    const Lock lock(shard.mutex);
    if (const auto found = shard.by_key.find(key); found != shard.by_key.end()) {
      shard.used.splice(shard.used.begin(), shard.used, found->second);
      hits_.fetch_add(1, std::memory_order_relaxed);
      return found->second->value;
    }
  }
  misses_.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

void BlockCache::insert(const Key& key, std::shared_ptr<const void> value, std::size_t bytes) {
  bytes += entry_bytes;
  if (bytes > shard_bytes_max_) return;
  Shard& shard = shard_of(key);
  Shard::Entries fresh;
  fresh.push_back({key, std::move(value), bytes});
  Shard::Entries taken;  // Destroyed after the lock is released.
  const Lock lock(shard.mutex);
  if (const auto found = shard.by_key.find(key); found != shard.by_key.end()) {
    shard.take(found->second, taken);
  }
  while (shard.bytes + bytes > shard_bytes_max_) shard.take(std::prev(shard.used.end()), taken);
  shard.by_key.emplace(key, fresh.begin());
  shard.used.splice(shard.used.begin(), fresh);
  shard.bytes += bytes;
}

void BlockCache::forget(std::uint64_t table) {
  for (const auto& shard : shards_) {
    Shard::Entries taken;
    const Lock lock(shard->mutex);
    for (auto entry = shard->used.begin(); entry != shard->used.end();) {
      const auto next = std::next(entry);
      if (entry->key.table == table) shard->take(entry, taken);
      entry = next;
    }
  }
}

std::size_t BlockCache::bytes() const {
  std::size_t sum = 0;
  for (const auto& shard : shards_) {
    const Lock lock(shard->mutex);
    sum += shard->bytes;
  }
  return sum;
}

}  // namespace varve::engine
