#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/codec/row_columns.hpp"
#include "engine/record/key.hpp"
#include "engine/record/range_tombstone.hpp"
#include "engine/record/rows.hpp"
#include "engine/record/time_span.hpp"
#include "engine/record/trusted_time.hpp"
#include "engine/record/wal_key_state.hpp"

namespace varve::engine {

/// The rows of one key in one memtable. Opaque outside: the memtable's functions take it.
class MemtableSeries;
struct RunRow;

/// A series by its internal key, and the answer.
struct SeriesRequest {
  std::string_view key;
  std::uint64_t hash;
  MemtableSeries* series = nullptr;
  bool known = false;  // Whether `series` is the answer already.
};

/// A range tombstone of this memtable: hides its rows of lower sequences, and everything older.
struct SequencedTombstone {
  RangeTombstone range;
  std::uint64_t sequence;
};

/// Recent records by series, each series in append-only columns.
///
/// One writer (the holder of the writer's role) and any number of readers, without locks on the
/// path of either: every row is written before the count that covers it is stored with release,
/// and readers load the count with acquire. Every row keeps its sequence, so a reader that names
/// a sequence sees the memtable as it was then, whatever the writer adds.
///
/// Each 1,024 rows of a series that came in order, numbers or bools of one type, are encoded once
/// they are complete, a little later, and their memory is used again; no other memory is freed
/// before the memtable is.
class Memtable {
 public:
  /// `number` is its flush number: memtables count up. `first_segment` is the WAL segment that its
  /// first batch lies in; `base_sequence` is below every sequence it will hold. `bytes_expected` is
  /// what it is frozen at, by which it chooses in how large pieces it takes memory.
  Memtable(std::uint64_t number, std::uint64_t first_segment, std::uint64_t base_sequence,
           std::size_t bytes_expected = 0);
  ~Memtable();
  /// Its first batch will lie in that WAL segment. REQUIRES that nobody else has it yet.
  void begin_in(std::uint64_t first_segment) { first_segment_ = first_segment; }

  // The writer's.

  /// The series of an internal key, made where it is new.
  MemtableSeries& series(std::string_view key, std::uint64_t hash);
  /// The same for many. With many series almost each of them lies in memory
  /// that no cache holds; asked for together, they are waited for together.
  void resolve(std::span<SeriesRequest> requests);
  /// Where the WAL keeps the number it gave the series.
  static WalKeyState& wal_state(MemtableSeries& series);
  /// Adds a row, as erase() does. REQUIRES, here and of the deletes, sequences that never fall
  /// (which is asserted now and then, as Run says) and lie above the base, within 32 bits of it. Of
  /// one sequence, too, the row that came last wins.
  void put(MemtableSeries& series, Timestamp ts, const ValueView& value, Timestamp expires_at,
           std::uint64_t sequence);
  void erase(MemtableSeries& series, Timestamp ts, std::uint64_t sequence);
  /// Hides rows of lower sequences, not those of its own.
  void erase_range(const RangeTombstone& range, std::uint64_t sequence);
  /// The highest sequence that has been applied to it.
  void set_last_sequence(std::uint64_t sequence);
  /// What came after last_sequence() does not count, for any reader, now or later: it is part of
  /// batches for which there was no memory. REQUIRES that nothing is written to it from here on: it
  /// is in no state to take more.
  void leave_rest_out();
  /// The clock was set before the next batch. Noted again it counts once. For the writer.
  void note_step(const ClockStep& step);
  /// The newest of these, in order. For the writer, and for anybody once it is frozen.
  const std::vector<ClockStep>& clock_steps() const { return clock_steps_; }

  /// About what bytes() will say once a batch of so many bytes was applied.
  std::size_t bytes_with(std::size_t batch_bytes) const;
  /// Whether a row of the key, a tombstone included, came after `sequence`.
  bool has_rows_since(std::string_view key, std::uint64_t hash, std::uint64_t sequence) const;
  /// Whether a row of the series with a value, at `ts` or above, came after one sequence and up to
  /// another. Also true where so many rows came that it would take long to say.
  bool may_have_values_from(Timestamp ts, const MemtableSeries& series, std::uint64_t after,
                            std::uint64_t through) const;

  // Anybody's. `sequence` is the newest that the reader sees.

  /// The newest row of exactly (key, ts), a tombstone where this memtable deleted it (a range
  /// tombstone of its own included), or nothing where it holds nothing about the record.
  std::optional<Row> get(std::string_view key, std::uint64_t hash, Timestamp ts,
                         std::uint64_t sequence) const;

  /// Whether anything after `sequence` (range tombstones included) touched the record, up to the
  /// moment of the call.
  bool touched_since(std::string_view key, std::uint64_t hash, Timestamp ts,
                     std::uint64_t sequence) const;

  /// The newest row of the greatest timestamp of the key, a tombstone included. Does not ask for
  /// range tombstones: REQUIRES that there are none up to `sequence`.
  std::optional<Row> newest(std::string_view key, std::uint64_t hash, std::uint64_t sequence) const;
  bool has_range_tombstones() const;

  /// Range tombstones up to `sequence`, oldest first.
  std::vector<SequencedTombstone> range_tombstones(std::uint64_t sequence) const;

  /// All series there are now, ordered by key; kept until a series is added. Keys of series whose
  /// rows are all newer than the reader's sequence are among them.
  std::shared_ptr<const std::vector<const MemtableSeries*>> sorted_series() const;
  /// The same, of which only what lies in the range is sure to be complete. Waits for nobody, and
  /// does not sort all series for the sake of a few that are new.
  std::shared_ptr<const std::vector<const MemtableSeries*>> sorted_series(
      const KeyRange& keys) const;
  const MemtableSeries* find(std::string_view key, std::uint64_t hash) const;
  static std::string_view key_of(const MemtableSeries& series);

  std::uint64_t number() const { return number_; }
  std::uint64_t first_segment() const { return first_segment_; }
  std::uint64_t base_sequence() const { return base_sequence_; }
  std::uint64_t last_sequence() const { return last_sequence_.load(std::memory_order_acquire); }
  /// What it holds of the system's memory, all of which goes back with it: rows, series, their
  /// index and the list of them in order.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t row_count() const { return row_count_.load(std::memory_order_relaxed); }
  std::uint64_t series_count() const;
  bool empty() const;  ///< No row and no range tombstone.

 private:
  friend class MemtableRows;
  friend class ShortRows;
  struct Impl;

  void append(MemtableSeries& series, const RunRow& row);
  /// A sequence as rows keep it: from the base, in 32 bits.
  std::uint32_t relative(std::uint64_t sequence) const;
  /// The same of a reader's sequence, which may lie anywhere; 0 sees nothing.
  std::uint32_t visible_relative(std::uint64_t sequence) const;
  /// What of it counts.
  std::uint64_t counted(std::uint64_t sequence) const {
    return std::min(sequence, counted_through_.load(std::memory_order_relaxed));
  }

  const std::uint64_t number_;
  std::uint64_t first_segment_;  // Constant once anybody else has it.
  const std::uint64_t base_sequence_;
  std::atomic<std::uint64_t> last_sequence_;
  // Lowered before any sequence above it is published, so whoever could see more finds it lowered.
  std::atomic<std::uint64_t> counted_through_{std::numeric_limits<std::uint64_t>::max()};
  std::vector<ClockStep> clock_steps_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::uint64_t> row_count_{0};
  std::unique_ptr<Impl> impl_;
};

/// Walks the rows of one series as of a sequence: per timestamp the newest, tombstones included.
/// Rows that a range tombstone of the same memtable hides are left out: whoever merges applies
/// that tombstone to older sources.
class MemtableRows {
 public:
  /// REQUIRES that the memtable outlives it, as whoever holds a view sees to.
  MemtableRows(const Memtable& memtable, const MemtableSeries& series, TimeSpan times,
               std::uint64_t sequence, bool newest_first);
  ~MemtableRows();
  MemtableRows(MemtableRows&&) noexcept;

  /// At most about 1,024 rows of one type, ascending in themselves; empty at the end. With
  /// newest_first each call gives rows that are all older than those before. Valid until the
  /// next call.
  RowsView next();
  /// The next rows as they lie sealed in the memtable, for as long as it lives: a whole block, of
  /// at most `size_max` bytes, that no other row and no tombstone changes. Nothing where the next
  /// rows are not such, or with newest_first; then next() gives them.
  std::optional<PackedRows> next_packed(std::size_t size_max);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varve::engine
