#pragma once

#include <cstdint>
#include <memory>

#include "engine/codec/row_columns.hpp"
#include "engine/table/block_size.hpp"
#include "engine/table/table.hpp"
#include "engine/table/table_meta.hpp"
#include "engine/table/table_origin.hpp"
#include "varve/compression.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Writes one table: rows in, blocks out, then the other parts and the footer
/// (docs/format/table.md). For one thread.
class TableWriter {
 public:
  /// Creates the file of table `number`, which must not exist.
  static Result<TableWriter> create(Directory& directory, WriteCause cause, std::uint64_t number,
                                    Compression compression, BlockSize block_size = {});
  TableWriter(TableWriter&&) noexcept;
  TableWriter& operator=(TableWriter&&) noexcept;
  /// Without finish() the file stays as it is: the caller removes it.
  ~TableWriter();

  /// REQUIRES (key, first ts) above the last row added, and strictly ascending timestamps. Copies
  /// what it needs. After a failure the table is not to be finished.
  [[nodiscard]] Status add(const RowsView& rows);
  /// Appends a block of another table as it is: `entry` and `statistics` from that table, `block`
  /// from Table::raw_block(). What was added before ends its block first, so this pays for whole
  /// runs of blocks. Fails with corruption where the block's directory cannot be read. REQUIRES its
  /// first row above the last row added.
  [[nodiscard]] Status add_raw_block(const TableIndex::Entry& entry,
                                     const std::optional<NumberStatistics>& statistics,
                                     ByteSpan block);
  /// Appends packed rows as a block of their own, as they are; what was added before ends its block
  /// first. REQUIRES a tombstone-free block's worth of rows (at most BlockLimits::rows), the
  /// first above the last row added.
  [[nodiscard]] Status add(const PackedRows& packed);

  /// What is added next begins a block.
  [[nodiscard]] Status end_block();

  /// Ends the file, makes it durable (not its name), closes it, and says what is in it.
  /// REQUIRES at least one row.
  Result<TableMeta> finish(std::uint64_t newest_flush, const TableOrigin& origin);

  std::uint64_t rows() const;
  /// Bytes of keys, times and values of the rows that were added as such, packed ones too, before
  /// any encoding: of each what its user gave. Blocks of other tables are not counted.
  std::uint64_t given_bytes() const;
  /// How many of the rows have not ended a block yet, and are of this key.
  std::size_t pending_rows(std::string_view key) const;
  /// About what TableMeta::weight() would be if the file ended now, or what its index takes in
  /// memory where that is more: what callers cut tables by.
  std::uint64_t bytes() const;

 private:
  struct Impl;
  explicit TableWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace varve::engine
