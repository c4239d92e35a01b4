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

  /// Takes the least recently used out until there is room for `wanted` within `bytes_max`.
  void make_room(std::size_t wanted, std::size_t bytes_max, Entries& taken) VARVE_REQUIRES(mutex) {
    while (!used.empty() && bytes + wanted > bytes_max) take(std::prev(used.end()), taken);
  }

  /// Takes out what is there under the key.
  void drop(const Key& key, Entries& taken) VARVE_REQUIRES(mutex) {
    if (const auto found = by_key.find(key); found != by_key.end()) take(found->second, taken);
  }

  void drop_table(std::uint64_t table, Entries& taken) VARVE_REQUIRES(mutex) {
    for (auto entry = used.begin(); entry != used.end();) {
      const auto next = std::next(entry);
      if (entry->key.table == table) take(entry, taken);
      entry = next;
    }
  }

  /// REQUIRES one entry, whose key is not there.
  void add(Entries& fresh) VARVE_REQUIRES(mutex) {
    by_key.emplace(fresh.front().key, fresh.begin());
    bytes += fresh.front().bytes;
    used.splice(used.begin(), fresh);
  }

  mutable Mutex mutex;
  Entries used VARVE_GUARDED_BY(mutex);  // Most recent first.
  std::unordered_map<Key, Entries::iterator, KeyHash> by_key VARVE_GUARDED_BY(mutex);
  std::size_t bytes VARVE_GUARDED_BY(mutex) = 0;
};

BlockCache::BlockCache(std::size_t bytes_max)
    : bytes_max_(bytes_max), large_(std::make_unique<Shard>()) {
  for (auto& shard : shards_) shard = std::make_unique<Shard>();
}

BlockCache::~BlockCache() = default;

BlockCache::Shard& BlockCache::shard_of(const Key& key) {
  // The map uses the hash's low bits.
  return *shards_[(mixed(key) >> 32) % shard_count];
}

std::shared_ptr<const void> BlockCache::find_in(Shard& shard, const Key& key) {
  const Lock lock(shard.mutex);
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end()) return nullptr;
  shard.used.splice(shard.used.begin(), shard.used, found->second);
  return found->second->value;
}

std::shared_ptr<const void> BlockCache::find(const Key& key) {
  auto value = find_in(shard_of(key), key);
  if (!value && is_for_whole_table(key)) value = find_in(*large_, key);
  (value ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  return value;
}

std::size_t BlockCache::shard_bytes_max() const {
  return (bytes_max_ - large_bytes_.load(std::memory_order_relaxed)) / shard_count;
}

void BlockCache::insert(const Key& key, std::shared_ptr<const void> value, std::size_t bytes) {
  bytes += entry_bytes;
  // Judged by the whole budget, so that a key has one place, whatever else is kept.
  if (bytes > bytes_max_ / shard_count) {
    if (is_for_whole_table(key)) insert_large(key, std::move(value), bytes);
    return;
  }
  Shard& shard = shard_of(key);
  Shard::Entries fresh;
  fresh.push_back({key, std::move(value), bytes});
  Shard::Entries taken;  // Destroyed after the lock is released.
  const Lock lock(shard.mutex);
  const std::size_t bytes_max = shard_bytes_max();
  shard.drop(key, taken);
  if (bytes > bytes_max) return;
  shard.make_room(bytes, bytes_max, taken);
  shard.add(fresh);
}

void BlockCache::insert_large(const Key& key, std::shared_ptr<const void> value,
                              std::size_t bytes) {
  if (bytes > bytes_max_ / 2) return;
  Shard::Entries fresh;
  fresh.push_back({key, std::move(value), bytes});
  Shard::Entries taken;  // Destroyed after the lock is released.
  const Lock lock(large_->mutex);
  large_->drop(key, taken);
  large_->make_room(bytes, bytes_max_ / 2, taken);
  large_bytes_.store(large_->bytes + bytes, std::memory_order_relaxed);
  for (const auto& shard : shards_) {
    const Lock shard_lock(shard->mutex);
    shard->make_room(0, shard_bytes_max(), taken);
  }
  large_->add(fresh);
}

void BlockCache::forget(std::uint64_t table) {
  for (const auto& shard : shards_) {
    Shard::Entries taken;
    const Lock lock(shard->mutex);
    shard->drop_table(table, taken);
  }
  Shard::Entries taken;
  const Lock lock(large_->mutex);
  large_->drop_table(table, taken);
  large_bytes_.store(large_->bytes, std::memory_order_relaxed);
}

std::size_t BlockCache::bytes() const {
  // First the large, which grow only after the shards gave way.
  std::size_t sum = 0;
  {
    const Lock lock(large_->mutex);
    sum = large_->bytes;
  }
  for (const auto& shard : shards_) {
    const Lock lock(shard->mutex);
    sum += shard->bytes;
  }
  return sum;
}

}  // namespace varve::engine
