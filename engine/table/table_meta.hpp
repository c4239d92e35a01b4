#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "engine/base/bytes.hpp"
#include "engine/record/key.hpp"
#include "engine/record/time_span.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What the manifest and the table's own meta part both say about a table. One encoding serves
/// both.
struct TableMeta {
  std::uint64_t number = 0;  // Of its file.
  std::uint64_t size = 0;    // Of its file, in bytes.
  std::string first_key;     // Internal; both belong to it.
  std::string last_key;
  TimeSpan times;                  // Of all rows, tombstones included.
  Timestamp expiry_min = never;    // Least and greatest expires_at of its rows; a tombstone counts
  Timestamp expiry_max = never;    // as one that has expired already (the least int64).
  std::uint64_t rows = 0;          // Tombstones included.
  std::uint64_t tombstones = 0;    // Of records.
  std::uint64_t newest_flush = 0;  // The newest memtable whose records it holds.
  std::uint64_t first_sequence = 0;  // Of the batches whose records it may hold: wider than what
  std::uint64_t last_sequence = 0;   // it holds, as TableOrigin says.

  /// What it counts for where tables are cut and joined. A row is at least a byte: rows that pack
  /// to next to nothing would else fill tables with more blocks than an index in memory can name.
  std::uint64_t weight() const { return std::max(size, rows); }

  bool overlaps(const KeyRange& keys, const TimeSpan& span) const {
    return !(last_key < keys.first) && first_key < keys.end && times.overlaps(span);
  }
  bool overlaps(const TableMeta& other) const {
    return first_key <= other.last_key && other.first_key <= last_key &&
           times.overlaps(other.times);
  }

  void encode(ByteWriter& writer) const;
  static Result<TableMeta> decode(ByteReader& reader);

  friend bool operator==(const TableMeta&, const TableMeta&) = default;
};

}  // namespace varve::engine
