#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/counters.hpp"
#include "engine/base/log.hpp"
#include "engine/base/mutex.hpp"
#include "engine/record/number_statistics.hpp"
#include "engine/record/rows.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/table/file_pool.hpp"
#include "engine/table/key_heads.hpp"
#include "engine/table/table_meta.hpp"
#include "engine/table/table_origin.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What all tables of a database share. Outlives them.
struct TableContext {
  std::shared_ptr<Directory> directory;
  BlockCache* cache = nullptr;
  FilePool* files = nullptr;
  Log log;
  // As Stats::damage_left_out and Stats::pinned_bytes say; null: nobody counts.
  Counter* left_out = nullptr;
  Counter* pinned_bytes = nullptr;
};

/// One block, decoded: stretches in (key, ts) order. Immutable, shared with the cache.
class TableBlock {
 public:
  /// Each of one key and one type; a key of several types, or of many rows, has several.
  const std::vector<RowsView>& stretches() const { return stretches_; }
  /// The first stretch that has a row at or above (key, ts); stretches().size() where none has.
  std::size_t lower_bound(std::string_view key, Timestamp ts) const;
  /// How many of the first stretches have keys up to and with this one.
  std::size_t end_of(std::string_view key) const;
  /// The memory it takes, for the cache.
  std::size_t bytes() const { return bytes_; }

 private:
  friend class BlockDecoder;
  std::vector<RowsView> stretches_;
  KeyHeads heads_;  // Of the stretches' keys.
  std::size_t bytes_ = 0;
  std::shared_ptr<const void> storage_;  // What the views point to.
};

/// Where a table's blocks are, and what each can hold. A key may span many blocks, and a block
/// many keys; blocks do not overlap.
struct TableIndex {
  struct Entry {
    std::uint64_t offset = 0;
    std::uint32_t size = 0;  // In the file, its checksum included.
    std::uint32_t rows = 0;
    std::string_view first_key;  // Of its first row, with first_ts; both belong to it.
    std::string_view last_key;
    Timestamp first_ts = 0;
    Timestamp last_ts = 0;
    TimeSpan times;  // Of all its rows.
    Timestamp expiry_min = never;
    Timestamp expiry_max = never;
  };
  std::vector<Entry> entries;  // In key order, then time.
  std::size_t bytes = 0;
  std::shared_ptr<const void> storage;

  /// The first block that has a row at or above (key, ts); entries.size() where none has. A row
  /// at exactly (key, ts), if there is one, lies in it and nowhere else.
  std::size_t lower_bound(std::string_view key, Timestamp ts) const;
  /// How many of the first blocks have a row at or below (key, ts). So rows of a key within a span
  /// lie in the blocks [lower_bound(key, span.first), upper_bound(key, span.last)).
  std::size_t upper_bound(std::string_view key, Timestamp ts) const;
};

/// What is known of the values of each block of a table: nothing of a block of several series, or
/// of anything but numbers.
struct TableStatistics {
  std::vector<std::optional<NumberStatistics>> blocks;
  std::size_t bytes = 0;
};

/// How a read treats the cache.
struct BlockRead {
  bool fill_cache = true;
  bool skip_damaged = false;  // A filter that is damaged says that any key may be there.
};

/// An immutable sorted file. Any number of threads may read it. Its file is opened when first
/// needed and may be closed between reads; index and blocks live in the cache. When the last
/// reference goes and the table was marked obsolete, its file is removed.
class Table {
 public:
  /// Opens nothing. `meta` is what the manifest says.
  Table(const TableContext& context, TableMeta meta);
  ~Table();

  const TableMeta& meta() const { return meta_; }
  /// For messages.
  std::filesystem::path path() const;

  /// Opens the file, where it is not open. The pool may close it again, if it has too many.
  [[nodiscard]] Status open() const;

  /// Reads and verifies the index, or finds it in the cache. Fails with corruption naming file
  /// and offset, with unsupported_format, or with an errno.
  ///
  /// What follows takes an index: REQUIRES the table's own, and numbers of its entries.
  Result<std::shared_ptr<const TableIndex>> index(BlockRead read = {}) const;
  Result<std::shared_ptr<const TableBlock>> block(const TableIndex& index, std::size_t number,
                                                  BlockRead read = {}) const;
  Result<std::shared_ptr<const TableStatistics>> statistics(const TableIndex& index,
                                                            BlockRead read = {}) const;
  /// Whether a read has found a block damaged since the table was opened.
  bool has_damage() const { return has_damage_.load(std::memory_order_relaxed); }
  /// Whether the table may hold the key: never false where it does, and for other keys true in
  /// about 0.4 % of cases.
  Result<bool> may_contain(std::uint64_t key_hash, BlockRead read = {}) const;

  /// The row at exactly (key, ts), a tombstone included.
  Result<std::optional<Row>> get(std::string_view key, std::uint64_t key_hash, Timestamp ts,
                                 BlockRead read = {}) const;

  /// Counts that a read left out something of this table that is damaged.
  void note_left_out() const {
    if (context_.left_out != nullptr) context_.left_out->add();
  }

  /// The row of the key's greatest timestamp, a tombstone included.
  Result<std::optional<Row>> newest(std::string_view key, std::uint64_t key_hash,
                                    BlockRead read = {}) const;

  /// A block as its stored bytes, verified, without the checksum: for TableWriter::add_raw_block,
  /// which copies it into another table without decoding.
  Result<Bytes> raw_block(const TableIndex& index, std::size_t number) const;

  /// The file goes with the last reference. Called once, when a durable manifest no longer names
  /// it.
  void mark_obsolete() const {
    const bool was_obsolete = obsolete_.exchange(true, std::memory_order_relaxed);
    VARVE_ASSERT(!was_obsolete);
    if (context_.pinned_bytes != nullptr) context_.pinned_bytes->add(meta_.size);
  }

  /// Reads what a table file says of itself, for dumping, checking and repair. Each is a part of
  /// its own: where one is damaged, the other and the rows stay readable.
  static Result<TableMeta> read_meta(Directory& directory, const std::string& name);
  static Result<TableOrigin> read_origin(Directory& directory, const std::string& name);
  /// Reads the whole file and compares it with the checksum over everything.
  [[nodiscard]] static Status verify(Directory& directory, const std::string& name);

 private:
  void remove_file() const;
  Result<bool> ask_filter(std::uint64_t key_hash, BlockRead read) const;
  bool is_own(const TableIndex& index) const;
  Result<std::shared_ptr<const File>> open_file() const;
  std::shared_ptr<const TableBlock> cached_block(std::size_t number) const;
  Result<std::shared_ptr<const TableBlock>> read_block(const TableIndex& index, std::size_t number,
                                                       BlockRead read) const;
  Result<std::shared_ptr<const TableBlock>> decode_stored(const TableIndex& index,
                                                          std::size_t number) const;
  Result<std::shared_ptr<const TableBlock>> block_of_key(const TableIndex& index,
                                                         std::size_t number, std::string_view key,
                                                         std::uint64_t key_hash,
                                                         BlockRead read) const;
  Result<std::shared_ptr<const TableIndex>> index_for_key(std::uint64_t key_hash,
                                                          BlockRead read) const;

  const TableContext& context_;
  const TableMeta meta_;
  const std::string name_;  // Of its file: kept, since the destructor must not need memory for it.
  mutable std::atomic<bool> obsolete_{false};
  mutable std::atomic<bool> has_damage_ = false;  // Relaxed: it orders nothing.
};

}  // namespace varve::engine
