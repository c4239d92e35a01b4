#include "maintenance/time_shape.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "maintenance/windows.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

using engine::TimeSpan;

bool overlaps(const Shape& shape, const TimeSpan& times) {
  const auto cell = std::ranges::lower_bound(shape, times.first, {},
                                             [](const Cell& one) { return one.times.last; });
  return cell != shape.end() && cell->times.first <= times.last;
}

bool overlaps(const Shape& a, const Shape& b) {
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() && right != b.end()) {
    if (left->times.overlaps(right->times)) return true;
    if (left->times.last < right->times.last) {
      ++left;
    } else {
      ++right;
    }
  }
  return false;
}

bool ShapeBuilder::one_cell(const TimeSpan& times) const {
  return times.last <= window_last(times.first, width_);
}

void ShapeBuilder::add(const TimeSpan& times, std::uint64_t bytes) {
  VARVE_ASSERT(!times.empty() && one_cell(times));
  const auto [at, fresh] = cells_.try_emplace(window_first(times.first, width_), times, bytes);
  if (fresh) {
    while (cells_.size() > cells_max) widen();
    return;
  }
  Cell& cell = at->second;
  cell.times.first = std::min(cell.times.first, times.first);
  cell.times.last = std::max(cell.times.last, times.last);
  cell.bytes += bytes;
}

void ShapeBuilder::add(std::span<const Timestamp> timestamps, std::uint64_t bytes) {
  std::uint64_t rows_left = timestamps.size();
  while (!timestamps.empty()) {
    const auto end = std::ranges::upper_bound(timestamps, window_last(timestamps.front(), width_));
    const auto count = static_cast<std::size_t>(end - timestamps.begin());
    VARVE_ASSERT(count > 0 && timestamps.front() <= timestamps[count - 1]);
    const std::uint64_t share = bytes / rows_left * count;
    add(TimeSpan{timestamps.front(), timestamps[count - 1]}, share);
    bytes -= share;
    rows_left -= count;
    timestamps = timestamps.subspan(count);
  }
}

void ShapeBuilder::widen() {
  width_ *= 2;  // No overflow: of windows that wide there are never too many.
  std::map<Timestamp, Cell> cells;
  std::swap(cells, cells_);
  for (const auto& [first, cell] : cells) add(cell.times, cell.bytes);
}

Shape ShapeBuilder::finish() const {
  Shape shape;
  shape.reserve(cells_.size());
  for (const auto& [first, cell] : cells_) {
    VARVE_ASSERT(shape.empty() || shape.back().times.last < cell.times.first);
    shape.push_back(cell);
  }
  return shape;
}

Result<Shape> shape_of(const engine::Table& table, std::int64_t window) {
  ShapeBuilder builder(window);
  const engine::BlockRead read{.fill_cache = false};
  VARVE_TRY(const auto index, table.index(read));
  for (std::size_t number = 0; number < index->entries.size(); ++number) {
    const auto& entry = index->entries[number];
    if (builder.one_cell(entry.times)) {
      builder.add(entry.times, entry.size);
      continue;
    }
    VARVE_TRY(const auto block, table.block(*index, number, read));
    const std::uint64_t row_bytes = entry.rows == 0 ? 0 : entry.size / entry.rows;
    for (const auto& rows : block->stretches()) {
      builder.add(rows.timestamps, row_bytes * rows.size());
    }
  }
  return builder.finish();
}

}  // namespace varve::maintenance
