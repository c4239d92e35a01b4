#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/io/io_error.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/record/key.hpp"
#include "engine/record/range_tombstone.hpp"
#include "engine/record/rows.hpp"
#include "engine/record/time_span.hpp"
#include "engine/table/table.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What a cursor walks: keys ascending, and within a key time ascending or descending.
struct CursorBounds {
  KeyRange keys;
  TimeSpan times;
  bool newest_first = false;
};

/// A block as it lies in its table, not read.
struct StoredBlock {
  const Table* table;
  const TableIndex* index;
  std::size_t number;

  const TableIndex::Entry& entry() const { return index->entries[number]; }
};

/// One pass over rows, a stretch at a time, so that virtual calls and Results are paid per
/// stretch. A cursor begins before its first key. An error is final.
class Cursor {
 public:
  virtual ~Cursor() = default;

  /// Goes to the next key that may have rows in the bounds, leaving what is left of this one.
  /// False at the end. The key is valid until the next call.
  virtual Result<bool> next_key() = 0;
  /// The least such key at or above `key`, which must not lie before the current one. To seek the
  /// current key leaves the cursor where it is.
  virtual Result<bool> seek_key(std::string_view key) = 0;
  virtual std::string_view key() const = 0;

  /// The next rows of the current key, of one type, ascending in themselves (with newest_first
  /// all older than those before); empty once the key has no more. Valid until the next call.
  virtual Result<RowsView> next_rows() = 0;

  /// The next rows of the current key, and with them, where keys have few, those of following keys
  /// below `end`, one stretch after the other: the cursor then stands at the key of the last, or at
  /// a later one that turned out to have no rows. Empty once the current key has no more. Valid
  /// until the next call.
  virtual Result<std::span<const RowsView>> next_stretches([[maybe_unused]] std::string_view end) {
    Result<RowsView> rows = next_rows();
    if (!rows) return std::unexpected(std::move(rows).error());
    stretch_ = *rows;
    return std::span<const RowsView>(&stretch_, stretch_.empty() ? 0 : 1);
  }

  /// A whole, unread block of one table that contains exactly the next rows of the current key,
  /// tombstones included. A merge offers it only if no other input has rows in the block's time
  /// span. Valid until the next call. An error shows in the next call that can return it.
  virtual std::optional<StoredBlock> peek_block() { return std::nullopt; }
  /// Passes over it. REQUIRES that peek_block() just gave one.
  virtual void skip_block() { VARVE_ASSERT(false && "there is no block to pass over"); }

 private:
  RowsView stretch_;
};

/// Reads on behalf of a query, or of a compaction.
struct CursorOptions {
  bool fill_cache = true;
  bool skip_damaged = false;  // Passes over blocks and tables that do not verify.

  BlockRead read() const { return {.fill_cache = fill_cache, .skip_damaged = skip_damaged}; }
  bool passes_over(const Error& error) const { return skip_damaged && is_damage(error); }
};

/// Rows of one memtable as of `sequence`. Keeps it alive.
std::unique_ptr<Cursor> memtable_cursor(std::shared_ptr<const Memtable> memtable,
                                        CursorBounds bounds, std::uint64_t sequence);

/// Rows of one table. Keeps it alive, and one decoded block.
std::unique_ptr<Cursor> table_cursor(std::shared_ptr<const Table> table, CursorBounds bounds,
                                     CursorOptions options);

/// One source of a merge, and the range tombstones that are newer than all of it.
struct MergeInput {
  std::unique_ptr<Cursor> cursor;
  std::vector<RangeTombstone> hidden_by;
};

/// All inputs as one, newest first: of several rows with one (key, ts) the first input's. Rows
/// hidden by an input's range tombstones are left out before they can win. Record tombstones and
/// expired rows come through, since they hide what is older. Where one input alone has rows in a
/// stretch of time (the usual case) its columns pass through untouched.
std::unique_ptr<Cursor> merge_cursor(std::vector<MergeInput> newest_first, bool by_newest);

/// Leaves out tombstones and what has expired at `now` (expires_at <= now). A key whose rows are
/// all hidden still comes up, with no rows.
std::unique_ptr<Cursor> live_cursor(std::unique_ptr<Cursor> source, Timestamp now);

}  // namespace varve::engine
