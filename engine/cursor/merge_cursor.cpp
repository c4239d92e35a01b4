#include <algorithm>
#include <optional>

#include "engine/base/try.hpp"
#include "engine/cursor/cursor.hpp"
#include "engine/cursor/merge_source.hpp"

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
      }
      return {};
    }));
  }

  std::string_view key() const override { return key_; }

  Result<RowsView> next_rows() override {
    if (failure_) return std::unexpected(*failure_);
    return keep_failure(merge());
  }

 private:
  /// A source and where its cursor stands.
  struct Keyed {
    MergeSource source;
    bool has_key = true;
    bool at_key = true;  // At the key of the merge; at first all stand before their first.
  };
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

  Result<RowsView> merge();
  Result<bool> load_where_needed();
  MergeSource* choose(std::optional<Timestamp>& bound);
  bool add_part(MergeSource& source, std::size_t count);
  RowsView hand_out();

  bool comes_before(Timestamp a, Timestamp b) const { return by_newest_ ? a > b : a < b; }

  const bool by_newest_;
  std::vector<Keyed> sources_;  // Newest first.
  std::optional<Error> failure_;
  bool started_ = false;
  bool has_key_ = false;
  std::string_view key_;                 // That of the first source at it.
  std::vector<MergeSource*> competing_;  // Those that have rows left at the key, newest first.
  std::vector<Part> parts_;              // In the order in which they came up.
  std::size_t part_rows_ = 0;
  Rows buffer_;
};

template <class Step>
Result<bool> MergeCursor::move(Step step) {
  if (failure_) return std::unexpected(*failure_);
  for (Keyed& source : sources_) VARVE_CHECK(step(source));
  started_ = true;
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

Result<RowsView> MergeCursor::merge() {
  parts_.clear();
  part_rows_ = 0;
  while (true) {
    VARVE_TRY(const bool ready, load_where_needed());
    if (!ready || competing_.empty()) return hand_out();
    std::optional<Timestamp> bound;
    MergeSource* const source = choose(bound);
    if (source == nullptr) continue;
    const std::size_t count = bound ? source->rows_before(*bound) : source->rows_left();
    if (!add_part(*source, count)) return hand_out();
    if (parts_.size() == 1 && count >= slice_rows_min) return hand_out();
  }
}

/// Gives each competing source a head, and strikes out those at their end. False where one would
/// have to load while parts name its rows.
Result<bool> MergeCursor::load_where_needed() {
  for (std::size_t i = 0; i < competing_.size();) {
    MergeSource& source = *competing_[i];
    if (!source.ready()) {
      if (std::ranges::any_of(parts_, [&](const Part& part) { return part.source == &source; })) {
        return false;
      }
      VARVE_TRY(const bool more, source.load());
      if (!more) {
        competing_.erase(competing_.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
    }
    ++i;
  }
  return true;
}

/// The source whose head comes up first, the newest of several, and where the next one comes up.
/// Older rows of that timestamp are dropped; null where that took a source's last.
//
// A scan of the list beats a heap: a read has a handful of sources.
MergeSource* MergeCursor::choose(std::optional<Timestamp>& bound) {
  MergeSource* first = competing_.front();
  for (MergeSource* const source : competing_) {
    if (comes_before(source->head(), first->head())) first = source;
  }
  bool all_ready = true;
  for (MergeSource* const source : competing_) {
    if (source == first) continue;
    if (source->head() == first->head()) source->drop(1);
    if (!source->ready()) {
      all_ready = false;
    } else if (!bound || comes_before(source->head(), *bound)) {
      bound = source->head();
    }
  }
  return all_ready ? first : nullptr;
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
  if (parts_.size() == 1) return rows_of(parts_.front());
  if (by_newest_) std::ranges::reverse(parts_);
  buffer_.reset(key_, parts_.front().source->type());
  for (const Part& part : parts_) buffer_.append(rows_of(part));
  return buffer_.view();
}

}  // namespace

std::unique_ptr<Cursor> merge_cursor(std::vector<MergeInput> newest_first, bool by_newest) {
  const bool nothing_to_merge = newest_first.size() == 1 && newest_first.front().hidden_by.empty();
  if (nothing_to_merge) return std::move(newest_first.front().cursor);
  return std::make_unique<MergeCursor>(std::move(newest_first), by_newest);
}

}  // namespace varve::engine
