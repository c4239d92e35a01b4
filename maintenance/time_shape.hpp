#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "engine/record/time_span.hpp"
#include "engine/table/table.hpp"
#include "varve/error.hpp"

namespace varve::maintenance {

/// Some rows that lie close together in time.
struct Cell {
  engine::TimeSpan times;  // There is a row at either end.
  std::uint64_t bytes = 0;

  friend bool operator==(const Cell&, const Cell&) = default;
};

/// The times in which the rows of a table lie, as ascending cells. A cell is at most one window
/// wide as long as they are few enough. A table's first and last time say little: one late row
/// pulls them far apart.
using Shape = std::vector<Cell>;

bool overlaps(const Shape& shape, const engine::TimeSpan& times);
bool overlaps(const Shape& a, const Shape& b);

/// Gathers a shape. Its memory is bounded: if rows lie in too many windows (a clock that runs
/// wild), windows are joined in pairs until they are few.
class ShapeBuilder {
 public:
  static constexpr std::size_t cells_max = 1024;

  explicit ShapeBuilder(std::int64_t window) : width_(window) {}

  /// REQUIRES ascending timestamps. `bytes` is what they take together.
  void add(std::span<const Timestamp> timestamps, std::uint64_t bytes);
  /// Whether rows in these times are sure to be in one cell.
  bool one_cell(const engine::TimeSpan& times) const;
  /// REQUIRES one_cell(times).
  void add(const engine::TimeSpan& times, std::uint64_t bytes);
  Shape finish() const;

 private:
  void widen();

  std::int64_t width_;
  std::map<Timestamp, Cell> cells_;  // By the first moment of their window.
};

/// The shape of a table. Blocks within one window are taken from its index, others are read.
Result<Shape> shape_of(const engine::Table& table, std::int64_t window);

}  // namespace varve::maintenance
