#include "engine/cursor/merge_source.hpp"

#include <algorithm>
#include <limits>

#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// The least index in [begin, end) with a timestamp of at least `bound`, else `end`. Looks near
/// `begin` first: where sources alternate it is there.
std::size_t first_at_or_after(const Timestamp* timestamps, std::size_t begin, std::size_t end,
                              Timestamp bound) {
  std::size_t step = 1;
  while (step < end - begin && timestamps[begin + step - 1] < bound) {
    begin += step;
    step *= 2;
  }
  const Timestamp* const last = timestamps + std::min(begin + step, end);
  return static_cast<std::size_t>(std::lower_bound(timestamps + begin, last, bound) - timestamps);
}

/// The greatest index in [begin, end] with only timestamps above `bound` at and after it. Looks
/// near `end` first.
std::size_t first_after(const Timestamp* timestamps, std::size_t begin, std::size_t end,
                        Timestamp bound) {
  std::size_t step = 1;
  while (step < end - begin && timestamps[end - step] > bound) {
    end -= step;
    step *= 2;
  }
  const Timestamp* const first = timestamps + (end - begin > step ? end - step : begin);
  return static_cast<std::size_t>(std::upper_bound(first, timestamps + end, bound) - timestamps);
}

}  // namespace

bool MergeSource::begin_key() {
  stretch_ = {};
  unread_.reset();
  loaded_to_.reset();
  begin_ = end_ = rest_begin_ = rest_end_ = 0;
  hidden_.clear();
  for (const RangeTombstone& tombstone : hidden_by_) {
    if (!tombstone.times.empty() && tombstone.keys.contains(cursor_->key())) {
      hidden_.push_back(tombstone.times);
    }
  }
  std::ranges::sort(hidden_, {}, &TimeSpan::first);
  std::size_t count = 0;
  for (const TimeSpan& span : hidden_) {
    if (count > 0 && span.first <= saturating_add(hidden_[count - 1].last, 1)) {
      hidden_[count - 1].last = std::max(hidden_[count - 1].last, span.last);
    } else {
      hidden_[count++] = span;
    }
  }
  hidden_.resize(count);
  return count == 0 || hidden_.front() != TimeSpan();
}

bool MergeSource::has_head() {
  if (unread_ || ready()) return true;
  const auto block = cursor_->peek_block();
  if (!block) return false;
  const bool is_hidden = std::ranges::any_of(
      hidden_, [&](const TimeSpan& span) { return span.overlaps(block->entry().times); });
  if (!is_hidden) unread_ = block;
  return unread_.has_value();
}

/// Whether there is a current piece, or one more in the stretch.
bool MergeSource::ready() {
  while (begin_ == end_ && rest_begin_ != rest_end_) {
    if (hidden_.empty()) {
      begin_ = rest_begin_;
      end_ = rest_end_;
      rest_begin_ = rest_end_;
    } else if (by_newest_) {
      cut_newest();
    } else {
      cut_oldest();
    }
  }
  return begin_ != end_;
}

/// Makes the oldest visible rows of the rest the current piece, or drops its oldest hidden ones.
void MergeSource::cut_oldest() {
  const Timestamp* const timestamps = stretch_.timestamps.data();
  const Timestamp oldest = timestamps[rest_begin_];
  const auto span = std::ranges::lower_bound(hidden_, oldest, {}, &TimeSpan::last);
  if (span != hidden_.end() && span->first <= oldest) {
    const auto after =
        std::upper_bound(timestamps + rest_begin_, timestamps + rest_end_, span->last);
    rest_begin_ = static_cast<std::size_t>(after - timestamps);
    return;
  }
  begin_ = rest_begin_;
  end_ = span == hidden_.end() ? rest_end_
                               : first_at_or_after(timestamps, rest_begin_, rest_end_, span->first);
  rest_begin_ = end_;
}

void MergeSource::cut_newest() {
  const Timestamp* const timestamps = stretch_.timestamps.data();
  const Timestamp newest = timestamps[rest_end_ - 1];
  const auto after = std::ranges::upper_bound(hidden_, newest, {}, &TimeSpan::first);
  if (after != hidden_.begin() && std::prev(after)->last >= newest) {
    const auto first =
        std::lower_bound(timestamps + rest_begin_, timestamps + rest_end_, std::prev(after)->first);
    rest_end_ = static_cast<std::size_t>(first - timestamps);
    return;
  }
  end_ = rest_end_;
  begin_ = after == hidden_.begin()
               ? rest_begin_
               : first_after(timestamps, rest_begin_, rest_end_, std::prev(after)->last);
  rest_end_ = begin_;
}

Result<bool> MergeSource::load() {
  unread_.reset();
  do {
    VARVE_TRY(stretch_, cursor_->next_rows());
    rest_begin_ = 0;
    rest_end_ = stretch_.size();
    if (!stretch_.empty()) expect_after_the_last();
  } while (!ready() && !stretch_.empty());
  return !stretch_.empty();
}

/// Cursors give the rows of a key in order, each timestamp once; the merge relies on it.
void MergeSource::expect_after_the_last() {
  const Timestamp first = stretch_.first_ts();
  const Timestamp last = stretch_.last_ts();
  VARVE_ASSERT(first <= last);
  VARVE_ASSERT(!loaded_to_ || (by_newest_ ? last < *loaded_to_ : first > *loaded_to_));
  loaded_to_ = by_newest_ ? first : last;
}

std::size_t MergeSource::rows_before(Timestamp bound) const {
  const Timestamp* const timestamps = stretch_.timestamps.data();
  if (by_newest_) return end_ - first_after(timestamps, begin_, end_, bound);
  return first_at_or_after(timestamps, begin_, end_, bound) - begin_;
}

}  // namespace varve::engine
