#include <algorithm>
#include <optional>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/cursor/cursor.hpp"
#include "engine/cursor/single_key.hpp"
#include "engine/memtable/short_rows.hpp"

namespace varve::engine {

namespace {

using SeriesList = std::vector<const MemtableSeries*>;

class MemtableCursor final : public Cursor {
 public:
  MemtableCursor(std::shared_ptr<const Memtable> memtable, CursorBounds bounds,
                 std::uint64_t sequence)
      : memtable_(std::move(memtable)), bounds_(std::move(bounds)), sequence_(sequence) {
    if (bounds_.keys.empty() || bounds_.times.empty()) {
      series_ = std::make_shared<SeriesList>();
    } else if (is_single_key(bounds_.keys)) {
      // The hash spares sorting all series.
      const std::string& key = bounds_.keys.first;
      const MemtableSeries* const found = memtable_->find(key, hash_of(key));
      series_ = std::make_shared<SeriesList>(found == nullptr ? 0 : 1, found);
    } else {
      series_ = memtable_->sorted_series(bounds_.keys);
    }
    next_ = lower_bound(0, bounds_.keys.first);
    end_ = lower_bound(next_, bounds_.keys.end);
    VARVE_ASSERT(next_ <= end_);
  }

  Result<bool> next_key() override {
    rows_.reset();
    given_ = false;
    if (next_ == end_) {
      current_ = nullptr;
      return false;
    }
    const MemtableSeries* const next = (*series_)[next_++];
    VARVE_ASSERT(current_ == nullptr || key() < Memtable::key_of(*next));
    current_ = next;
    return true;
  }

  Result<bool> seek_key(std::string_view key) override {
    if (current_ != nullptr && key <= this->key()) return true;
    next_ = std::min(lower_bound(next_, key), end_);
    return next_key();
  }

  std::string_view key() const override { return Memtable::key_of(*current_); }

  Result<std::span<const RowsView>> next_stretches(std::string_view end) override {
    VARVE_ASSERT(current_ != nullptr);
    if (rows_ || given_) return Cursor::next_stretches(end);
    if (!short_rows_) short_rows_.emplace(*memtable_, bounds_.times, sequence_);
    // The current series is the one before the next.
    const std::span<const MemtableSeries* const> wanted(*series_);
    const bool all_below = end >= bounds_.keys.end;
    const std::size_t first = next_ - 1;
    const std::size_t taken = short_rows_->read(wanted.subspan(first, end_ - first),
                                                all_below ? std::string_view() : end);
    if (taken == 0) return Cursor::next_stretches(end);
    VARVE_ASSERT(first + taken <= end_);
    next_ = first + taken;
    current_ = wanted[next_ - 1];
    given_ = true;
    return short_rows_->rows();
  }

  Result<RowsView> next_rows() override {
    VARVE_ASSERT(current_ != nullptr);
    if (given_) return RowsView();
    if (!rows_) {
      rows_.emplace(*memtable_, *current_, bounds_.times, sequence_, bounds_.newest_first);
    }
    return rows_->next();
  }

 private:
  std::size_t lower_bound(std::size_t from, std::string_view key) const {
    const auto found =
        std::lower_bound(series_->begin() + static_cast<std::ptrdiff_t>(from), series_->end(), key,
                         [](const MemtableSeries* series, std::string_view bound) {
                           return Memtable::key_of(*series) < bound;
                         });
    return static_cast<std::size_t>(found - series_->begin());
  }

  const std::shared_ptr<const Memtable> memtable_;
  const CursorBounds bounds_;
  const std::uint64_t sequence_;
  std::shared_ptr<const SeriesList> series_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  const MemtableSeries* current_ = nullptr;
  bool given_ = false;  // All of the current key.
  std::optional<MemtableRows> rows_;
  std::optional<ShortRows> short_rows_;
};

}  // namespace

std::unique_ptr<Cursor> memtable_cursor(std::shared_ptr<const Memtable> memtable,
                                        CursorBounds bounds, std::uint64_t sequence) {
  return std::make_unique<MemtableCursor>(std::move(memtable), std::move(bounds), sequence);
}

}  // namespace varve::engine
