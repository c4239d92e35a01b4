#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/uuid.hpp"
#include "engine/record/flushed_tombstone.hpp"
#include "engine/record/trusted_time.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// Where a table comes from: what a manifest would have to say of it, and of what it was written
/// beside. A part of each table (docs/format/table.md). Reads do not need it; who makes a lost
/// manifest anew does.
struct TableOrigin {
  /// Stored.
  enum class Maker : std::uint8_t { flush = 1, compaction = 2 };

  /// Of the range tombstones that it lists, encoded.
  static constexpr std::size_t tombstone_bytes_max = 4096;

  Uuid database{};
  Maker maker = Maker::flush;
  std::uint32_t level = 0;  // That it was written for, below level_count.
  // Of the batches whose rows it may hold: of a flush the memtable's, of a compaction all of its
  // inputs'.
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  // As the version says them once it holds the table.
  std::uint64_t flush_number = 0;
  std::uint64_t flushed_through = 0;
  std::uint64_t log_start = 0;
  TrustedTime written = {};
  std::vector<std::uint64_t> replaced = {};  // Numbers of the compaction's inputs, ascending.
  // The range tombstones that held when it was written, by flush: also those that hide nothing in
  // it, for they may hide rows of a table that was written before them.
  std::vector<FlushedTombstone> tombstones = {};
  std::uint64_t tombstones_left_out = 0;

  /// Lists the newest of them, as many as tombstone_bytes_max has room for, and counts the others:
  /// the older ones are more likely listed by another table. REQUIRES them by flush.
  void list(std::span<const FlushedTombstone> held);

  void encode(ByteWriter& writer) const;
  /// Any bytes may be given. What decodes encodes back to the same bytes and does not contradict
  /// itself; all else is corruption.
  static Result<TableOrigin> decode(ByteSpan bytes);

  friend bool operator==(const TableOrigin&, const TableOrigin&) = default;
};

}  // namespace varve::engine
