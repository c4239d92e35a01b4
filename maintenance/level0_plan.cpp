#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "maintenance/compaction_choice.hpp"
#include "maintenance/level0_covers.hpp"
#include "maintenance/level0_line.hpp"

// How a compaction from level 0 is cut in time.
//
// - Inputs: the tables of level 0 that are compacted. The planner here says which others have to
//   come along, until nothing changes.
// - Cells: short spans of time, each with the inputs' rows that lie in it.
// - Covers: spans of time that tables outside the inputs take up (level0_covers). One of level 1
//   can be merged with; a damaged one cannot. A cover is taken if merging it pays. Otherwise it
//   stays, and the rows above it stay in level 0.
// - Bands: rows between covers that stay (level0_line). They go down freely, cut at the edges of
//   windows.
// - Islands are the exception: a few rows far from the rest, as a wrong clock makes them. They stay
//   in level 0, since their table would span all the time up to them and overlap what is yet to
//   come.

namespace varve::maintenance {

namespace {

class Planner {
 public:
  Planner(const LiveTables& tables, const Rules& rules, const std::vector<std::size_t>& seeds)
      : tables_(tables), rules_(rules), in_(tables.size()), out_(tables.size()) {
    while (level0_ < tables.size() && tables[level0_].level == 0) ++level0_;
    for (const std::size_t seed : seeds) in_[seed] = true;
    for (std::size_t position = 0; position < tables.size(); ++position) {
      out_[position] = tables[position].blocked;
    }
  }

  std::optional<CompactionPlan> plan() {
    std::vector<Region> regions;
    do {
      close_between();
      if (inputs().empty()) return std::nullopt;
      regions = this->regions();
    } while (take_along(regions));
    if (rules_.everything ? regions.empty() : inputs().size() < 2) return std::nullopt;

    CompactionPlan plan{.output_level = 1, .inputs = {}, .regions = std::move(regions)};
    for (std::size_t position = 0; position < tables_.size(); ++position) {
      VARVE_ASSERT(!in_[position] || !out_[position]);
      if (in_[position] || taken(plan.regions, position)) {
        plan.inputs.push_back(tables_[position].meta->number);
      }
    }
    return plan;
  }

 private:
  std::vector<std::size_t> inputs() const {
    std::vector<std::size_t> positions;
    for (std::size_t position = 0; position < level0_; ++position) {
      if (in_[position]) positions.push_back(position);
    }
    return positions;
  }

  std::uint64_t flush_max() const {
    std::uint64_t flush = 0;
    for (const std::size_t position : inputs()) {
      flush = std::max(flush, tables_[position].meta->newest_flush);
    }
    return flush;
  }

  Keys keys() const {
    const auto positions = inputs();
    Keys keys = keys_of(*tables_[positions.front()].meta);
    for (const std::size_t position : positions) keys.add(keys_of(*tables_[position].meta));
    return keys;
  }

  bool meet(std::size_t a, std::size_t b) const {
    return tables_[a].meta->overlaps(*tables_[b].meta) &&
           overlaps(cells_of(tables_[a]), cells_of(tables_[b]));
  }

  /// Rows that stay in level 0 come to count as new as the newest input: whatever lies between
  /// and meets an older input has to come along, or that input stays out.
  void close_between() {
    for (bool changed = true; changed;) {
      changed = false;
      const std::uint64_t newest = flush_max();
      for (std::size_t position = 0; position < level0_ && !changed; ++position) {
        if (in_[position] || tables_[position].meta->newest_flush > newest) continue;
        for (std::size_t older = position + 1; older < level0_; ++older) {
          if (!in_[older] || !meet(older, position)) continue;
          const bool comes = !out_[position];
          in_[comes ? position : older] = comes;
          if (!comes) out_[older] = true;
          changed = true;
          break;
        }
      }
    }
  }

  /// Tables that stay in level 0 must have no rows where rows go down past them. True if some
  /// were added.
  bool take_along(const std::vector<Region>& regions) {
    const std::uint64_t newest = flush_max();
    const Keys hull = keys();
    bool added = false;
    for (std::size_t position = 0; position < level0_; ++position) {
      const LiveTable& table = tables_[position];
      // Those that cannot come are covers: no region lies over them.
      if (in_[position] || out_[position] || table.meta->newest_flush > newest) continue;
      if (!hull.overlaps(*table.meta)) continue;
      const Shape shape = cells_of(tables_[position]);
      if (std::ranges::any_of(
              regions, [&](const Region& region) { return overlaps(shape, region.times); })) {
        in_[position] = true;
        added = true;
      }
    }
    return added;
  }

  Shape cells() const {
    Shape all;
    for (const std::size_t position : inputs()) {
      const Shape shape = cells_of(tables_[position]);
      all.insert(all.end(), shape.begin(), shape.end());
    }
    std::ranges::sort(all, {}, [](const Cell& cell) { return cell.times.first; });
    Shape merged;
    for (const Cell& cell : all) {
      if (!merged.empty() && cell.times.first <= merged.back().times.last) {
        merged.back().times.last = std::max(merged.back().times.last, cell.times.last);
        merged.back().bytes += cell.bytes;
      } else {
        merged.push_back(cell);
      }
    }
    return merged;
  }

  std::vector<Region> regions() {
    const Shape all = cells();
    covers_ = find_covers(tables_, out_,
                          {keys(), {all.front().times.first, all.back().times.last}, flush_max()});
    return choose_regions(all, keys(), covers_, rules_);
  }

  /// Whether a table of level 1 lies in the regions.
  bool taken(const std::vector<Region>& regions, std::size_t position) const {
    if (tables_[position].level != 1) return false;
    for (const Cover& cover : covers_) {
      if (std::ranges::find(cover.tables, position) == cover.tables.end()) continue;
      return std::ranges::any_of(
          regions, [&](const Region& region) { return region.times.overlaps(cover.times); });
    }
    return false;
  }

  const LiveTables& tables_;
  const Rules& rules_;
  std::size_t level0_ = 0;
  std::vector<bool> in_;   // Of level 0.
  std::vector<bool> out_;  // Cannot come.
  std::vector<Cover> covers_;
};

}  // namespace

std::optional<CompactionPlan> plan_level0(const LiveTables& tables, const Rules& rules,
                                          const std::vector<std::size_t>& seeds) {
  return Planner(tables, rules, seeds).plan();
}

}  // namespace varve::maintenance
