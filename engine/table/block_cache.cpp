#include "engine/table/block_cache.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <new>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/no_memory.hpp"

namespace varve::engine {

namespace {

// What the cache itself spends on a value: a node of a list and one of the map, and about as much
// again for another that is gone.
constexpr std::size_t entry_bytes = 192;

constexpr unsigned uses_max = 3;

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
  unsigned uses = 0;  // Since it came to its queue, up to uses_max.
  bool proven = false;
};

struct BlockCache::KeyHash {
  std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(mixed(key)); }
};

// S3-FIFO (Yang, Zhang, Qiu, Yue, Vinayak: FIFO Queues Are All You Need for Cache Eviction, SOSP
// 2023). What is new goes through a queue of a tenth of the room; what was used again by its end,
// or comes back soon after it had to go, moves to the queue of the proven. So a scan, which uses
// each block once, pushes out no more than that tenth. A hit only counts.
struct BlockCache::Shard {
  using Entries = std::list<Entry>;

  std::shared_ptr<const void> find(const Key& key) VARVE_REQUIRES(mutex) {
    const auto found = by_key.find(key);
    if (found == by_key.end()) return nullptr;
    Entry& entry = *found->second;
    entry.uses = std::min(entry.uses + 1, uses_max);
    return entry.value;
  }

  /// Takes an entry out, for the caller to destroy once it holds the mutex no more: freeing a big
  /// block takes a while.
  void take(Entries::iterator entry, Entries& taken) VARVE_REQUIRES(mutex) {
    bytes -= entry->bytes;
    if (!entry->proven) fresh_bytes -= entry->bytes;
    by_key.erase(entry->key);
    taken.splice(taken.end(), entry->proven ? proven : fresh, entry);
  }

  /// Takes out until there is room for `wanted` within `bytes_max`.
  void make_room(std::size_t wanted, std::size_t bytes_max, Entries& taken) VARVE_REQUIRES(mutex) {
    while (!by_key.empty() && bytes + wanted > bytes_max) {
      if (!fresh.empty() && (fresh_bytes > bytes_max / 10 || proven.empty())) {
        judge_fresh(taken);
      } else {
        judge_proven(taken);
      }
    }
  }

  /// Decides on the oldest of the new.
  void judge_fresh(Entries& taken) VARVE_REQUIRES(mutex) {
    const auto oldest = std::prev(fresh.end());
    if (oldest->uses == 0) {
      remember(oldest->key);
      return take(oldest, taken);
    }
    fresh_bytes -= oldest->bytes;
    oldest->uses = 0;
    oldest->proven = true;
    proven.splice(proven.begin(), fresh, oldest);
  }

  /// Decides on the oldest of the proven.
  void judge_proven(Entries& taken) VARVE_REQUIRES(mutex) {
    const auto oldest = std::prev(proven.end());
    if (oldest->uses == 0) return take(oldest, taken);
    --oldest->uses;
    proven.splice(proven.begin(), proven, oldest);
  }

  /// Takes out what is there under the key.
  void drop(const Key& key, Entries& taken) VARVE_REQUIRES(mutex) {
    if (const auto found = by_key.find(key); found != by_key.end()) take(found->second, taken);
  }

  void drop_table(std::uint64_t table, Entries& taken) VARVE_REQUIRES(mutex) {
    for (Entries* queue : {&fresh, &proven}) {
      for (auto entry = queue->begin(); entry != queue->end();) {
        const auto next = std::next(entry);
        if (entry->key.table == table) take(entry, taken);
        entry = next;
      }
    }
  }

  /// REQUIRES one entry, whose key is not there.
  void add(Entries& added) VARVE_REQUIRES(mutex) {
    VARVE_ASSERT(added.size() == 1);
    Entry& entry = added.front();
    const bool is_new = by_key.emplace(entry.key, added.begin()).second;
    VARVE_ASSERT(is_new);
    entry.proven = gone.erase(mixed(entry.key)) != 0;
    bytes += entry.bytes;
    if (!entry.proven) fresh_bytes += entry.bytes;
    Entries& queue = entry.proven ? proven : fresh;
    queue.splice(queue.begin(), added);
  }

  /// Keeps in mind what had to go unused, as many as there are entries, and as there is memory for.
  void remember(const Key& key) VARVE_REQUIRES(mutex) {
    const std::uint64_t hash = mixed(key);
    try {
      if (gone.insert(hash).second) gone_order.push_back(hash);
    } catch (const std::bad_alloc&) {
      gone.erase(hash);  // Or nothing would take it out again.
    }
    while (gone_order.size() > by_key.size()) {
      gone.erase(gone_order.front());
      gone_order.pop_front();
    }
  }

  mutable Mutex mutex;
  Entries fresh VARVE_GUARDED_BY(mutex);  // Both: last come first.
  Entries proven VARVE_GUARDED_BY(mutex);
  std::unordered_map<Key, Entries::iterator, KeyHash> by_key VARVE_GUARDED_BY(mutex);
  std::size_t bytes VARVE_GUARDED_BY(mutex) = 0;
  std::size_t fresh_bytes VARVE_GUARDED_BY(mutex) = 0;
  std::uint64_t hits VARVE_GUARDED_BY(mutex) = 0;
  std::uint64_t misses VARVE_GUARDED_BY(mutex) = 0;
  std::unordered_set<std::uint64_t> gone VARVE_GUARDED_BY(mutex);
  std::deque<std::uint64_t> gone_order VARVE_GUARDED_BY(mutex);  // Also of what came back.
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

std::shared_ptr<const void> BlockCache::find_in(Shard& shard, const Key& key, bool is_last) {
  const Lock lock(shard.mutex);
  auto value = shard.find(key);
  if (value) ++shard.hits;
  if (!value && is_last) ++shard.misses;
  return value;
}

std::shared_ptr<const void> BlockCache::find(const Key& key) {
  const bool may_be_large = is_for_whole_table(key);
  auto value = find_in(shard_of(key), key, !may_be_large);
  if (!value && may_be_large) value = find_in(*large_, key, true);
  return value;
}

template <class Count>
std::uint64_t BlockCache::sum_of(Count count) const {
  std::uint64_t sum = 0;
  const auto add = [&](const Shard& shard) {
    const Lock lock(shard.mutex);
    sum += shard.*count;
  };
  for (const auto& shard : shards_) add(*shard);
  add(*large_);
  return sum;
}

std::uint64_t BlockCache::hits() const { return sum_of(&Shard::hits); }
std::uint64_t BlockCache::misses() const { return sum_of(&Shard::misses); }

std::size_t BlockCache::shard_bytes_max() const {
  return (bytes_max_ - large_bytes_.load(std::memory_order_relaxed)) / shard_count;
}

void BlockCache::insert(const Key& key, std::shared_ptr<const void> value, std::size_t bytes) {
  bytes += entry_bytes;
  // Judged by the whole budget, so that a key has one place, whatever else is kept.
  const bool is_large = bytes > bytes_max_ / shard_count;
  if (is_large && !is_for_whole_table(key)) return;
  // Whoever read it goes on without the cache.
  if_memory_allows([&] {
    if (is_large) {
      insert_large(key, std::move(value), bytes);
    } else {
      insert_small(key, std::move(value), bytes);
    }
  });
}

void BlockCache::insert_small(const Key& key, std::shared_ptr<const void> value,
                              std::size_t bytes) {
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
  try {
    large_->add(fresh);
  } catch (const std::bad_alloc&) {
    large_bytes_.store(large_->bytes, std::memory_order_relaxed);
    throw;
  }
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

void BlockCache::clear() {
  for (const auto& shard : shards_) {
    Shard::Entries taken;
    const Lock lock(shard->mutex);
    shard->make_room(0, 0, taken);
  }
  Shard::Entries taken;
  const Lock lock(large_->mutex);
  large_->make_room(0, 0, taken);
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
