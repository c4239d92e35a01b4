// LevelDB, with the Bloom filter of its documentation, and a write buffer and a block cache of the
// size of Varve's.

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include "bench/load/lsm_store.hpp"

namespace varve::bench {

namespace {

struct LeveldbApi {
  /// LevelDB does not own its cache and its filter.
  struct Db {
    std::unique_ptr<leveldb::Cache> cache;
    std::unique_ptr<const leveldb::FilterPolicy> filter;
    std::unique_ptr<leveldb::DB> db;
  };
  using Iterator = leveldb::Iterator;
  using Slice = leveldb::Slice;
  using WriteBatch = leveldb::WriteBatch;
  using WriteOptions = leveldb::WriteOptions;
  using Closer = std::default_delete<Db>;
  using Pinned = std::string;

  static void check(const leveldb::Status& status) {
    if (!status.ok()) throw Failure("leveldb: " + status.ToString());
  }
  static void write(Db& db, const WriteOptions& options, WriteBatch& batch) {
    check(db.db->Write(options, &batch));
  }
  static leveldb::Status get(Db& db, const Slice& key, Pinned& value) {
    return db.db->Get({}, key, &value);
  }
  /// The last record at or before `key`, or none.
  static void seek_last(Iterator& at, const Slice& key) {
    at.Seek(key);
    if (!at.Valid()) {
      at.SeekToLast();
    } else if (at.key().compare(key) > 0) {
      at.Prev();
    }
  }
  static Iterator* iterate(Db& db, const Slice&) { return db.db->NewIterator({}); }

  static std::unique_ptr<Db> open(const StoreOptions& options) {
    auto made = std::make_unique<Db>();
    made->cache.reset(leveldb::NewLRUCache(options.cache_bytes));
    made->filter.reset(leveldb::NewBloomFilterPolicy(10));

    leveldb::Options given;
    given.create_if_missing = true;
    given.write_buffer_size = std::size_t{32} << 20;
    given.block_cache = made->cache.get();
    given.filter_policy = made->filter.get();
    leveldb::DB* db = nullptr;
    check(leveldb::DB::Open(given, options.dir.string(), &db));
    made->db.reset(db);
    return made;
  }
  /// An empty batch is written to the log all the same, and synced with what is before it.
  static void sync(Db& db) {
    leveldb::WriteOptions synced;
    synced.sync = true;
    leveldb::WriteBatch empty;
    write(db, synced, empty);
  }
  static void settle(Db& db) { db.db->CompactRange(nullptr, nullptr); }
};

std::string describe(const std::filesystem::path&) {
  return std::to_string(leveldb::kMajorVersion) + '.' + std::to_string(leveldb::kMinorVersion);
}

}  // namespace

std::vector<StoreKind> leveldb_stores() {
  return {{"leveldb", describe, open_lsm<LeveldbApi>, ""}};
}

}  // namespace varve::bench
