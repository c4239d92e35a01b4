#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/cursor/cursor.hpp"
#include "engine/cursor/merge_source.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// Shorter slices are gathered into a buffer, so that sources whose rows alternate do not cost a
/// call per row.
constexpr std::size_t slice_rows_min = 16;
constexpr std::size_t buffer_rows_max = 1024;

// A step of the merge finds the source that comes up first and takes its rows up to where the
// next source comes up. Long slices are handed out as they lie; short ones are listed as parts
// and copied together. Parts name rows in the stretches of their sources, and a copied bytes value
// still points there: so no source loads while parts name rows of it. They are handed out first,
// which ends the call, and the life of what was handed out may end with the next one.
class MergeCursor final : public Cursor {
 public:
  MergeCursor(std::vector<MergeInput> newest_first, bool by_newest) : by_newest_(by_newest) {
    sources_.reserve(newest_first.size());
    for (MergeInput& input : newest_first) {
      sources_.push_back({MergeSource(std::move(input), by_newest)});
    }
  }

  Result<bool> next_key() override {
    return keep_failure(move([](Keyed& source) -> Status {
      if (source.has_key && source.at_key) {
        VARVE_TRY(source.has_key, source.source.cursor().next_key());
      }
      return {};
    }));
  }

  Result<bool> seek_key(std::string_view key) override {
    if (!failure_ && has_key_ && key <= key_) return true;
    return keep_failure(move([&](Keyed& source) -> Status {
      Cursor& cursor = source.source.cursor();
      if (source.has_key && (!started_ || cursor.key() < key)) {
        VARVE_TRY(source.has_key, cursor.seek_key(key));
        VARVE_ASSERT(!source.has_key || cursor.key() >= key);
      }
      return {};
    }));
  }

  std::string_view key() const override { return key_; }

  Result<RowsView> next_rows() override {
    if (failure_) return std::unexpected(*failure_);
    return keep_failure(merge());
  }

  Result<std::span<const RowsView>> next_stretches(std::string_view end) override {
    if (failure_) return std::unexpected(*failure_);
    if (Keyed* const source = alone_at_key()) return keep_failure(pass_through(*source, end));
    return Cursor::next_stretches(end);
  }

  std::optional<StoredBlock> peek_block() override {
    if (failure_) return std::nullopt;
    auto block = find_block();
    if (block) return *block;
    failure_ = std::move(block).error();
    return std::nullopt;
  }
  void skip_block() override {
    VARVE_ASSERT(peeked_ != nullptr);
    expect_in_order(peeked_->unread().entry().times);
    std::exchange(peeked_, nullptr)->skip_unread();
  }

 private:
  /// A source and where its cursor stands.
  struct Keyed {
    MergeSource source;
    bool has_key = true;
    bool at_key = true;  // At the key of the merge; at first all stand before their first.
  };
  using Competing = std::vector<MergeSource*>;
  struct Part {
    const MergeSource* source;
    std::size_t first;
    std::size_t count;
  };

  template <class T>
  Result<T> keep_failure(Result<T> result) {
    if (!result) failure_ = result.error();
    return result;
  }

  template <class Step>
  Result<bool> move(Step step);
  bool choose_key();
  Keyed* alone_at_key();
  Result<std::span<const RowsView>> pass_through(Keyed& source, std::string_view end);

  Result<std::optional<StoredBlock>> find_block();

  Result<RowsView> merge();
  Result<bool> find_heads();
  MergeSource* first_source() const;
  Competing::iterator unread_at(Timestamp head);
  bool find_bound(const MergeSource& first, std::optional<Timestamp>& bound);
  bool add_part(MergeSource& source, std::size_t count);
  RowsView hand_out();
  RowsView given(const RowsView& rows) {
    VARVE_ASSERT(rows.size() == part_rows_ && rows.first_ts() <= rows.last_ts());
    expect_in_order({rows.first_ts(), rows.last_ts()});
    return rows;
  }

  bool comes_before(Timestamp a, Timestamp b) const { return by_newest_ ? a > b : a < b; }
  /// Of a key each timestamp is handed out once, in order. Asserted for what leaves the merge, a
  /// stretch or a block at a time.
  void expect_in_order(const TimeSpan& times) {
    VARVE_ASSERT(!given_to_ || comes_before(*given_to_, by_newest_ ? times.last : times.first));
    given_to_ = by_newest_ ? times.first : times.last;
  }

  const bool by_newest_;
  std::vector<Keyed> sources_;  // Newest first.
  std::optional<Error> failure_;
  bool started_ = false;
  bool has_key_ = false;
  std::string_view key_;               // That of the first source at it.
  Competing competing_;                // Those that have rows left at the key, newest first.
  bool any_unread_ = false;            // Of their heads.
  MergeSource* peeked_ = nullptr;      // What peek_block() spoke of.
  std::optional<Timestamp> given_to_;  // Of the key: the last timestamp that was handed out.
  std::vector<Part> parts_;            // In the order in which they came up.
  std::size_t part_rows_ = 0;
  Rows buffer_;
};

template <class Step>
Result<bool> MergeCursor::move(Step step) {
  if (failure_) return std::unexpected(*failure_);
  for (Keyed& source : sources_) VARVE_CHECK(step(source));
  started_ = true;
  peeked_ = nullptr;
  given_to_.reset();
  has_key_ = choose_key();
  return has_key_;
}

/// Takes the least key of all sources. False where none has one.
bool MergeCursor::choose_key() {
  Keyed* least = nullptr;
  for (Keyed& source : sources_) {
    if (!source.has_key) continue;
    if (least == nullptr || source.source.cursor().key() < least->source.cursor().key()) {
      least = &source;
    }
  }
  competing_.clear();
  if (least == nullptr) return false;
  key_ = least->source.cursor().key();
  for (Keyed& source : sources_) {
    source.at_key = source.has_key && source.source.cursor().key() == key_;
    if (source.at_key && source.source.begin_key()) competing_.push_back(&source.source);
  }
  return true;
}

/// The source that alone has the current key, where nothing of it has been looked at and nothing
/// hides any of its rows; else null.
MergeCursor::Keyed* MergeCursor::alone_at_key() {
  if (!has_key_ || competing_.size() != 1) return nullptr;
  Keyed* alone = nullptr;
  for (Keyed& source : sources_) {
    if (!source.has_key || !source.at_key) continue;
    if (alone != nullptr) return nullptr;
    alone = &source;
  }
  return alone != nullptr && alone->source.is_untouched() ? alone : nullptr;
}

/// What the source gives, up to where another has a key.
Result<std::span<const RowsView>> MergeCursor::pass_through(Keyed& source, std::string_view end) {
  for (Keyed& other : sources_) {
    if (other.has_key && !other.at_key) end = std::min(end, other.source.cursor().key());
  }
  Cursor& cursor = source.source.cursor();
  VARVE_TRY(const auto stretches, cursor.next_stretches(end));
  key_ = cursor.key();
  // It may be another key now.
  given_to_.reset();
  source.source.follow_cursor();
  VARVE_ASSERT(stretches.empty() || stretches.back().key <= key_);
  return stretches;
}

/// The block that comes up next, if no other source has a row within its span of time. Others are
/// only read where what comes next of them is not a block, too.
Result<std::optional<StoredBlock>> MergeCursor::find_block() {
  parts_.clear();
  VARVE_TRY([[maybe_unused]] const bool found, find_heads());
  peeked_ = first_source();
  if (peeked_ == nullptr || !peeked_->is_unread()) return std::optional<StoredBlock>();
  const TimeSpan& times = peeked_->unread().entry().times;
  const Timestamp end = by_newest_ ? times.first : times.last;
  const bool overlaps = std::ranges::any_of(competing_, [&](const MergeSource* source) {
    return source != peeked_ && !comes_before(end, source->head());
  });
  return overlaps ? std::optional<StoredBlock>() : peeked_->unread();
}

Result<RowsView> MergeCursor::merge() {
  parts_.clear();
  part_rows_ = 0;
  while (true) {
    VARVE_TRY(const bool found, find_heads());
    MergeSource* const first = found ? first_source() : nullptr;
    if (first == nullptr) return hand_out();
    if (const auto unread = unread_at(first->head()); unread != competing_.end()) {
      // It is mostly handed out as it lies, which parts before it would prevent.
      if (!parts_.empty()) return hand_out();
      VARVE_TRY(const bool more, (*unread)->load());
      if (!more) competing_.erase(unread);
      continue;
    }
    std::optional<Timestamp> bound;
    if (!find_bound(*first, bound)) continue;
    const std::size_t count = bound ? first->rows_before(*bound) : first->rows_left();
    if (!add_part(*first, count)) return hand_out();
    if (parts_.size() == 1 && count >= slice_rows_min) return hand_out();
  }
}

/// Gives each competing source a head, and strikes out those at their end. False where one would
/// have to load while parts name its rows.
Result<bool> MergeCursor::find_heads() {
  any_unread_ = false;
  for (std::size_t i = 0; i < competing_.size();) {
    MergeSource& source = *competing_[i];
    if (!source.has_head()) {
      if (std::ranges::any_of(parts_, [&](const Part& part) { return part.source == &source; })) {
        return false;
      }
      VARVE_TRY(const bool more, source.load());
      if (!more) {
        competing_.erase(competing_.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
    }
    any_unread_ = any_unread_ || source.is_unread();
    ++i;
  }
  return true;
}

/// The source whose head comes up first, the newest of several; null where none has one.
//
// A scan of the list beats a heap: a read has a handful of sources.
MergeSource* MergeCursor::first_source() const {
  MergeSource* first = nullptr;
  for (MergeSource* const source : competing_) {
    if (first == nullptr || comes_before(source->head(), first->head())) first = source;
  }
  return first;
}

/// A source whose head is that timestamp and has not been read.
MergeCursor::Competing::iterator MergeCursor::unread_at(Timestamp head) {
  if (!any_unread_) return competing_.end();
  return std::ranges::find_if(competing_, [&](const MergeSource* source) {
    return source->is_unread() && source->head() == head;
  });
}

/// Where another source comes up after the first one's head. Older rows of that timestamp are
/// dropped; false where that took a source's last.
bool MergeCursor::find_bound(const MergeSource& first, std::optional<Timestamp>& bound) {
  bool all_have_heads = true;
  for (MergeSource* const source : competing_) {
    if (source == &first) continue;
    if (source->head() == first.head()) source->drop(1);
    if (!source->has_head()) {
      all_have_heads = false;
    } else if (!bound || comes_before(source->head(), *bound)) {
      bound = source->head();
    }
  }
  return all_have_heads;
}

/// Lists the next `count` rows of the source. False where they do not go with the parts there are.
bool MergeCursor::add_part(MergeSource& source, std::size_t count) {
  const std::size_t first = source.first_of(count);
  if (!parts_.empty()) {
    Part& last = parts_.back();
    const bool adjacent =
        by_newest_ ? first + count == last.first : last.first + last.count == first;
    if (last.source == &source && adjacent) {
      if (by_newest_) last.first = first;
      last.count += count;
      part_rows_ += count;
      source.drop(count);
      return true;
    }
    if (source.type() != last.source->type() || count >= slice_rows_min ||
        part_rows_ + count > buffer_rows_max) {
      return false;
    }
  }
  parts_.push_back({&source, first, count});
  part_rows_ += count;
  source.drop(count);
  return true;
}

RowsView MergeCursor::hand_out() {
  if (parts_.empty()) return {};
  const auto rows_of = [](const Part& part) { return part.source->rows(part.first, part.count); };
  if (parts_.size() == 1) return given(rows_of(parts_.front()));
  if (by_newest_) std::ranges::reverse(parts_);
  buffer_.reset(key_, parts_.front().source->type());
  for (const Part& part : parts_) buffer_.append(rows_of(part));
  return given(buffer_.view());
}

}  // namespace

std::unique_ptr<Cursor> merge_cursor(std::vector<MergeInput> newest_first, bool by_newest) {
  const bool nothing_to_merge = newest_first.size() == 1 && newest_first.front().hidden_by.empty();
  if (nothing_to_merge) return std::move(newest_first.front().cursor);
  return std::make_unique<MergeCursor>(std::move(newest_first), by_newest);
}

}  // namespace varve::engine
