#include <algorithm>
#include <limits>
#include <optional>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/cursor/cursor.hpp"
#include "engine/cursor/single_key.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

using Entry = TableIndex::Entry;

constexpr auto end_of_time = std::numeric_limits<Timestamp>::max();

RowsView clip(const RowsView& rows, const TimeSpan& times) {
  const auto first = std::ranges::lower_bound(rows.timestamps, times.first);
  const auto last = std::upper_bound(first, rows.timestamps.end(), times.last);
  return rows.slice(static_cast<std::size_t>(first - rows.timestamps.begin()),
                    static_cast<std::size_t>(last - first));
}

bool overlaps(const RowsView& rows, const TimeSpan& times) {
  return times.overlaps({rows.first_ts(), rows.last_ts()});
}

// Walks the blocks of a table.
//
// Keys and times in the index say what need not be read. A key's rows may lie in many entries, of
// which all but the first and the last hold nothing else. So a key stands at two intervals: entries
// that are still to be read, and stretches of the one block that was read last.
//
// find() goes to a key, by the index where it can, else by the block in which the key may begin.
// read_rows() gives what is left of the key; read_stretches() goes on with keys that begin in the
// same block. peek_block() offers an entry instead of reading it.
//
// What decodes is in order (index_format, block_decoder, and agrees() in table.cpp, which compares
// a block with its entry): so an assertion of order here is about this walk, not about the file.
class TableCursor final : public Cursor {
 public:
  TableCursor(std::shared_ptr<const Table> table, CursorBounds bounds, CursorOptions options)
      : table_(std::move(table)), bounds_(std::move(bounds)), options_(options) {}

  Result<bool> next_key() override {
    if (!started_) return keep_failure(find(bounds_.keys.first, false));
    return keep_failure(has_key_ ? find(key_, true) : Result<bool>(false));
  }

  Result<bool> seek_key(std::string_view key) override {
    if (started_ && (!has_key_ || key <= key_)) return keep_failure(Result<bool>(has_key_));
    return keep_failure(find(std::max(key, std::string_view(bounds_.keys.first)), false));
  }

  std::string_view key() const override { return key_; }

  Result<RowsView> next_rows() override { return keep_failure(read_rows()); }

  Result<std::span<const RowsView>> next_stretches(std::string_view end) override {
    return keep_failure(read_stretches(end));
  }

  std::optional<StoredBlock> peek_block() override {
    if (failure_ || !has_key_ || stretch_ != stretch_end_ || entry_ == entry_end_) {
      return std::nullopt;
    }
    VARVE_ASSERT(entry_ < entry_end_ && entry_end_ <= entries().size());
    const std::size_t number = bounds_.newest_first ? entry_end_ - 1 : entry_;
    const Entry& entry = entries()[number];
    const bool is_of_key_alone = entry.first_key == key_ && entry.last_key == key_;
    const bool is_within =
        bounds_.times.first <= entry.times.first && entry.times.last <= bounds_.times.last;
    if (!is_of_key_alone || !is_within) return std::nullopt;
    return StoredBlock{table_.get(), index_.get(), number};
  }
  void skip_block() override {
    VARVE_ASSERT(has_key_ && stretch_ == stretch_end_ && entry_ < entry_end_);
    bounds_.newest_first ? --entry_end_ : ++entry_;
  }

 private:
  /// An error is final: once there was one, every result is that one.
  template <class T>
  Result<T> keep_failure(Result<T> result) {
    if (failure_) return std::unexpected(*failure_);
    if (!result) failure_ = result.error();
    return result;
  }

  /// Whether to go on without what the error is about; then that is counted.
  bool leaves_out(const Error& error) const {
    if (!options_.passes_over(error)) return false;
    table_->note_left_out();
    return true;
  }

  Status open();
  Result<bool> find(std::string_view from, bool above);
  std::size_t first_entry(std::string_view from, bool above) const;
  std::size_t skip(std::size_t number) const;
  void begin_key(std::string_view key, std::size_t entry);
  Result<RowsView> read_rows();
  Result<std::span<const RowsView>> read_stretches(std::string_view end);
  std::size_t run_end(std::size_t first, std::string_view end) const;
  std::span<const RowsView> hand_out(std::size_t first, std::size_t last);
  Result<bool> load(std::size_t entry);
  std::size_t find_stretch(std::string_view key, bool above);

  const std::vector<Entry>& entries() const { return index_->entries; }

  const std::shared_ptr<const Table> table_;
  const CursorBounds bounds_;
  const CursorOptions options_;
  std::optional<Error> failure_;

  bool started_ = false;
  bool has_key_ = false;
  std::shared_ptr<const TableIndex> index_;  // Null where there is nothing to find.
  std::string key_;                          // A copy: it outlives the block it was found in.

  // What is left of the current key: entries [entry_, entry_end_), and of the block stretches
  // [stretch_, stretch_end_). Consumed from the end with newest_first.
  std::size_t entry_ = 0;
  std::size_t entry_end_ = 0;
  std::size_t stretch_ = 0;
  std::size_t stretch_end_ = 0;
  std::size_t given_ = 0;       // Of the block, the stretch that was last handed out.
  std::size_t last_entry_ = 0;  // The last that may hold the current key.

  std::shared_ptr<const TableBlock> block_;
  std::size_t block_entry_ = 0;    // Where `block_` is from.
  std::size_t block_stretch_ = 0;  // What was last looked for in it.
  std::vector<RowsView> clipped_;
};

Status TableCursor::open() {
  const KeyRange& keys = bounds_.keys;
  if (keys.empty() || bounds_.times.empty() || !table_->meta().overlaps(keys, bounds_.times)) {
    return {};
  }
  if (is_single_key(keys)) {
    VARVE_TRY(const bool may_contain, table_->may_contain(hash_of(keys.first), options_.read()));
    if (!may_contain) return {};
  }
  auto index = table_->index(options_.read());
  if (!index) {
    if (leaves_out(index.error())) return {};
    return std::unexpected(std::move(index).error());
  }
  index_ = *std::move(index);
  return {};
}

/// Goes to the least key at or (as asked) above `from`. REQUIRES that it is not before the
/// current one: begin_key() asserts it of the block. Of the key whoever hands it out does: here, a
/// comparison of keys is a fiftieth of what a scan of short series costs.
Result<bool> TableCursor::find(std::string_view from, bool above) {
  if (failure_) return std::unexpected(*failure_);
  if (!started_) VARVE_CHECK(open());
  started_ = true;
  has_key_ = false;
  if (index_ == nullptr) return false;

  std::size_t next = 0;
  for (std::size_t i = first_entry(from, above); i < entries().size(); i = next) {
    next = i + 1;
    const Entry& entry = entries()[i];
    if (entry.first_key >= bounds_.keys.end) return false;
    if (!entry.times.overlaps(bounds_.times)) {
      next = skip(i);
      continue;
    }
    if (above ? entry.first_key > from : entry.first_key >= from) {
      begin_key(entry.first_key, i);
      return true;
    }
    VARVE_TRY(const bool loaded, load(i));
    if (!loaded) continue;
    const auto& stretches = block_->stretches();
    for (std::size_t at = find_stretch(from, above); at < stretches.size(); ++at) {
      if (stretches[at].key >= bounds_.keys.end) return false;
      if (!overlaps(stretches[at], bounds_.times)) continue;
      begin_key(stretches[at].key, i);
      return true;
    }
  }
  return false;
}

/// The first entry that may hold a key at or above `from`. Keys ascend, so none lies before the
/// last entry of the current key.
std::size_t TableCursor::first_entry(std::string_view from, bool above) const {
  const auto is_past = [&](const Entry& entry) {
    return above ? entry.last_key <= from : entry.last_key < from;
  };
  const auto begin = entries().begin() + static_cast<std::ptrdiff_t>(last_entry_);
  // Next to it, where one walks key by key.
  if (begin == entries().end() || !is_past(*begin)) return last_entry_;
  return static_cast<std::size_t>(std::partition_point(begin, entries().end(), is_past) -
                                  entries().begin());
}

/// Where to look on after an entry outside the span of time. What holds one key alone is one of
/// perhaps many such entries, in order of time, so it tells where the next ones lie.
std::size_t TableCursor::skip(std::size_t number) const {
  const Entry& entry = entries()[number];
  if (entry.first_key != entry.last_key) return number + 1;
  const std::size_t next = entry.times.last < bounds_.times.first
                               ? index_->lower_bound(entry.last_key, bounds_.times.first)
                               : index_->upper_bound(entry.last_key, end_of_time) - 1;
  return std::max(number + 1, next);
}

/// Begins a key that comes first, within the span of time, in `entry`.
void TableCursor::begin_key(std::string_view key, std::size_t entry) {
  VARVE_ASSERT(entry >= last_entry_);
  key_.assign(key);
  has_key_ = true;
  stretch_ = stretch_end_ = 0;

  entry_ = last_entry_ = entry;
  entry_end_ = entry + 1;
  if (entry_end_ < entries().size() && entries()[entry_end_].first_key <= key_) {
    last_entry_ = index_->upper_bound(key_, end_of_time) - 1;
    entry_ = std::max(entry, index_->lower_bound(key_, bounds_.times.first));
    entry_end_ = std::max(entry_, index_->upper_bound(key_, bounds_.times.last));
    VARVE_ASSERT(entry <= last_entry_ && entry_end_ <= entries().size());
  }
}

Result<RowsView> TableCursor::read_rows() {
  if (failure_) return std::unexpected(*failure_);
  while (true) {
    while (stretch_ != stretch_end_) {
      given_ = bounds_.newest_first ? --stretch_end_ : stretch_++;
      const RowsView rows = clip(block_->stretches()[given_], bounds_.times);
      if (!rows.empty()) return rows;
    }
    if (!has_key_ || entry_ == entry_end_) return RowsView{};
    const std::size_t entry = bounds_.newest_first ? --entry_end_ : entry_++;
    if (!entries()[entry].times.overlaps(bounds_.times)) continue;
    VARVE_TRY(const bool loaded, load(entry));
    if (!loaded) continue;
    const auto& stretches = block_->stretches();
    stretch_ = stretch_end_ = find_stretch(key_, false);
    while (stretch_end_ < stretches.size() && stretches[stretch_end_].key == key_) ++stretch_end_;
  }
}

/// What is left of the current key, and then of the keys that follow in the same block.
Result<std::span<const RowsView>> TableCursor::read_stretches(std::string_view end) {
  VARVE_TRY(const RowsView rows, read_rows());
  if (rows.empty()) return std::span<const RowsView>();
  const bool is_all_of_key = stretch_ == stretch_end_ && entry_ == entry_end_;
  const std::size_t last = is_all_of_key ? run_end(given_ + 1, end) : given_ + 1;
  return hand_out(given_, last);
}

/// How far, from `first` on, the stretches of the block can be handed out with those before, each
/// key from its beginning.
std::size_t TableCursor::run_end(std::size_t first, std::string_view end) const {
  const auto& stretches = block_->stretches();
  end = std::min(end, std::string_view(bounds_.keys.end));
  const auto begin = stretches.begin() + static_cast<std::ptrdiff_t>(first);
  const auto below = std::partition_point(
      begin, stretches.end(), [&](const RowsView& stretch) { return stretch.key < end; });
  auto last = static_cast<std::size_t>(below - stretches.begin());
  if (!bounds_.newest_first) return last;

  // With the newest first, keys of several stretches, here or in the next block, go alone.
  const auto goes_on = [&](std::size_t at) {
    if (at + 1 < stretches.size()) return stretches[at].key == stretches[at + 1].key;
    return block_entry_ + 1 < entries().size() &&
           entries()[block_entry_ + 1].first_key == stretches[at].key;
  };
  std::size_t at = first - 1;
  while (at < last && !goes_on(at)) ++at;
  return std::max(at, first);
}

/// The stretches [first, last) of the block, which are not empty, within the span of time. Makes
/// the key of the last the current one.
std::span<const RowsView> TableCursor::hand_out(std::size_t first, std::size_t last) {
  std::span<const RowsView> given(block_->stretches());
  VARVE_ASSERT(first < last && last <= given.size());
  given = given.subspan(first, last - first);
  const TimeSpan& times = entries()[block_entry_].times;
  if (times.first < bounds_.times.first || times.last > bounds_.times.last) {
    clipped_.clear();
    for (const RowsView& stretch : given) {
      if (const RowsView rows = clip(stretch, bounds_.times); !rows.empty()) {
        clipped_.push_back(rows);
      }
    }
    given = clipped_;
  }
  if (given.size() > 1) {
    begin_key(given.back().key, block_entry_);
    entry_ = std::max(entry_, block_entry_ + 1);
    entry_end_ = std::max(entry_end_, entry_);
  }
  return given;
}

/// Makes the entry's block the current one. False where it is damaged and passed over.
Result<bool> TableCursor::load(std::size_t entry) {
  if (block_ != nullptr && block_entry_ == entry) return true;
  auto block = table_->block(*index_, entry, options_.read());
  if (!block) {
    if (leaves_out(block.error())) return false;
    return std::unexpected(std::move(block).error());
  }
  block_ = *std::move(block);
  block_entry_ = entry;
  block_stretch_ = 0;
  return true;
}

/// The block's first stretch of a key at or (as asked) above `key`. A block is asked for ascending
/// keys, so it lies near the last one found.
std::size_t TableCursor::find_stretch(std::string_view key, bool above) {
  const auto& stretches = block_->stretches();
  VARVE_ASSERT(block_stretch_ <= stretches.size());
  const auto is_past = [&](const RowsView& stretch) {
    return above ? stretch.key <= key : stretch.key < key;
  };
  std::size_t step = 1;
  while (step < stretches.size() - block_stretch_ &&
         is_past(stretches[block_stretch_ + step - 1])) {
    block_stretch_ += step;
    step *= 2;
  }
  const auto begin = stretches.begin() + static_cast<std::ptrdiff_t>(block_stretch_);
  const std::size_t ahead = std::min(step, stretches.size() - block_stretch_);
  const auto found =
      std::partition_point(begin, begin + static_cast<std::ptrdiff_t>(ahead), is_past);
  block_stretch_ = static_cast<std::size_t>(found - stretches.begin());
  return block_stretch_;
}

}  // namespace

std::unique_ptr<Cursor> table_cursor(std::shared_ptr<const Table> table, CursorBounds bounds,
                                     CursorOptions options) {
  return std::make_unique<TableCursor>(std::move(table), std::move(bounds), options);
}

}  // namespace varve::engine
