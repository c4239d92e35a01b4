#include <algorithm>
#include <limits>

#include "engine/base/assert.hpp"
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
    const std::uint32_t older = run.rows_up_to(tombstone.sequence - 1, all.end);
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

/// A row and its chunk.
struct Place {
  const RunChunk* chunk;
  std::uint32_t index;

  Timestamp ts() const { return chunk->timestamps()[index]; }
  std::uint32_t sequence() const { return chunk->sequences()[index]; }
  RowType type() const { return chunk->types()[index]; }
};

Place late_place(const Run& run, std::uint32_t row) {
  const std::uint32_t index = row % run_block_rows;
  const RunChunk& chunk = run.block(row / run_block_rows).chunk_of(index);
  return {&chunk, index - chunk.start()};
}

/// Late rows in `times` among the first `count`, ascending: of each timestamp the newest, unless
/// a tombstone hides it.
std::vector<LateRow> collect_late(const Run& run, std::uint32_t count, TimeSpan times,
                                  const std::vector<SeriesTombstone>& tombstones) {
  std::vector<LateRow> rows;
  run.for_each_chunk(count, [&](const RunChunk& chunk, std::uint32_t start, std::uint32_t size) {
    if (!Run::bounds(chunk).overlaps(times)) return true;
    for (std::uint32_t i = 0; i < size; ++i) {
      const Timestamp ts = chunk.timestamps()[i];
      if (times.contains(ts)) rows.push_back({ts, start + i});
    }
    return true;
  });
  std::ranges::sort(rows, [](const LateRow& a, const LateRow& b) {
    return a.ts != b.ts ? a.ts < b.ts : a.row > b.row;
  });
  const auto repeats = std::ranges::unique(rows, {}, &LateRow::ts);
  rows.erase(repeats.begin(), repeats.end());
  std::erase_if(rows, [&](const LateRow& late) {
    return std::ranges::any_of(tombstones, [&](const SeriesTombstone& tombstone) {
      return tombstone.times.contains(late.ts) &&
             late_place(run, late.row).sequence() < tombstone.sequence;
    });
  });
  return rows;
}

}  // namespace

// The walk over one series as of a sequence.
//
// 1. The constructor finds what there is to see: of the ordered run a prefix by the sequence and a
//    part of it by time, less the intervals that range tombstones hide; of the late run the rows
//    themselves, sorted, of each timestamp the newest.
// 2. next() merges these two sorted sources, from one end or the other. What comes up next is the
//    head. Where no late row is near, columns of the run are given as they lie, or as they were
//    unsealed (give); elsewhere rows are picked one by one and copied (pick).
// 3. next_packed() gives a sealed block as it is, to a flush, where nothing changes any row of it.
//
// A walk is inside the gate while it works, and after that for as long as what it gave lies in
// chunks that the writer would use again.
struct MemtableRows::Impl {
  Impl(ReaderGate& of_memtable, const MemtableSeries& of, bool backwards)
      : gate(of_memtable), series(of), newest_first(backwards) {}

  RowsView next();
  std::optional<PackedRows> next_packed(std::size_t size_max);
  void enter() {
    inside.emplace(gate);
    chunk = nullptr;
  }
  bool has_ordered();
  bool has_late() const { return late_next < late.size(); }
  std::uint32_t head_row() const { return newest_first ? current.end - 1 : current.begin; }
  Place ordered_head();
  bool needs_another_block();
  /// How many rows of the ordered run are left in the chunk of its head.
  std::uint32_t left_in_chunk(const Place& head) const {
    return std::min(current.size(),
                    newest_first ? head.index + 1 : head.chunk->capacity() - head.index);
  }
  void drop_ordered(std::uint32_t count) {
    (newest_first ? current.end : current.begin) += newest_first ? 0 - count : count;
  }
  /// Whether `a` comes up before `b`.
  bool before(Timestamp a, Timestamp b) const { return newest_first ? a > b : a < b; }

  Piece head_piece();
  bool late_is_far(const Place& head) const;
  RowsView give(const Piece& piece);
  void pick();
  RowsView give_picked();

  ReaderGate& gate;
  const MemtableSeries& series;
  const bool newest_first;

  std::optional<ReaderGate::Pin> inside;
  // The chunk of the last head, and the number of its first row. Looked up again in each call.
  const RunChunk* chunk = nullptr;
  std::uint32_t chunk_start = 0;
  UnsealedBlock unsealed;

  // What is left of each, the late rows in the order in which they come up.
  Interval current;
  std::vector<Interval> following;  // The next one last.
  std::vector<LateRow> late;
  std::size_t late_next = 0;

  // What the last call gave, where it did not give columns of the run.
  std::vector<Place> picked;
  Rows rows;
  Column values;
};

RowsView MemtableRows::Impl::next() {
  inside.reset();
  const bool ordered = has_ordered();
  if (!ordered && !has_late()) return {};
  enter();
  if (ordered) {
    const Piece piece = head_piece();
    if (!has_late() || piece.size() >= direct_rows_min) {
      if (unsealed.holds(*piece.chunk)) inside.reset();
      return give(piece);
    }
  }
  pick();
  const RowsView view = give_picked();
  inside.reset();
  return view;
}

std::optional<PackedRows> MemtableRows::Impl::next_packed(std::size_t size_max) {
  inside.reset();
  if (newest_first || !has_ordered()) return std::nullopt;
  if (current.begin % run_block_rows != 0 || current.size() < run_block_rows) return std::nullopt;
  const SealedBlock* const sealed = series.ordered().block(current.begin / run_block_rows).sealed();
  if (sealed == nullptr) return std::nullopt;
  const PackedRows packed = sealed->packed(series.key());
  if (packed.columns.size() > size_max) return std::nullopt;
  if (has_late() && late[late_next].ts <= packed.times.last) return std::nullopt;
  drop_ordered(run_block_rows);
  return packed;
}

bool MemtableRows::Impl::has_ordered() {
  if (current.empty() && !following.empty()) {
    current = following.back();
    following.pop_back();
  }
  return !current.empty();
}

Place MemtableRows::Impl::ordered_head() {
  const std::uint32_t row = head_row();
  if (chunk != nullptr && row >= chunk_start && row - chunk_start < chunk->capacity()) {
    return {chunk, row - chunk_start};
  }
  const std::uint32_t number = row / run_block_rows;
  const RunBlock block = series.ordered().block(number);
  if (const SealedBlock* const sealed = block.sealed()) {
    chunk = &unsealed.decode(*sealed);
    chunk_start = number * run_block_rows;
  } else {
    chunk = &block.chunk_of(row % run_block_rows);
    chunk_start = number * run_block_rows + chunk->start();
  }
  return {chunk, row - chunk_start};
}

/// Whether the head lies in a sealed block that would take the place of what was unsealed before.
bool MemtableRows::Impl::needs_another_block() {
  const SealedBlock* const sealed = series.ordered().block(head_row() / run_block_rows).sealed();
  return sealed != nullptr && sealed != unsealed.block();
}

/// The rows at the head of the ordered run that lie in one chunk, are of one type, and come up
/// before the next late row. May be empty.
Piece MemtableRows::Impl::head_piece() {
  const Place head = ordered_head();
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

bool MemtableRows::Impl::late_is_far(const Place& head) const {
  if (left_in_chunk(head) < direct_rows_min) return false;
  const std::uint32_t ahead = direct_rows_min - 1;
  const std::uint32_t index = newest_first ? head.index - ahead : head.index + ahead;
  return before(head.chunk->timestamps()[index], late[late_next].ts);
}

RowsView MemtableRows::Impl::give(const Piece& piece) {
  VARVE_ASSERT(piece.size() > 0 && piece.size() <= current.size());
  const RunChunk& from = *piece.chunk;
  const std::uint32_t size = piece.size();
  RowsView view;
  view.key = series.key();
  view.type = from.types()[piece.begin];
  view.timestamps = {from.timestamps() + piece.begin, size};
  if (const Timestamp* const expiries = from.expiries()) {
    view.expiries = {expiries + piece.begin, size};
  }
  // A chunk keeps 8 bytes of each value: what a view has in another width is spread out.
  values.reset(view.type);
  if (view.type != RowType::tombstone) {
    with_type(view.type, [&]<class T>() {
      if constexpr (RunChunk::keeps_as_column<T>) {
        view.values = from.values() + piece.begin * sizeof(T);
      } else {
        from.copy_values(piece.begin, std::span(static_cast<T*>(values.resize(size)), size));
        view.values = values.data();
      }
    });
  }
  drop_ordered(size);
  return view;
}

/// Takes rows of one type from both sources, at least one, until a long piece of the ordered run
/// comes up.
void MemtableRows::Impl::pick() {
  picked.clear();
  while (picked.size() < run_block_rows && has_late()) {
    const bool ordered = has_ordered();
    const Timestamp late_ts = late[late_next].ts;
    Place place{};
    bool from_ordered = false;
    bool from_late = true;
    if (ordered) {
      if (!picked.empty() && needs_another_block()) return;
      place = ordered_head();
      from_ordered = !before(late_ts, place.ts());
      from_late = !before(place.ts(), late_ts);
    }
    if (from_late) {
      place = late_place(*series.late(), late[late_next].row);  // Of equal ones it is the newer.
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
  VARVE_ASSERT(!picked.empty());
  if (newest_first) std::ranges::reverse(picked);
  rows.reset(series.key(), picked.front().type());
  for (const auto& [of, index] : picked) {
    rows.append(of->timestamps()[index], of->value_at(index), of->expires_at(index));
  }
  return rows.view();
}

MemtableRows::MemtableRows(const Memtable& memtable, const MemtableSeries& series, TimeSpan times,
                           std::uint64_t sequence, bool newest_first)
    : impl_(std::make_unique<Impl>(memtable.impl_->gate, series, newest_first)) {
  const ReaderGate::Pin inside(memtable.impl_->gate);
  const std::uint32_t visible = memtable.visible_relative(sequence);
  std::vector<SeriesTombstone> tombstones;
  const std::uint64_t counted = memtable.counted(sequence);
  memtable.impl_->tombstones.for_each(counted, [&](const SequencedTombstone& tombstone) {
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

std::optional<PackedRows> MemtableRows::next_packed(std::size_t size_max) {
  return impl_->next_packed(size_max);
}

}  // namespace varve::engine
