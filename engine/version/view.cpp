// Reads of a view. What each looks at, and when it may stop:
//
//   get       sources newest first, up to the first that holds the record, or a tombstone of it
//   newest    the newest row of each source; where that was deleted, or has expired, latest()
//   latest    back in time from one table to the next (LatestSearch), merging those that overlap
//   live_rows everything in the bounds, merged; what is not live is left out after the merge
//
// Range tombstones hide rows of older sources only. So each source of a merge comes with those of
// the newer memtables, a table also with those of the version that are of a later flush than it.
// Inside its own memtable a range tombstone goes by sequences, and the memtable's cursor sees to
// it.
//
// The one exception to "newer hides older": with skip_damaged a source that cannot be read is
// passed over, and may so uncover an older one.

#include "engine/version/view.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/no_memory.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

using TablePointer = std::shared_ptr<const Table>;
using Ranges = std::vector<RangeTombstone>;

bool touches(const RangeTombstone& range, const CursorBounds& bounds) {
  return range.times.overlaps(bounds.times) && range.keys.first < bounds.keys.end &&
         bounds.keys.first < range.keys.end;
}

void add_ranges(Ranges& ranges, const Memtable& memtable, std::uint64_t sequence,
                const CursorBounds& bounds) {
  for (SequencedTombstone& tombstone : memtable.range_tombstones(sequence)) {
    if (touches(tombstone.range, bounds)) ranges.push_back(std::move(tombstone.range));
  }
}

MergeInput table_input(const Version& version, TablePointer table, const CursorBounds& bounds,
                       const CursorOptions& options, const Ranges& memtable_ranges) {
  Ranges hidden_by = memtable_ranges;
  for (RangeTombstone& range : version.hiding(table->meta().newest_flush)) {
    if (touches(range, bounds)) hidden_by.push_back(std::move(range));
  }
  return {table_cursor(std::move(table), bounds, options), std::move(hidden_by)};
}

/// Whether to go on without the table; then that is counted.
bool leaves_out(const Table& table, const Error& error, const CursorOptions& options) {
  if (!options.passes_over(error)) return false;
  table.note_left_out();
  return true;
}

/// Takes live rows, newest first, until there are enough.
class LatestRows {
 public:
  LatestRows(std::size_t count, Timestamp now) : count_(count), now_(now) {}

  /// REQUIRES rows that are all older than those before.
  void take(const RowsView& rows) {
    VARVE_ASSERT(rows_.empty() || rows.last_ts() < rows_.back().ts);
    if (rows.type == RowType::tombstone) {
      passed_over_ += rows.size();
      return;
    }
    for (std::size_t index = rows.size(); index-- > 0 && !full();) {
      if (rows.expires_at(index) <= now_) {
        ++passed_over_;
        continue;
      }
      rows_.push_back(
          {rows.type, rows.timestamps[index], Value(rows.value(index)), rows.expires_at(index)});
    }
  }
  bool full() const { return rows_.size() >= count_; }
  const std::vector<Row>& rows() const { return rows_; }
  /// How many were not live.
  std::size_t passed_over() const { return passed_over_; }
  std::vector<Row> release() { return std::move(rows_); }

 private:
  const std::size_t count_;
  const Timestamp now_;
  std::vector<Row> rows_;
  std::size_t passed_over_ = 0;
};

/// One call of View::latest(), stepping back in time. A step ends where the next table begins to
/// matter, so each step knows all sources of its times, and the tables beyond stay unopened.
class LatestSearch {
 public:
  LatestSearch(const View& view, std::string_view key, std::size_t count, CursorOptions options,
               Timestamp until)
      : view_(view),
        hash_(hash_of(key)),
        options_(options),
        until_(until),
        bounds_{{std::string(key), std::string(key) + '\0'}, {}, true},
        rows_(count, view.now()) {
    for (const auto& memtable : view.memtables()) series_.push_back(memtable->find(key, hash_));
  }

  Result<std::vector<Row>> run() {
    TimeSpan ahead{.last = until_};  // What has not been looked at yet.
    const auto hint = known();
    if (hint) {
      if (!hint->newest) return rows_.release();
      ahead.last = std::min(ahead.last, *hint->newest);
    }
    if (const Timestamp newest = view_.version().newest_ts; newest < ahead.last) {
      VARVE_CHECK(look_at({newest + 1, ahead.last}));
      ahead.last = newest;
    }
    if (!rows_.full()) tables_ = view_.version().overlapping(bounds_.keys, ahead);
    while (!rows_.full()) {
      const TimeSpan step = next_step(ahead);
      VARVE_CHECK(look_at(step));
      if (step.first == ahead.first) break;
      ahead.last = step.first - 1;
    }
    if (hint || rows_.passed_over() >= passed_over_min) leave_hint();
    return rows_.release();
  }

 private:
  /// From the newest end of `ahead` down to where the next table begins to matter.
  TimeSpan next_step(const TimeSpan& ahead) const {
    TimeSpan step = ahead;
    for (const TablePointer& table : tables_) {
      const Timestamp last = table->meta().times.last;
      if (last < ahead.last) step.first = std::max(step.first, last + 1);
    }
    VARVE_ASSERT(!step.empty());
    return step;
  }

  std::string_view key() const { return bounds_.keys.first; }

  /// What an earlier search says, where it still holds. Passing over damage may uncover what is
  /// older, so such a search goes by itself.
  std::optional<LatestHint> known() const {
    if (options_.skip_damaged) return std::nullopt;
    auto hint = view_.latest_hints().find(key(), view_.sequence(), view_.now());
    if (!hint) return std::nullopt;
    // A search that ends there or below has nothing above it to look at.
    if (hint->newest && until_ <= *hint->newest) return std::nullopt;
    const Timestamp above = hint->newest ? *hint->newest + 1 : TimeSpan().first;
    for (std::size_t index = 0; index < series_.size(); ++index) {
      if (series_[index] == nullptr) continue;
      if (view_.memtables()[index]->may_have_values_from(above, *series_[index], hint->sequence,
                                                         view_.sequence())) {
        return std::nullopt;
      }
    }
    return hint;
  }

  /// After a search of all that lies above what was found.
  void leave_hint() const {
    if (options_.skip_damaged || until_ != TimeSpan().last) return;
    std::optional<Timestamp> newest;
    if (!rows_.rows().empty()) newest = rows_.rows().front().ts;
    // Without memory the next search takes as long.
    std::ignore = if_memory_allows(
        [&] { view_.latest_hints().note(key(), {view_.sequence(), view_.now(), newest}); });
  }

  Status look_at(const TimeSpan& times) {
    VARVE_ASSERT(!times.empty());
    bounds_.times = times;
    VARVE_TRY(std::vector<TablePointer> tables, tables_to_open());
    const auto& memtables = view_.memtables();
    const bool is_in_one_memtable =
        tables.empty() && std::ranges::count(series_, nullptr) + 1 == std::ssize(series_);

    std::vector<MergeInput> inputs;
    Ranges newer;
    for (std::size_t index = 0; index < memtables.size(); ++index) {
      if (series_[index] != nullptr) {
        if (is_in_one_memtable && newer.empty()) {
          take_series(*memtables[index], *series_[index]);
          return {};
        }
        inputs.push_back({memtable_cursor(memtables[index], bounds_, view_.sequence()), newer});
      }
      add_ranges(newer, *memtables[index], view_.sequence(), bounds_);
    }
    for (TablePointer& table : tables) {
      inputs.push_back(table_input(view_.version(), std::move(table), bounds_, options_, newer));
    }
    return inputs.empty() ? Status() : take_merged(std::move(inputs));
  }

  /// The tables that may have rows in the bounds. Those that do not hold the key at all are
  /// forgotten as soon as they would be opened.
  Result<std::vector<TablePointer>> tables_to_open() {
    std::vector<TablePointer> needed;
    for (auto at = tables_.begin(); at != tables_.end();) {
      if (!(*at)->meta().times.overlaps(bounds_.times)) {
        ++at;
        continue;
      }
      VARVE_TRY(const bool may_contain, (*at)->may_contain(hash_, options_.read()));
      if (may_contain) {
        needed.push_back(*at++);
      } else {
        at = tables_.erase(at);
      }
    }
    return needed;
  }

  void take_series(const Memtable& memtable, const MemtableSeries& series) {
    MemtableRows source(memtable, series, bounds_.times, view_.sequence(), true);
    for (RowsView rows = source.next(); !rows.empty(); rows = source.next()) {
      rows_.take(rows);
      if (rows_.full()) return;
    }
  }

  Status take_merged(std::vector<MergeInput> inputs) {
    const std::unique_ptr<Cursor> source = merge_cursor(std::move(inputs), true);
    VARVE_TRY(const bool has_key, source->next_key());
    while (has_key && !rows_.full()) {
      VARVE_TRY(const RowsView rows, source->next_rows());
      if (rows.empty()) break;
      rows_.take(rows);
    }
    return {};
  }

  /// Fewer take no longer than a hint.
  static constexpr std::size_t passed_over_min = 64;

  const View& view_;
  const std::uint64_t hash_;
  const CursorOptions options_;
  const Timestamp until_;
  CursorBounds bounds_;
  std::vector<const MemtableSeries*> series_;  // Of the key, by memtable; null where there is none.
  std::vector<TablePointer> tables_;           // Newest first.
  LatestRows rows_;
};

std::optional<Row> live(Row row, Timestamp now) {
  if (row.type == RowType::tombstone || row.expires_at <= now) return std::nullopt;
  return row;
}

}  // namespace

View::View(std::shared_ptr<const ViewSources> sources, std::uint64_t visible, Timestamp now)
    : sources_(std::move(sources)),
      sequence_(std::max(visible, sources_->version->flushed_through)),
      now_(now) {}

Result<std::optional<Row>> View::get(std::string_view key, Timestamp ts,
                                     CursorOptions options) const {
  const std::uint64_t hash = hash_of(key);
  for (const auto& memtable : memtables()) {
    if (auto row = memtable->get(key, hash, ts, sequence_)) return live(*std::move(row), now_);
  }
  if (ts > version().newest_ts) return std::optional<Row>();
  for (const auto& level : version().levels) {
    for (const TablePointer& table : level) {
      const TableMeta& meta = table->meta();
      // Times first: they mostly settle it, and compare faster than keys.
      if (!meta.times.contains(ts) || key < meta.first_key || meta.last_key < key ||
          version().hides(meta.newest_flush, key, ts)) {
        continue;
      }
      const auto found = table->get(key, hash, ts, options.read());
      if (!found && !leaves_out(*table, found.error(), options)) {
        return std::unexpected(found.error());
      }
      if (found && *found) return live(**found, now_);
    }
  }
  return std::optional<Row>();
}

/// The row of the greatest timestamp, of several the newest, a tombstone included. Nothing also
/// where it was deleted by range, or where a range tombstone may have deleted it.
Result<std::optional<Row>> View::newest_stored(std::string_view key, CursorOptions options) const {
  const std::uint64_t hash = hash_of(key);
  std::optional<Row> newest;
  for (const auto& memtable : memtables()) {
    if (memtable->has_range_tombstones()) return std::optional<Row>();
    auto row = memtable->newest(key, hash, sequence_);
    if (row && (!newest || row->ts > newest->ts)) newest = std::move(row);
  }
  if (newest && newest->ts >= version().newest_ts) return newest;
  for (std::size_t level = 0; level < version().levels.size(); ++level) {
    const auto& tables = version().levels[level];
    for (std::size_t i = 0; i < tables.size(); ++i) {
      // Level 0 from the newest on, others from the last window on: it has what is latest of a key.
      const Table& table = *tables[level == 0 ? i : tables.size() - 1 - i];
      const TableMeta& meta = table.meta();
      if ((newest && meta.times.last <= newest->ts) || key < meta.first_key ||
          meta.last_key < key) {
        continue;
      }
      VARVE_TRY(auto row, table.newest(key, hash, options.read()));
      if (!row || (newest && row->ts <= newest->ts)) continue;
      if (version().hides(meta.newest_flush, key, row->ts)) return std::optional<Row>();
      newest = std::move(row);
    }
  }
  return newest;
}

Result<std::optional<Row>> View::newest(std::string_view key, CursorOptions options) const {
  auto stored = newest_stored(key, options);
  if (!stored && !options.passes_over(stored.error())) return stored;
  if (stored && *stored) {
    if (auto row = live(**stored, now_)) return row;
  }
  VARVE_TRY(auto rows, latest(key, 1, options));
  return rows.empty() ? std::optional<Row>() : std::optional<Row>(std::move(rows.front()));
}

Result<std::unique_ptr<Cursor>> View::live_rows(const CursorBounds& bounds,
                                                CursorOptions options) const {
  std::vector<MergeInput> inputs;
  Ranges newer;
  std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
  for (const auto& memtable : memtables()) {
    // A merge takes the first of several rows with one (key, ts).
    VARVE_ASSERT(memtable->number() < number);
    number = memtable->number();
    // Rows are counted before the sequence that shows them is published.
    if (memtable->row_count() != 0) {
      inputs.push_back({memtable_cursor(memtable, bounds, sequence_), newer});
    }
    add_ranges(newer, *memtable, sequence_, bounds);
  }
  VARVE_ASSERT(number > version().flush_number);  // So what is in memory is newer than every table.
  for (TablePointer& table : version().overlapping(bounds.keys, bounds.times)) {
    inputs.push_back(table_input(version(), std::move(table), bounds, options, newer));
  }
  return live_cursor(merge_cursor(std::move(inputs), bounds.newest_first), now_);
}

Result<std::vector<Row>> View::latest(std::string_view key, std::size_t count,
                                      CursorOptions options, Timestamp until) const {
  if (count == 0) return std::vector<Row>();
  return LatestSearch(*this, key, count, options, until).run();
}

}  // namespace varve::engine
