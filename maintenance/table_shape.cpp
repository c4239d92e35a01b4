#include "maintenance/time_shape.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

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
