#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "maintenance/compaction_choice.hpp"
#include "maintenance/windows.hpp"

// How a compaction from level 0 is cut in time.
//
// - Cells: small pieces of time, each with the inputs' rows that lie in it.
// - Covers: spans of time that tables outside the inputs take up. One of level 1 can be merged
//   with; a damaged one cannot. A cover is taken if merging it pays. Otherwise it stays, and the
//   rows above it stay in level 0.
// - Rows between covers go down freely, cut at the edges of windows.
// - Islands are the exception: a few rows far from the rest, as a wrong clock makes them. They stay
//   in level 0, since their table would span all the time up to them and overlap what is yet to
//   come.

namespace varve::maintenance {

using engine::TimeSpan;

namespace {

/// As a number that cannot overflow.
double length(const TimeSpan& times) {
  return static_cast<double>(times.last) - static_cast<double>(times.first) + 1;
}

struct Keys {
  std::string_view first;
  std::string_view last;

  bool overlaps(const engine::TableMeta& meta) const {
    return meta.first_key <= last && first <= meta.last_key;
  }
  void add(const engine::TableMeta& meta) {
    first = std::min<std::string_view>(first, meta.first_key);
    last = std::max<std::string_view>(last, meta.last_key);
  }
};

/// A stretch of time that tables outside level 0's inputs have.
struct Cover {
  TimeSpan times;
  Keys keys;
  std::uint64_t bytes = 0;
  std::vector<std::size_t> tables;  // Of level 1.
  bool barred = false;              // By a damaged table.
};

/// Rows of the inputs between two covers, or over one.
struct Stretch {
  TimeSpan times;
  double bytes = 0;              // Of the inputs.
  const Cover* cover = nullptr;  // Taken with it.
  /// The cover has keys beyond the inputs': a table that held other times too could meet tables of
  /// level 1 that are no part of this.
  bool alone = false;
};

/// Stretches that go down as tables side by side, with no untaken cover in between.
using Run = std::vector<Stretch>;

double bytes_of(const Run& run) {
  double bytes = 0;
  for (const Stretch& stretch : run) bytes += stretch.bytes;
  return bytes;
}
bool has_cover(const Run& run) {
  return std::ranges::any_of(run, [](const Stretch& one) { return one.cover != nullptr; });
}

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
      regions = choose_regions();
    } while (take_along(regions));
    if (rules_.everything ? regions.empty() : inputs().size() < 2) return std::nullopt;

    CompactionPlan plan{.output_level = 1, .inputs = {}, .regions = std::move(regions)};
    for (std::size_t position = 0; position < tables_.size(); ++position) {
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
    Keys keys{tables_[positions.front()].meta->first_key,
              tables_[positions.front()].meta->last_key};
    for (const std::size_t position : positions) keys.add(*tables_[position].meta);
    return keys;
  }

  Shape shape_of(std::size_t position) const {
    const LiveTable& table = tables_[position];
    if (table.shape != nullptr) return *table.shape;
    return {{table.meta->times, table.meta->size}};
  }

  bool meet(std::size_t a, std::size_t b) const {
    return tables_[a].meta->overlaps(*tables_[b].meta) && overlaps(shape_of(a), shape_of(b));
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
      const Shape shape = shape_of(position);
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
      const Shape shape = shape_of(position);
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

  /// Ascending and disjoint; also what tables of level 1 meet only by way of others in a cover.
  std::vector<Cover> covers(const TimeSpan& extent) const {
    const Keys hull = keys();
    const std::uint64_t newest = flush_max();
    std::vector<Cover> found;
    for (std::size_t position = 0; position < level0_; ++position) {
      const engine::TableMeta& meta = *tables_[position].meta;
      if (!out_[position] || meta.newest_flush > newest || !hull.overlaps(meta)) continue;
      for (const Cell& cell : shape_of(position)) {
        found.push_back({cell.times, hull, 0, {}, true});
      }
    }
    std::vector<bool> seen(tables_.size());
    const auto take = [&](std::size_t position) {
      const LiveTable& table = tables_[position];
      Cover cover{table.meta->times, hull, table.meta->size, {position}, table.blocked};
      cover.keys.add(*table.meta);
      found.push_back(std::move(cover));
      seen[position] = true;
    };
    const auto level1 = [&](std::size_t position) {
      return tables_[position].level == 1 && !seen[position];
    };
    for (std::size_t position = level0_; position < tables_.size(); ++position) {
      const engine::TableMeta& meta = *tables_[position].meta;
      if (level1(position) && hull.overlaps(meta) && meta.times.overlaps(extent)) take(position);
    }
    for (bool grown = true; grown;) {
      grown = false;
      found = merge(std::move(found));
      for (std::size_t position = level0_; position < tables_.size(); ++position) {
        const engine::TableMeta& meta = *tables_[position].meta;
        if (!level1(position)) continue;
        if (std::ranges::any_of(found, [&](const Cover& cover) {
              return cover.keys.overlaps(meta) && cover.times.overlaps(meta.times);
            })) {
          take(position);
          grown = true;
        }
      }
    }
    return found;
  }

  static std::vector<Cover> merge(std::vector<Cover> covers) {
    std::ranges::sort(covers, {}, [](const Cover& cover) { return cover.times.first; });
    std::vector<Cover> merged;
    for (Cover& cover : covers) {
      if (merged.empty() || cover.times.first > merged.back().times.last) {
        merged.push_back(std::move(cover));
        continue;
      }
      Cover& last = merged.back();
      last.times.last = std::max(last.times.last, cover.times.last);
      last.keys = {std::min(last.keys.first, cover.keys.first),
                   std::max(last.keys.last, cover.keys.last)};
      last.bytes += cover.bytes;
      last.tables.insert(last.tables.end(), cover.tables.begin(), cover.tables.end());
      last.barred = last.barred || cover.barred;
    }
    return merged;
  }

  /// The rows over each cover, and what is left of the cells between them. Rows within a cell
  /// count as spread evenly.
  static void divide(const Shape& cells, const std::vector<Cover>& covers,
                     std::vector<double>& over, std::vector<Stretch>& between) {
    over.assign(covers.size(), -1);
    for (const Cell& cell : cells) {
      const double density = static_cast<double>(cell.bytes) / length(cell.times);
      TimeSpan rest = cell.times;
      bool left = true;
      for (std::size_t at = 0; at < covers.size() && left; ++at) {
        const TimeSpan& cover = covers[at].times;
        if (!cover.overlaps(rest)) continue;
        if (rest.first < cover.first) {
          const TimeSpan before{rest.first, cover.first - 1};
          between.push_back({before, density * length(before), nullptr, false});
        }
        const TimeSpan under{std::max(rest.first, cover.first), std::min(rest.last, cover.last)};
        over[at] = std::max(over[at], 0.0) + density * length(under);
        left = rest.last > cover.last;
        if (left) rest.first = cover.last + 1;
      }
      if (left) between.push_back({rest, density * length(rest), nullptr, false});
    }
  }

  bool pays(const Cover& cover, double over) const {
    if (cover.barred || over < 0) return false;
    return rules_.everything ||
           over * static_cast<double>(rules_.share) >= static_cast<double>(cover.bytes);
  }

  /// A hole in time wider than what the bulk of the rows takes parts islands from it.
  double hole_max(const Shape& cells) const {
    double total = 0;
    for (const Cell& cell : cells) total += static_cast<double>(cell.bytes);
    double sum = 0;
    Timestamp first = cells.front().times.first;
    Timestamp last = cells.back().times.last;
    for (const Cell& cell : cells) {
      const double before = std::exchange(sum, sum + static_cast<double>(cell.bytes));
      if (before <= total / 16) first = cell.times.first;
      if (sum >= total - total / 16) {
        last = cell.times.last;
        break;
      }
    }
    return length({first, last}) + 8 * static_cast<double>(rules_.window);
  }

  std::vector<Region> choose_regions() {
    const Shape all = cells();
    covers_ = covers({all.front().times.first, all.back().times.last});
    const Keys hull = keys();
    std::vector<double> over;
    std::vector<Stretch> line;
    divide(all, covers_, over, line);
    std::vector<TimeSpan> walls;
    for (std::size_t at = 0; at < covers_.size(); ++at) {
      if (pays(covers_[at], over[at])) {
        const bool alone = covers_[at].keys.first < hull.first || covers_[at].keys.last > hull.last;
        line.push_back({covers_[at].times, over[at], &covers_[at], alone});
      } else {
        walls.push_back(covers_[at].times);
      }
    }
    std::ranges::sort(line, {}, [](const Stretch& one) { return one.times.first; });

    double total = 0;
    for (const Cell& cell : all) total += static_cast<double>(cell.bytes);
    const double enough = std::min(static_cast<double>(rules_.island_bytes), total / 4);
    std::vector<Region> regions;
    for (const Run& run : runs(line, walls, hole_max(all), enough)) {
      if (!rules_.everything && !has_cover(run) && bytes_of(run) < enough) continue;
      cut(run, regions);
    }
    return bounded(std::move(regions));
  }

  /// Parts the line at walls and at holes. Small islands that are neighbours stay together.
  static std::vector<Run> runs(const std::vector<Stretch>& line, const std::vector<TimeSpan>& walls,
                               double hole_max, double enough) {
    const auto small = [&](const Run& run) { return !has_cover(run) && bytes_of(run) < enough; };
    std::vector<Run> runs;
    std::size_t run_of_wall = 0;  // The first run after the last wall.
    std::size_t wall = 0;
    for (const Stretch& stretch : line) {
      bool walled = stretch.alone || (!runs.empty() && runs.back().back().alone);
      while (wall < walls.size() && walls[wall].first < stretch.times.first) {
        walled = true;
        ++wall;
      }
      const bool hole =
          !runs.empty() && length({runs.back().back().times.last, stretch.times.first}) > hole_max;
      if (walled) run_of_wall = runs.size();
      if (runs.empty() || walled || hole) {
        runs.push_back({stretch});
      } else {
        runs.back().push_back(stretch);
      }
      // A run that has ended small behind another small one belongs to it.
      const std::size_t count = runs.size();
      if ((walled || hole) && count >= 3 && count - 3 >= run_of_wall && small(runs[count - 2]) &&
          small(runs[count - 3])) {
        runs[count - 3].insert(runs[count - 3].end(), runs[count - 2].begin(),
                               runs[count - 2].end());
        runs.erase(runs.end() - 2);
      }
    }
    const std::size_t count = runs.size();
    if (count >= 2 && count - 2 >= run_of_wall && small(runs[count - 1]) &&
        small(runs[count - 2])) {
      runs[count - 2].insert(runs[count - 2].end(), runs[count - 1].begin(), runs[count - 1].end());
      runs.pop_back();
    }
    return runs;
  }

  /// Where a window ends, and enough lies on both sides.
  void cut(const Run& run, std::vector<Region>& regions) const {
    const auto weight = [](const Stretch& one) {
      return one.bytes + (one.cover == nullptr ? 0 : static_cast<double>(one.cover->bytes));
    };
    double left = 0;
    for (const Stretch& stretch : run) left += weight(stretch);
    const double enough = static_cast<double>(rules_.cut_bytes);
    double bytes = 0;
    Timestamp first = run.front().times.first;
    for (std::size_t at = 0; at < run.size(); ++at) {
      bytes += weight(run[at]);
      left -= weight(run[at]);
      const bool last = at + 1 == run.size();
      if (!last && (bytes < enough || left < enough ||
                    run[at + 1].times.first <= window_last(run[at].times.last, rules_.window))) {
        continue;
      }
      regions.push_back({{first, run[at].times.last}, static_cast<std::uint64_t>(bytes)});
      bytes = 0;
      if (!last) first = run[at + 1].times.first;
    }
  }

  /// The largest, as many as one job may write. The others wait for the next.
  std::vector<Region> bounded(std::vector<Region> regions) const {
    std::ranges::stable_sort(regions, std::ranges::greater{}, &Region::bytes);
    if (regions.size() > rules_.regions_max) regions.resize(rules_.regions_max);
    std::uint64_t total = 0;
    std::size_t count = 0;
    for (const Region& region : regions) {
      total += region.bytes;
      if (count != 0 && total > 2 * rules_.job_bytes) break;
      ++count;
    }
    regions.resize(count);
    std::ranges::sort(regions, {}, [](const Region& region) { return region.times.first; });
    return regions;
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
