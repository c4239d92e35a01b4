#include "engine/memtable/short_rows.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/memtable/memtable_impl.hpp"

namespace varve::engine {

/// The rows of a series that a reader sees, all in one block of chunks.
struct ShortRows::Found {
  const RunChunk* newest = nullptr;
  std::uint32_t count = 0;

  /// Drops the newest rows, down to `wanted`, and chunks that have none.
  void cut(std::uint32_t wanted) {
    count = wanted;
    while (count > 0 && newest->start() >= count) newest = newest->previous();
  }
  std::uint32_t last_sequence() const { return newest->sequences()[count - 1 - newest->start()]; }
  RowType type() const { return newest->types()[0]; }

  /// Calls `visit` with the chunks and how many of their rows are meant, newest first, for as long
  /// as it returns true.
  template <class Visit>
  bool for_each_chunk(Visit visit) const {
    std::uint32_t left = count;
    for (const RunChunk* chunk = newest; left > 0; chunk = chunk->previous()) {
      if (!visit(*chunk, left - chunk->start())) return false;
      left = chunk->start();
    }
    return true;
  }
};

ShortRows::ShortRows(const Memtable& memtable, TimeSpan times, std::uint64_t sequence)
    : memtable_(memtable),
      times_(times),
      visible_(memtable.visible_relative(sequence)),
      timestamps_(std::make_unique_for_overwrite<Timestamp[]>(rows_max)),
      expiries_(std::make_unique_for_overwrite<Timestamp[]>(rows_max)),
      values_(std::make_unique_for_overwrite<std::byte[]>(rows_max * value_size_max)) {
  const std::uint64_t counted = memtable.counted(sequence);
  memtable.impl_->tombstones.for_each(counted, [&](const SequencedTombstone& tombstone) {
    if (tombstone.range.times.overlaps(times)) usable_ = false;
  });
}

// Each pass asks for what the next one reads, so that the series wait for memory together. The gate
// is held as long as chunks are read; what was copied needs it no more, and bytes are never moved.
std::size_t ShortRows::read(std::span<const MemtableSeries* const> series, std::string_view end) {
  rows_.clear();
  used_ = 0;
  if (!usable_) return 0;
  series = series.first(std::min(series.size(), series_max));
  const ReaderGate::Pin inside(memtable_.impl_->gate);
  for (const MemtableSeries* one : series) one->prefetch();

  std::array<Found, series_max> found;
  std::size_t count = 0;
  while (count < series.size() && find(*series[count], found[count])) ++count;
  for (std::size_t i = 0; i < count; ++i) {
    found[i].cut(found[i].count);  // The newest chunk may have been added since.
    found[i].for_each_chunk([](const RunChunk& chunk, std::uint32_t) {
      if (chunk.types()[0] == RowType::bytes) __builtin_prefetch(chunk.value_as<const char*>(0));
      return true;
    });
  }
  std::size_t taken = 0;
  while (taken < count && (end.empty() || series[taken]->key() < end) &&
         take(*series[taken], found[taken])) {
    ++taken;
  }
  return taken;
}

/// What is to be read of the series. False where that may be more than a few rows as they came.
bool ShortRows::find(const MemtableSeries& series, Found& found) const {
  series.prefetch_key();
  const Run& ordered = series.ordered();
  const std::uint32_t count = ordered.count();
  if (count > series_rows_max || series.late() != nullptr) return false;
  found.count = count;
  if (count == 0) return true;
  const RunBlock block = ordered.block(0);
  if (block.sealed() != nullptr) return false;  // There are more by now.
  found.newest = block.newest();
  __builtin_prefetch(found.newest);
  __builtin_prefetch(found.newest->values());
  return true;
}

/// Adds the rows of the series to those read. False where they do not fit, or have several types.
bool ShortRows::take(const MemtableSeries& series, const Found& all) {
  Found found = all;
  while (found.count > 0 && found.last_sequence() > visible_) found.cut(found.count - 1);
  if (found.count == 0) return true;
  if (used_ + found.count > rows_max || !copy(found, used_)) return false;

  const Timestamp* const begin = timestamps_.get() + used_;
  const Timestamp* const end = begin + found.count;
  RowsView rows{
      series.key(), found.type(), {begin, end}, values_.get() + used_ * value_size_max, {}};
  const bool expires = !found.for_each_chunk(
      [](const RunChunk& chunk, std::uint32_t) { return chunk.expiries() == nullptr; });
  if (expires) rows.expiries = {expiries_.get() + used_, found.count};
  used_ += found.count;
  if (!times_.contains(rows.first_ts()) || !times_.contains(rows.last_ts())) {
    const auto first = static_cast<std::size_t>(std::lower_bound(begin, end, times_.first) - begin);
    const auto last = static_cast<std::size_t>(std::upper_bound(begin, end, times_.last) - begin);
    rows = rows.slice(first, last - first);
  }
  if (!rows.empty()) rows_.push_back(rows);
  return true;
}

/// Copies rows of one type to the columns, from `to` on. False where they have several.
bool ShortRows::copy(const Found& found, std::size_t to) {
  const RowType type = found.type();
  return found.for_each_chunk([&](const RunChunk& chunk, std::uint32_t count) {
    const RowType* const types = chunk.types();
    if (std::any_of(types, types + count, [&](RowType other) { return other != type; })) {
      return false;
    }
    const std::size_t at = chunk.start();
    std::copy_n(chunk.timestamps(), count, timestamps_.get() + to + at);
    for (std::uint32_t i = 0; i < count; ++i) expiries_[to + at + i] = chunk.expires_at(i);
    std::byte* const values = values_.get() + to * value_size_max + at * value_size(type);
    if (type == RowType::tombstone) return true;
    with_type(type, [&]<class T>() {
      static_assert(sizeof(T) <= value_size_max);
      chunk.copy_values(0, std::span(reinterpret_cast<T*>(values), count));
    });
    return true;
  });
}

}  // namespace varve::engine
