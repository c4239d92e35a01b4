#include <algorithm>
#include <limits>

#include "engine/memtable/memtable_impl.hpp"

namespace varve::engine {

namespace {

/// Shorter pieces of columns are not worth a call of their own while rows of both runs alternate.
constexpr std::uint32_t direct_rows_min = 16;

/// Rows [begin, end) of a run.
struct Interval {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool empty() const { return begin >= end; }
  std::uint32_t size() const { return end - begin; }
};

/// Rows [begin, end) of a chunk, of one type.
struct Piece {
  const RunChunk* chunk;
  std::uint32_t begin;
  std::uint32_t end;

  std::uint32_t size() const { return end - begin; }
};

/// A range tombstone of the memtable, as it concerns one series.
struct SeriesTombstone {
  TimeSpan times;
  std::uint32_t sequence;  // Relative.
};

struct LateRow {
  Timestamp ts;
  std::uint32_t row;
};

/// The rows of an ordered run that lie in `times`, among the first `count`.
Interval rows_in(const Run& run, TimeSpan times, std::uint32_t count) {
  if (times.empty()) return {};
  const bool to_the_end = times.last == std::numeric_limits<Timestamp>::max();
  return {run.rows_before(times.first, count),
          to_the_end ? count : run.rows_before(times.last + 1, count)};
}

/// What tombstones leave of `all`, ascending. The rows that one hides lie together: those of lower
/// sequences are a prefix of the run, those of a span of time an interval.
std::vector<Interval> uncovered(const Run& run, Interval all,
                                const std::vector<SeriesTombstone>& tombstones) {
  std::vector<Interval> covered;
  for (const SeriesTombstone& tombstone : tombstones) {
    const std::uint32_t older = run.rows_below(tombstone.sequence, all.end);
    covered.push_back(rows_in(run, tombstone.times, older));
  }
  std::ranges::sort(covered, {}, &Interval::begin);

  std::vector<Interval> left;
  for (const Interval& gap : covered) {
    if (gap.empty()) continue;
    left.push_back({all.begin, std::min(gap.begin, all.end)});
    all.begin = std::max(all.begin, gap.end);
  }
  left.push_back(all);
  std::erase_if(left, [](const Interval& interval) { return interval.empty(); });
  return left;
}

/// Late rows in `times` among the first `count`, ascending: of each timestamp the newest, unless
/// a tombstone hides it.
std::vector<LateRow> collect_late(const Run& run, std::uint32_t count, TimeSpan times,
                                  const std::vector<SeriesTombstone>& tombstones) {
  std::vector<LateRow> rows;
  for (std::uint32_t start = 0; start < count;) {
    const RunChunk& chunk = run.chunk(Run::chunk_of(start));
    const std::uint32_t size = std::min(chunk.capacity(), count - start);
    const Run::Bounds& bounds = Run::bounds(chunk);
    if (times.overlaps({bounds.min.load(std::memory_order_relaxed),
                        bounds.max.load(std::memory_order_relaxed)})) {
      for (std::uint32_t i = 0; i < size; ++i) {
        const Timestamp ts = chunk.timestamps()[i];
        if (times.contains(ts)) rows.push_back({ts, start + i});
      }
    }
    start += size;
  }
  std::ranges::sort(rows, [](const LateRow& a, const LateRow& b) {
    return a.ts != b.ts ? a.ts < b.ts : a.row > b.row;
  });
  const auto repeats = std::ranges::unique(rows, {}, &LateRow::ts);
  rows.erase(repeats.begin(), repeats.end());
  std::erase_if(rows, [&](const LateRow& late) {
    return std::ranges::any_of(tombstones, [&](const SeriesTombstone& tombstone) {
      return tombstone.times.contains(late.ts) &&
             run.place(late.row).sequence() < tombstone.sequence;
    });
  });
  return rows;
}

}  // namespace

// Two sorted sources, the ordered run and the collected late rows, merged from one end or the
// other. What comes up next is the head. Where no late row is near, columns of the run are given
// as they lie; elsewhere rows are picked one by one and copied.
struct MemtableRows::Impl {
  Impl(const MemtableSeries& of, bool backwards) : series(of), newest_first(backwards) {}

  RowsView next();
  bool has_ordered();
  bool has_late() const { return late_next < late.size(); }
  Run::Place ordered_head() const {
    return series.ordered().place(newest_first ? current.end - 1 : current.begin);
  }
  /// How many rows of the ordered run are left in the chunk of its head.
  std::uint32_t left_in_chunk(const Run::Place& head) const {
    return std::min(current.size(),
                    newest_first ? head.index + 1 : head.chunk->capacity() - head.index);
  }
  void drop_ordered(std::uint32_t count) {
    (newest_first ? current.end : current.begin) += newest_first ? 0 - count : count;
  }
  /// Whether `a` comes up before `b`.
  bool before(Timestamp a, Timestamp b) const { return newest_first ? a > b : a < b; }

  Piece head_piece() const;
  bool late_is_far(const Run::Place& head) const;
  RowsView give(const Piece& piece);
  void pick();
  RowsView give_picked();

  const MemtableSeries& series;
  const bool newest_first;

  // What is left of each, the late rows in the order in which they come up.
  Interval current;
  std::vector<Interval> following;  // The next one last.
  std::vector<LateRow> late;
  std::size_t late_next = 0;

  // What the last call gave, where it did not give columns of the run.
  std::vector<Run::Place> picked;
  Rows rows;
  Column values;
};

RowsView MemtableRows::Impl::next() {
  const bool ordered = has_ordered();
  if (!ordered && !has_late()) return {};
  if (ordered) {
    const Piece piece = head_piece();
    if (!has_late() || piece.size() >= direct_rows_min) return give(piece);
  }
  pick();
  return give_picked();
}

bool MemtableRows::Impl::has_ordered() {
  if (current.empty() && !following.empty()) {
    current = following.back();
    following.pop_back();
  }
  return !current.empty();
}

/// The rows at the head of the ordered run that lie in one chunk, are of one type, and come up
/// before the next late row. May be empty.
Piece MemtableRows::Impl::head_piece() const {
  const Run::Place head = ordered_head();
  const Timestamp* const ts = head.chunk->timestamps();
  const RowType* const types = head.chunk->types();
  const RowType type = types[head.index];
  const auto is_other = [&](RowType of) { return of != type; };
  if (newest_first) {
    const std::uint32_t end = head.index + 1;
    const Timestamp* first = ts + (end - left_in_chunk(head));
    if (has_late()) first = std::upper_bound(first, ts + end, late[late_next].ts);
    const auto other = std::find_if(std::make_reverse_iterator(types + end),
                                    std::make_reverse_iterator(types + (first - ts)), is_other);
    return {head.chunk, static_cast<std::uint32_t>(other.base() - types), end};
  }
  const Timestamp* last = ts + head.index + left_in_chunk(head);
  if (has_late()) last = std::lower_bound(ts + head.index, last, late[late_next].ts);
  const auto other = std::find_if(types + head.index, types + (last - ts), is_other);
  return {head.chunk, head.index, static_cast<std::uint32_t>(other - types)};
}

bool MemtableRows::Impl::late_is_far(const Run::Place& head) const {
  if (left_in_chunk(head) < direct_rows_min) return false;
  const std::uint32_t ahead = direct_rows_min - 1;
  const std::uint32_t index = newest_first ? head.index - ahead : head.index + ahead;
  return before(head.chunk->timestamps()[index], late[late_next].ts);
}

RowsView MemtableRows::Impl::give(const Piece& piece) {
  const RunChunk& chunk = *piece.chunk;
  const std::uint32_t size = piece.size();
  RowsView view;
  view.key = series.key();
  view.type = chunk.types()[piece.begin];
  view.timestamps = {chunk.timestamps() + piece.begin, size};
  if (const Timestamp* const expiries = chunk.expiries()) {
    view.expiries = {expiries + piece.begin, size};
  }
  // A chunk keeps 8 bytes of each value: what a view has in another width is spread out.
  values.reset(view.type);
  switch (view.type) {
    case RowType::tombstone: break;
    case RowType::double_:
    case RowType::int64: view.values = chunk.values() + piece.begin * sizeof(std::uint64_t); break;
    case RowType::bool_: {
      auto* const flags = static_cast<bool*>(values.resize(size));
      for (std::uint32_t i = 0; i < size; ++i) flags[i] = chunk.value_as<bool>(piece.begin + i);
      view.values = flags;
      break;
    }
    case RowType::bytes: {
      auto* const views = static_cast<std::string_view*>(values.resize(size));
      for (std::uint32_t i = 0; i < size; ++i) views[i] = chunk.bytes_at(piece.begin + i);
      view.values = views;
      break;
    }
  }
  drop_ordered(size);
  return view;
}

/// Takes rows of one type from both sources, at least one, until a long piece of the ordered run
/// comes up.
void MemtableRows::Impl::pick() {
  picked.clear();
  while (picked.size() < Run::chunk_rows_max && has_late()) {
    const bool ordered = has_ordered();
    const Timestamp late_ts = late[late_next].ts;
    Run::Place place{};
    bool from_ordered = false;
    bool from_late = true;
    if (ordered) {
      place = ordered_head();
      from_ordered = !before(late_ts, place.ts());
      from_late = !before(place.ts(), late_ts);
    }
    if (from_late) {
      place = series.late()->place(late[late_next].row);  // Of equal ones it is the newer.
    } else if (!picked.empty() && late_is_far(place)) {
      return;
    }
    if (!picked.empty() && place.type() != picked.back().type()) return;
    picked.push_back(place);
    if (from_ordered) drop_ordered(1);
    if (from_late) ++late_next;
  }
}

RowsView MemtableRows::Impl::give_picked() {
  if (newest_first) std::ranges::reverse(picked);
  rows.reset(series.key(), picked.front().type());
  for (const auto& [chunk, index] : picked) {
    rows.append(chunk->timestamps()[index], chunk->value_at(index), chunk->expires_at(index));
  }
  return rows.view();
}

MemtableRows::MemtableRows(const Memtable& memtable, const MemtableSeries& series, TimeSpan times,
                           std::uint64_t sequence, bool newest_first)
    : impl_(std::make_unique<Impl>(series, newest_first)) {
  const std::uint32_t visible = memtable.visible_relative(sequence);
  std::vector<SeriesTombstone> tombstones;
  memtable.impl_->tombstones.for_each(sequence, [&](const SequencedTombstone& tombstone) {
    if (!tombstone.range.times.overlaps(times)) return;
    if (!tombstone.range.keys.contains(series.key())) return;
    tombstones.push_back({tombstone.range.times, memtable.visible_relative(tombstone.sequence)});
  });

  const Run& ordered = series.ordered();
  impl_->current = rows_in(ordered, times, ordered.visible(visible));
  if (!tombstones.empty()) {
    impl_->following = uncovered(ordered, std::exchange(impl_->current, {}), tombstones);
    if (!newest_first) std::ranges::reverse(impl_->following);
  }
  if (const Run* const late = series.late()) {
    impl_->late = collect_late(*late, late->visible(visible), times, tombstones);
    if (newest_first) std::ranges::reverse(impl_->late);
  }
}

MemtableRows::~MemtableRows() = default;
MemtableRows::MemtableRows(MemtableRows&&) noexcept = default;

RowsView MemtableRows::next() { return impl_->next(); }

}  // namespace varve::engine
