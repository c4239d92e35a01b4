#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/cursor/cursor.hpp"

namespace varve::engine {

/// One input of a merge at one key: the stretch it gave last, less what its range tombstones hide,
/// consumed from the side that comes up first. Rows are named by their index in the stretch. What
/// is visible of it lies in pieces between hidden spans, of which one is current.
///
/// Where sources alternate, a merge asks for head(), rows_before() and drop() once for every row:
/// so these assert nothing. load() asserts the order of stretches, once for each.
class MergeSource {
 public:
  MergeSource(MergeInput input, bool by_newest)
      : cursor_(std::move(input.cursor)),
        hidden_by_(std::move(input.hidden_by)),
        by_newest_(by_newest) {}

  Cursor& cursor() { return *cursor_; }

  /// Begins a key, that of the cursor. False where range tombstones hide all of it.
  bool begin_key();
  /// What came up before was of an earlier key: the cursor was moved beside this.
  void follow_cursor() { loaded_to_.reset(); }

  /// Whether no range tombstone is newer than it, and what it gave of the key is used up.
  bool is_untouched() const {
    return hidden_by_.empty() && !unread_ && begin_ == end_ && rest_begin_ == rest_end_;
  }

  /// Goes on within the stretch, if the current piece is used up, or looks for a block that comes
  /// next and need not be read yet. False where only load() helps.
  bool has_head();
  /// Whether what comes up next is such a block, that no range tombstone hides any of.
  bool is_unread() const { return unread_.has_value(); }
  /// REQUIRES one.
  const StoredBlock& unread() const {
    VARVE_ASSERT(unread_);
    return *unread_;
  }
  void skip_unread() {
    VARVE_ASSERT(unread_);
    cursor_->skip_block();
    unread_.reset();
  }
  /// Asks the cursor for another stretch, which ends the life of the last. False at the end of
  /// the key.
  Result<bool> load();

  /// The timestamp that comes up next. REQUIRES that it has a head.
  Timestamp head() const {
    if (unread_) return by_newest_ ? unread_->entry().times.last : unread_->entry().times.first;
    return stretch_.timestamps[by_newest_ ? end_ - 1 : begin_];
  }

  // All REQUIRE a head that was read.

  /// How many rows come up before `bound`.
  std::size_t rows_before(Timestamp bound) const;
  std::size_t rows_left() const { return end_ - begin_; }
  RowType type() const { return stretch_.type; }

  /// The place in the stretch of the oldest of the next `count` rows.
  std::size_t first_of(std::size_t count) const { return by_newest_ ? end_ - count : begin_; }
  void drop(std::size_t count) {
    if (by_newest_) {
      end_ -= count;
    } else {
      begin_ += count;
    }
  }

  /// Rows of the stretch, dropped or not.
  RowsView rows(std::size_t first, std::size_t count) const { return stretch_.slice(first, count); }

 private:
  bool ready();
  void expect_after_the_last();
  void cut_oldest();
  void cut_newest();

  std::unique_ptr<Cursor> cursor_;
  std::vector<RangeTombstone> hidden_by_;
  bool by_newest_;

  std::optional<Timestamp> loaded_to_;  // Of the key: the last timestamp of a stretch that came up.
  std::optional<StoredBlock> unread_;
  std::vector<TimeSpan> hidden_;  // At the current key: ascending, apart from each other.
  RowsView stretch_;
  // The current piece, and what has not been looked at yet.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t rest_begin_ = 0;
  std::size_t rest_end_ = 0;
};

}  // namespace varve::engine
