// RocksDB, set up as its wiki's "Setup Options and Basic Tuning" says, with a Bloom filter, and a
// write buffer and a block cache that are no smaller than Varve's.

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/version.h>

#include <fstream>

#include "bench/load/lsm_store.hpp"

namespace varve::bench {

namespace {

struct RocksdbApi {
  using Db = rocksdb::DB;
  using Iterator = rocksdb::Iterator;
  using Slice = rocksdb::Slice;
  using WriteBatch = rocksdb::WriteBatch;
  using WriteOptions = rocksdb::WriteOptions;
  using Closer = std::default_delete<rocksdb::DB>;

  /// A value that points into the block cache, without a copy.
  using Pinned = rocksdb::PinnableSlice;

  static void check(const rocksdb::Status& status) {
    if (!status.ok()) throw Failure("rocksdb: " + status.ToString());
  }
  static void write(Db& db, const WriteOptions& options, WriteBatch& batch) {
    check(db.Write(options, &batch));
  }
  static rocksdb::Status get(Db& db, const Slice& key, Pinned& value) {
    value.Reset();
    return db.Get(rocksdb::ReadOptions(), db.DefaultColumnFamily(), key, &value);
  }
  static void seek_last(Iterator& at, const Slice& key) { at.SeekForPrev(key); }
  static Iterator* iterate(Db& db, const Slice& end) {
    rocksdb::ReadOptions options;
    if (!end.empty()) options.iterate_upper_bound = &end;
    return db.NewIterator(options);
  }

  static std::unique_ptr<Db, Closer> open(const StoreOptions& options) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
    table.block_size = std::size_t{16} << 10;
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
    table.format_version = 5;

    rocksdb::Options made;
    made.create_if_missing = true;
    made.level_compaction_dynamic_level_bytes = true;
    made.max_background_jobs = 6;
    made.bytes_per_sync = std::uint64_t{1} << 20;
    made.compaction_pri = rocksdb::kMinOverlappingRatio;
    made.compression = rocksdb::kLZ4Compression;
    made.bottommost_compression = rocksdb::kZSTD;
    made.write_buffer_size = std::size_t{64} << 20;
    made.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

    Db* db = nullptr;
    check(Db::Open(made, options.dir.string(), &db));
    return std::unique_ptr<Db, Closer>(db);
  }
  static void sync(Db& db) { check(db.SyncWAL()); }
  static void settle(Db& db) {
    check(db.Flush({}));
    check(db.CompactRange({}, nullptr, nullptr));
  }
};

/// RocksDB says in its own log whether its build uses the processor's CRC instructions.
std::string describe(const std::filesystem::path& scratch) {
  std::string text = std::to_string(ROCKSDB_MAJOR) + '.' + std::to_string(ROCKSDB_MINOR) + '.' +
                     std::to_string(ROCKSDB_PATCH);
  RocksdbApi::open({.dir = scratch}).reset();
  std::ifstream log(scratch / "LOG");
  for (std::string line; std::getline(log, line);) {
    const auto at = line.find("Fast CRC32 supported");
    if (at != std::string::npos) text += ", " + line.substr(at);
  }
  return text;
}

}  // namespace

std::vector<StoreKind> rocksdb_stores() {
  return {{"rocksdb", describe, open_lsm<RocksdbApi>, ""}};
}

}  // namespace varve::bench
