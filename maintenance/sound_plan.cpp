#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/version/version_edit.hpp"
#include "maintenance/compaction_choice.hpp"

namespace varve::maintenance {

using engine::TableMeta;
using engine::TimeSpan;

namespace {

bool are_ascending(const std::vector<Region>& regions) {
  for (std::size_t at = 0; at < regions.size(); ++at) {
    if (regions[at].times.empty()) return false;
    if (at > 0 && regions[at - 1].times.last >= regions[at].times.first) return false;
  }
  return true;
}

/// Where rows of a table can be, in regions and outside of all.
struct Parts {
  Shape inside;
  Shape outside;
};

/// REQUIRES ascending regions.
Parts parts_of(const Shape& shape, const std::vector<Region>& regions) {
  VARVE_ASSERT(are_ascending(regions));
  Parts parts;
  for (const Cell& cell : shape) {
    TimeSpan rest = cell.times;
    bool left = true;
    auto region = std::ranges::lower_bound(regions, rest.first, {},
                                           [](const Region& one) { return one.times.last; });
    for (; left && region != regions.end() && region->times.overlaps(rest); ++region) {
      const TimeSpan& times = region->times;
      if (rest.first < times.first) parts.outside.push_back({{rest.first, times.first - 1}, 0});
      parts.inside.push_back(
          {{std::max(rest.first, times.first), std::min(rest.last, times.last)}, 0});
      left = rest.last > times.last;
      if (left) rest.first = times.last + 1;
    }
    if (left) parts.outside.push_back({rest, 0});
  }
  return parts;
}

/// One plan, looked at. Positions are those of `tables`.
class PlanCheck {
 public:
  PlanCheck(const CompactionPlan& plan, const LiveTables& tables)
      : plan_(plan), tables_(tables), is_input_(tables.size()) {}

  bool passes() {
    if (!are_ascending(plan_.regions) || plan_.output_level >= engine::level_count) return false;
    if (!find_inputs()) return false;
    return std::ranges::all_of(inputs_, [this](std::size_t input) { return may_move(input); }) &&
           std::ranges::all_of(plan_.regions,
                               [this](const Region& region) { return fits(region); });
  }

 private:
  bool find_inputs() {
    for (const std::uint64_t number : plan_.inputs) {
      const auto at = std::ranges::find_if(
          tables_, [&](const LiveTable& table) { return table.meta->number == number; });
      if (at == tables_.end() || at->blocked || at->level > plan_.output_level) return false;
      const auto position = static_cast<std::size_t>(at - tables_.begin());
      if (!inputs_.empty() && position <= inputs_.back()) return false;
      inputs_.push_back(position);
      is_input_[position] = true;
      if (at->level == 0) newest_flush_ = std::max(newest_flush_, at->meta->newest_flush);
    }
    return !inputs_.empty();
  }

  Shape shape_of(const LiveTable& table) const {
    if (table.shape != nullptr) return *table.shape;
    return {{table.meta->times, table.meta->size}};
  }

  /// Two tables of one flush, and two of one level above 0, have no row in common.
  static bool is_newer(const LiveTable& one, const LiveTable& other) {
    if (one.level != other.level) return one.level < other.level;
    return one.level == 0 && one.meta->newest_flush > other.meta->newest_flush;
  }

  /// Whether the input's rows meet no table on their way that they must not pass.
  bool may_move(std::size_t position) const {
    const LiveTable& input = tables_[position];
    Parts parts = parts_of(shape_of(input), plan_.regions);
    if (input.level > 0 && !parts.outside.empty()) return false;
    // Then all of it stays in level 0.
    if (plan_.output_level == 0) parts = {{}, shape_of(input)};
    for (std::size_t other = 0; other < tables_.size(); ++other) {
      const LiveTable& table = tables_[other];
      if (is_input_[other] || !table.meta->overlaps(*input.meta)) continue;
      const bool sinks_below = is_newer(input, table) && table.level < plan_.output_level;
      if (sinks_below && overlaps(parts.inside, shape_of(table))) return false;
      // What stays in level 0 comes to count as its newest input.
      const bool rises_above =
          is_newer(table, input) && table.level == 0 && table.meta->newest_flush <= newest_flush_;
      if (rises_above && overlaps(parts.outside, shape_of(table))) return false;
    }
    return true;
  }

  /// Whether the tables of the region overlap none that stays at their level.
  bool fits(const Region& region) const {
    if (plan_.output_level == 0) return true;
    std::optional<TableMeta> box;  // Of all that they can hold.
    for (const std::size_t position : inputs_) {
      const TableMeta& meta = *tables_[position].meta;
      if (!meta.times.overlaps(region.times)) continue;
      if (!box) {
        box.emplace();
        box->times = region.times;
        box->first_key = meta.first_key;
        box->last_key = meta.last_key;
      }
      box->first_key = std::min(box->first_key, meta.first_key);
      box->last_key = std::max(box->last_key, meta.last_key);
    }
    if (!box) return true;
    for (std::size_t other = 0; other < tables_.size(); ++other) {
      const LiveTable& table = tables_[other];
      if (table.level == plan_.output_level && !is_input_[other] && table.meta->overlaps(*box)) {
        return false;
      }
    }
    return true;
  }

  const CompactionPlan& plan_;
  const LiveTables& tables_;
  std::vector<std::size_t> inputs_;
  std::vector<bool> is_input_;
  std::uint64_t newest_flush_ = 0;  // Of the inputs of level 0.
};

}  // namespace

bool is_sound(const CompactionPlan& plan, const LiveTables& tables) {
  return PlanCheck(plan, tables).passes();
}

}  // namespace varve::maintenance
