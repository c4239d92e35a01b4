// A memtable is put together here from its parts: the index of its series (SeriesIndex), in each
// series a run of rows that came in order and perhaps one of rows that came late (Run), the list of
// its range tombstones (TombstoneList), the memory of all (RunMemory), and the gate of its readers.
//
// 1. Writing appends to a run; append() also seals a full block now and then, of whatever series.
// 2. A point read (get, newest, touched_since) looks at the late run, then at the ordered one, and
//    compares the row's sequence with that of the range tombstones.
// 3. Walks over many rows are in memtable_rows.cpp and short_rows.cpp.
// 4. sorted_series() gives the series by key. Sorting is what a memtable costs a scan, so readers
//    share one list and extend it.
//
// A reader names a sequence, here as its distance from the base (visible_relative), and does not
// see the rows above it.

#include "engine/memtable/memtable.hpp"

#include <algorithm>
#include <limits>

#include "engine/base/assert.hpp"
#include "engine/base/key_sort.hpp"
#include "engine/memtable/memtable_impl.hpp"

namespace varve::engine {

namespace {

/// One block is sealed for each so many rows, of whatever series: twice as fast as blocks become
/// full, and never many in one batch, though series that are written side by side fill theirs
/// together.
constexpr std::uint64_t rows_per_seal = run_block_rows / 2;

std::optional<RunPlace> find_late(const Run& run, Timestamp ts, std::uint32_t count) {
  // The newest comes last, so the first match from the end is the one.
  std::optional<RunPlace> found;
  run.for_each_chunk(count, [&](const RunChunk& chunk, std::uint32_t, std::uint32_t rows) {
    if (!Run::bounds(chunk).overlaps({ts, ts})) return true;
    for (std::uint32_t i = rows; i-- > 0;) {
      if (chunk.timestamps()[i] != ts) continue;
      found.emplace(chunk, i);
      return false;
    }
    return true;
  });
  return found;
}

/// The newest row of exactly `ts` that a reader of `sequence` sees. A late row is newer than one
/// in order.
std::optional<RunPlace> find_row(const MemtableSeries& series, Timestamp ts,
                                 std::uint32_t sequence) {
  if (const Run* const late = series.late()) {
    if (const auto row = find_late(*late, ts, late->visible(sequence))) return row;
  }
  const Run& ordered = series.ordered();
  return ordered.find(ts, ordered.visible(sequence));
}

using SeriesList = std::vector<const MemtableSeries*>;

/// The series of the index, sorted by key: those that `known` lacks are merged into it. With `keys`
/// only what lies in that range.
std::shared_ptr<const SeriesList> extend_sorted(const SeriesList& known, const SeriesIndex& index,
                                                std::uint32_t count, const KeyRange* keys) {
  std::vector<KeyedPointer> added;
  if (keys == nullptr) added.reserve(count - known.size());
  for (auto number = static_cast<std::uint32_t>(known.size()); number < count; ++number) {
    const MemtableSeries& series = index.at(number);
    const std::string_view key = series.key();
    if (keys == nullptr || keys->contains(key)) added.push_back({key, &series});
  }
  sort_by_key(added);

  auto next = known.begin();
  auto end = known.end();
  if (keys != nullptr) {
    const auto key_of = [](const MemtableSeries* series) { return series->key(); };
    next = std::ranges::lower_bound(next, end, keys->first, {}, key_of);
    end = std::ranges::lower_bound(next, end, keys->end, {}, key_of);
  }
  auto all = std::make_shared<SeriesList>();
  all->reserve(added.size() + static_cast<std::size_t>(end - next));
  for (const KeyedPointer& keyed : added) {
    while (next != end && (*next)->key() < keyed.key) all->push_back(*next++);
    all->push_back(static_cast<const MemtableSeries*>(keyed.pointer));
  }
  all->insert(all->end(), next, end);
  return all;
}

}  // namespace

Memtable::Memtable(std::uint64_t number, std::uint64_t first_segment, std::uint64_t base_sequence,
                   std::size_t bytes_expected)
    : number_(number),
      first_segment_(first_segment),
      base_sequence_(base_sequence),
      last_sequence_(base_sequence),
      impl_(std::make_unique<Impl>(bytes_, bytes_expected)) {}

Memtable::~Memtable() = default;

MemtableSeries& Memtable::series(std::string_view key, std::uint64_t hash) {
  return impl_->index.find_or_add(key, hash);
}

void Memtable::resolve(std::span<SeriesRequest> requests) { impl_->index.resolve(requests); }

WalKeyState& Memtable::wal_state(MemtableSeries& series) { return series.wal_state(); }

void Memtable::put(MemtableSeries& series, Timestamp ts, const ValueView& value,
                   Timestamp expires_at, std::uint64_t sequence) {
  append(series, {ts, value, false, expires_at, relative(sequence)});
}

void Memtable::erase(MemtableSeries& series, Timestamp ts, std::uint64_t sequence) {
  append(series, {ts, 0.0, true, never, relative(sequence)});
}

void Memtable::append(MemtableSeries& series, const RunRow& row) {
  series.append(row, impl_->memory);
  // Only the writer stores it, so no read-modify-write is needed.
  const std::uint64_t rows = row_count_.load(std::memory_order_relaxed) + 1;
  row_count_.store(rows, std::memory_order_relaxed);
  if (rows % rows_per_seal == 0) impl_->memory.seal_next();
}

void Memtable::erase_range(const RangeTombstone& range, std::uint64_t sequence) {
  VARVE_ASSERT(relative(sequence) > 0);
  impl_->tombstones.append(range, sequence);
  impl_->arena.count(sizeof(SequencedTombstone) + range.keys.first.size() + range.keys.end.size());
}

void Memtable::set_last_sequence(std::uint64_t sequence) {
  VARVE_ASSERT(sequence >= last_sequence_.load(std::memory_order_relaxed));
  last_sequence_.store(sequence, std::memory_order_release);
}

void Memtable::leave_rest_out() {
  counted_through_.store(last_sequence_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

void Memtable::note_step(const ClockStep& step) {
  constexpr std::size_t steps_max = 64;  // As many as a version keeps.
  if (!clock_steps_.empty() && clock_steps_.back() == step) return;
  if (clock_steps_.size() == steps_max) clock_steps_.erase(clock_steps_.begin());
  clock_steps_.push_back(step);
}

bool Memtable::touched_since(std::string_view key, std::uint64_t hash, Timestamp ts,
                             std::uint64_t sequence) const {
  constexpr auto newest = std::numeric_limits<std::uint64_t>::max();
  if (impl_->tombstones.newest_over(key, ts, counted(newest)) > sequence) return true;
  const MemtableSeries* const series = find(key, hash);
  if (series == nullptr) return false;
  const ReaderGate::Pin inside(impl_->gate);
  const auto row = find_row(*series, ts, visible_relative(newest));
  return row && base_sequence_ + row->sequence() > sequence;
}

std::size_t Memtable::bytes_with(std::size_t batch_bytes) const {
  return impl_->arena.bytes_with(batch_bytes);
}

bool Memtable::has_rows_since(std::string_view key, std::uint64_t hash,
                              std::uint64_t sequence) const {
  const MemtableSeries* const series = find(key, hash);
  if (series == nullptr) return false;
  const ReaderGate::Pin inside(impl_->gate);
  const std::uint32_t seen = visible_relative(sequence);
  const std::uint32_t all = visible_relative(std::numeric_limits<std::uint64_t>::max());
  const auto has_later = [&](const Run& run) { return run.visible(seen) != run.visible(all); };
  const Run* const late = series->late();
  return has_later(series->ordered()) || (late != nullptr && has_later(*late));
}

bool Memtable::may_have_values_from(Timestamp ts, const MemtableSeries& series, std::uint64_t after,
                                    std::uint64_t through) const {
  constexpr std::uint32_t rows_max = 4'096;
  VARVE_ASSERT(after <= through);
  const ReaderGate::Pin inside(impl_->gate);
  const auto has_any = [&](const Run& run, bool is_ordered) {
    std::uint32_t begin = run.visible(visible_relative(after));
    const std::uint32_t end = run.visible(visible_relative(through));
    VARVE_ASSERT(begin <= end);
    // By time too: then the first row with a value settles it, and no block is unsealed for others.
    if (is_ordered) begin = std::min(std::max(begin, run.rows_before(ts, end)), end);
    if (end - begin > rows_max) return true;
    for (std::uint32_t row = begin; row < end; ++row) {
      const RunPlace place = run.place(row);
      if (place.type() != RowType::tombstone && place.timestamp() >= ts) return true;
    }
    return false;
  };
  const Run* const late = series.late();
  return has_any(series.ordered(), true) || (late != nullptr && has_any(*late, false));
}

// What came late lies below what came in order, or at the same timestamp, where it is the newer.
std::optional<Row> Memtable::newest(std::string_view key, std::uint64_t hash,
                                    std::uint64_t sequence) const {
  VARVE_ASSERT(impl_->tombstones.is_empty_at(counted(sequence)));
  const MemtableSeries* const series = find(key, hash);
  if (series == nullptr) return std::nullopt;
  const ReaderGate::Pin inside(impl_->gate);
  const std::uint32_t visible = visible_relative(sequence);
  const std::uint32_t count = series->ordered().visible(visible);
  if (count == 0) return std::nullopt;
  RunPlace row = series->ordered().place(count - 1);
  const Timestamp ts = row.timestamp();
  if (const Run* const late = series->late()) {
    if (const auto newer = find_late(*late, ts, late->visible(visible))) row = *newer;
  }
  return Row{row.type(), ts, Value(row.value()), row.expires_at()};
}

bool Memtable::has_range_tombstones() const { return !impl_->tombstones.empty(); }

std::optional<Row> Memtable::get(std::string_view key, std::uint64_t hash, Timestamp ts,
                                 std::uint64_t sequence) const {
  const std::uint64_t deleted = impl_->tombstones.newest_over(key, ts, counted(sequence));
  if (const MemtableSeries* const series = find(key, hash)) {
    const ReaderGate::Pin inside(impl_->gate);
    const auto row = find_row(*series, ts, visible_relative(sequence));
    if (row && base_sequence_ + row->sequence() >= deleted) {
      const RowType type = row->type();
      return Row{type, ts, Value(row->value()), row->expires_at()};
    }
  }
  if (deleted != 0) return Row{RowType::tombstone, ts};
  return std::nullopt;
}

std::vector<SequencedTombstone> Memtable::range_tombstones(std::uint64_t sequence) const {
  std::vector<SequencedTombstone> found;
  impl_->tombstones.for_each(
      counted(sequence), [&](const SequencedTombstone& tombstone) { found.push_back(tombstone); });
  std::ranges::reverse(found);
  return found;
}

std::shared_ptr<const SeriesList> Memtable::sorted_series() const {
  std::shared_ptr<const SeriesList> known = impl_->load_sorted();
  const std::uint32_t count = impl_->index.count();
  if (known->size() == count) return known;
  auto all = extend_sorted(*known, impl_->index, count, nullptr);
  impl_->publish_sorted(all);
  return all;
}

// Sorting all series takes half a second for a million of them, and merging a new one into so many
// some 20 ms. So a reader does without where it can: it looks through those that the sorted list
// lacks. Once readers have looked at as many as a merge costs, one of them does it, and those
// beside it still do without.
std::shared_ptr<const SeriesList> Memtable::sorted_series(const KeyRange& keys) const {
  std::shared_ptr<const SeriesList> known = impl_->load_sorted();
  const std::uint32_t count = impl_->index.count();
  const std::uint64_t added = count - known->size();
  if (added == 0) return known;
  const std::uint64_t looked_at =
      impl_->passed_over.fetch_add(added, std::memory_order_relaxed) + added;
  if (looked_at <= known->size() || impl_->sorting.exchange(true, std::memory_order_relaxed)) {
    return extend_sorted(*known, impl_->index, count, &keys);
  }
  struct Done {
    std::atomic<bool>& sorting;
    ~Done() { sorting.store(false, std::memory_order_relaxed); }
  } const done{impl_->sorting};
  return sorted_series();
}

const MemtableSeries* Memtable::find(std::string_view key, std::uint64_t hash) const {
  return impl_->index.find(key, hash);
}

std::string_view Memtable::key_of(const MemtableSeries& series) { return series.key(); }

std::uint64_t Memtable::series_count() const { return impl_->index.count(); }

bool Memtable::empty() const { return row_count() == 0 && impl_->tombstones.empty(); }

std::uint32_t Memtable::relative(std::uint64_t sequence) const {
  // Memtables rotate long before so many batches.
  VARVE_ASSERT(sequence > base_sequence_ &&
               sequence - base_sequence_ <= std::numeric_limits<std::uint32_t>::max());
  return static_cast<std::uint32_t>(sequence - base_sequence_);
}

std::uint32_t Memtable::visible_relative(std::uint64_t sequence) const {
  sequence = counted(sequence);
  if (sequence <= base_sequence_) return 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(
      sequence - base_sequence_, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace varve::engine
