#include "tools/varve/export/wide_export.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/varve/terminal/wide_table.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

struct Extent {
  Timestamp first = std::numeric_limits<Timestamp>::max();
  Timestamp last = std::numeric_limits<Timestamp>::min();
};

/// From the first record to the last: of each series the oldest and the newest are enough.
Outcome<Extent> extent_of(Engine& engine, const Query& query, const ReadOptions& reads) {
  Extent extent;
  for (const bool newest : {false, true}) {
    Query ends = query;
    ends.per_series(1);
    if (newest) ends.newest_first();
    VARVE_TRY(Scan scan, engine.scan(ends, reads));
    while (true) {
      VARVE_TRY(const std::optional<Block> block, scan.next_block());
      if (!block) break;
      for (const Timestamp ts : block->timestamps()) {
        extent.first = std::min(extent.first, ts);
        extent.last = std::max(extent.last, ts);
      }
    }
  }
  return extent;
}

/// Reads rows of spans of time into a table.
class Spans {
 public:
  Spans(Engine& engine, Query query, const ReadOptions& reads, const std::vector<std::string>& keys)
      : engine_(engine), query_(std::move(query)), reads_(reads), keys_(keys) {}

  /// The records in [from, last]. False where they are more than `cells_max`: then not all are in.
  Outcome<bool> read(Timestamp from, Timestamp last, std::size_t cells_max, WideTable& table) {
    table.clear();
    // The greatest moment is reached by an open end only.
    const bool is_open = last == std::numeric_limits<Timestamp>::max();
    query_.between(TimeRange(from, is_open ? std::nullopt : std::optional<TimePoint>(last + 1)));
    VARVE_TRY(Scan scan, engine_.scan(query_, reads_));
    auto column = keys_.begin();
    while (true) {
      VARVE_TRY(const std::optional<Block> block, scan.next_block());
      if (!block) return true;
      // Both are in the order of keys.
      while (column != keys_.end() && *column < block->key()) ++column;
      if (column == keys_.end() || *column != block->key()) continue;
      const auto number = static_cast<std::uint32_t>(column - keys_.begin());
      if (table.size() + block->size() > cells_max && from != last) return false;
      for (std::size_t i = 0; i < block->size(); ++i) {
        table.add(number, block->timestamps()[i], block->value(i));
      }
    }
  }

 private:
  Engine& engine_;
  Query query_;
  const ReadOptions reads_;
  const std::vector<std::string>& keys_;
};

}  // namespace

Outcome<void> export_wide(Engine& engine, const Query& query, const ReadOptions& reads,
                          bool epoch_times, Output& output, std::size_t cells_at_once) {
  const ReadOptions once = ReadOptions(reads).fill_cache(false);
  VARVE_TRY(const std::vector<std::string> keys, engine.series_list(query, once));
  append_wide_header(output.text(), keys);
  if (keys.empty()) return {};
  const auto columns = static_cast<std::uint32_t>(keys.size());
  VARVE_TRY(const Extent extent, extent_of(engine, query, once));
  if (extent.first > extent.last) return {};  // All of it is damaged, and was to be left out.
  VARVE_TRY(const std::uint64_t records, engine.count(query, once));

  // Widths are of unsigned numbers: all of time is wider than an int64.
  const auto distance = [](Timestamp from, Timestamp to) {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  };
  const auto moved = [](Timestamp from, std::uint64_t by) {
    return static_cast<Timestamp>(static_cast<std::uint64_t>(from) + by);
  };
  std::uint64_t width = distance(extent.first, extent.last) / (records / cells_at_once + 1);
  constexpr auto width_max = std::numeric_limits<std::uint64_t>::max();
  Spans spans(engine, query, once, keys);
  WideTable table;
  Timestamp from = extent.first;
  while (true) {
    width = std::min(width, distance(from, extent.last));
    const Timestamp last = moved(from, width);
    VARVE_TRY(const bool whole, spans.read(from, last, 2 * cells_at_once, table));
    if (!whole) {
      width /= 2;  // Of zero it is one moment.
      continue;
    }
    const bool is_sparse = table.size() <= cells_at_once / 4;
    VARVE_CHECK(table.print(columns, epoch_times, output));
    if (last == extent.last) return {};
    from = last + 1;
    if (is_sparse && width <= width_max / 4) width = 2 * width + 1;
  }
}

}  // namespace varve::tools
