#include "maintenance/level0_line.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"
#include "maintenance/windows.hpp"

// The line: all of the inputs' rows in the order of time, in pieces between covers and over those
// that are taken. Walls (covers that are not taken) and holes part it into bands. A band that is an
// island stays where it is; the others are cut into regions.

namespace varve::maintenance {

using engine::TimeSpan;

namespace {

/// As a number that cannot overflow.
double length(const TimeSpan& times) {
  return static_cast<double>(times.last) - static_cast<double>(times.first) + 1;
}

/// Rows of the inputs between two covers, or over one.
struct Piece {
  TimeSpan times;
  double bytes = 0;              // Of the inputs.
  const Cover* cover = nullptr;  // Taken with it.
  /// The cover has keys beyond the inputs': a table that held other times too could meet tables of
  /// level 1 that are no part of this.
  bool alone = false;
};

/// Pieces that go down as tables side by side, with no untaken cover in between.
using Band = std::vector<Piece>;

double bytes_of(const Band& band) {
  double bytes = 0;
  for (const Piece& piece : band) bytes += piece.bytes;
  return bytes;
}
bool has_cover(const Band& band) {
  return std::ranges::any_of(band, [](const Piece& one) { return one.cover != nullptr; });
}

/// The rows over each cover, and what is left of the cells between them. Rows within a cell
/// count as spread evenly.
void divide(const Shape& cells, const std::vector<Cover>& covers, std::vector<double>& over,
            std::vector<Piece>& between) {
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

bool pays(const Cover& cover, double over, const Rules& rules) {
  if (cover.barred || over < 0) return false;
  return rules.everything ||
         over * static_cast<double>(rules.share) >= static_cast<double>(cover.bytes);
}

/// A hole in time wider than what the bulk of the rows takes parts islands from it.
double hole_max(const Shape& cells, const Rules& rules) {
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
  return length({first, last}) + 8 * static_cast<double>(rules.window);
}

/// Parts the line at walls and at holes. Small islands that are neighbours stay together.
std::vector<Band> bands_of(const std::vector<Piece>& line, const std::vector<TimeSpan>& walls,
                           double hole_max, double enough) {
  const auto small = [&](const Band& band) { return !has_cover(band) && bytes_of(band) < enough; };
  std::vector<Band> bands;
  std::size_t band_of_wall = 0;  // The first band after the last wall.
  std::size_t wall = 0;
  for (const Piece& piece : line) {
    bool walled = piece.alone || (!bands.empty() && bands.back().back().alone);
    while (wall < walls.size() && walls[wall].first < piece.times.first) {
      walled = true;
      ++wall;
    }
    const bool hole =
        !bands.empty() && length({bands.back().back().times.last, piece.times.first}) > hole_max;
    if (walled) band_of_wall = bands.size();
    if (bands.empty() || walled || hole) {
      bands.push_back({piece});
    } else {
      bands.back().push_back(piece);
    }
    // A band that has ended small behind another small one belongs to it.
    const std::size_t count = bands.size();
    if ((walled || hole) && count >= 3 && count - 3 >= band_of_wall && small(bands[count - 2]) &&
        small(bands[count - 3])) {
      bands[count - 3].insert(bands[count - 3].end(), bands[count - 2].begin(),
                              bands[count - 2].end());
      bands.erase(bands.end() - 2);
    }
  }
  const std::size_t count = bands.size();
  if (count >= 2 && count - 2 >= band_of_wall && small(bands[count - 1]) &&
      small(bands[count - 2])) {
    bands[count - 2].insert(bands[count - 2].end(), bands[count - 1].begin(),
                            bands[count - 1].end());
    bands.pop_back();
  }
  return bands;
}

/// Where a window ends, and enough lies on both sides; else where so many tables of level 1 are
/// taken that one merge should open no more.
void cut(const Band& band, const Rules& rules, std::vector<Region>& regions) {
  const auto weight = [](const Piece& one) {
    return one.bytes + (one.cover == nullptr ? 0 : static_cast<double>(one.cover->bytes));
  };
  double left = 0;
  for (const Piece& piece : band) left += weight(piece);
  const double enough = static_cast<double>(rules.cut_bytes);
  double bytes = 0;
  std::size_t tables = 0;
  Timestamp first = band.front().times.first;
  for (std::size_t at = 0; at < band.size(); ++at) {
    bytes += weight(band[at]);
    left -= weight(band[at]);
    tables += band[at].cover == nullptr ? 0 : band[at].cover->tables.size();
    const bool last = at + 1 == band.size();
    const bool ends_here =
        last || tables >= rules.job_tables ||
        (bytes >= enough && left >= enough &&
         band[at + 1].times.first > window_last(band[at].times.last, rules.window));
    if (!ends_here) continue;
    regions.push_back({{first, band[at].times.last}, static_cast<std::uint64_t>(bytes)});
    bytes = 0;
    tables = 0;
    if (!last) first = band[at + 1].times.first;
  }
}

/// Whether a row of the inputs is sure to lie in the region: a cell has one at either end. Between
/// them its rows may leave the region empty, however many bytes it counts.
bool holds_row(const Region& region, const Shape& cells) {
  const auto cell = std::ranges::lower_bound(cells, region.times.first, {},
                                             [](const Cell& one) { return one.times.last; });
  if (cell == cells.end()) return false;  // The next ones begin after this one ends.
  return region.times.contains(cell->times.first) || region.times.contains(cell->times.last);
}

/// As many as one job may write: those that are sure to hold a row before the others, so that each
/// job moves one, and of either kind the largest. The others wait for the next.
std::vector<Region> bounded(std::vector<Region> regions, const Shape& cells, const Rules& rules) {
  std::ranges::stable_sort(regions, std::ranges::greater{}, &Region::bytes);
  std::ranges::stable_partition(regions,
                                [&](const Region& region) { return holds_row(region, cells); });
  if (regions.size() > rules.regions_max) regions.resize(rules.regions_max);
  std::uint64_t total = 0;
  std::size_t count = 0;
  for (const Region& region : regions) {
    total += region.bytes;
    if (count != 0 && total > 2 * rules.job_bytes) break;
    ++count;
  }
  regions.resize(count);
  std::ranges::sort(regions, {}, [](const Region& region) { return region.times.first; });
  VARVE_ASSERT(std::ranges::adjacent_find(regions, [](const Region& one, const Region& next) {
                 return one.times.last >= next.times.first;
               }) == regions.end());
  return regions;
}

}  // namespace

std::vector<Region> choose_regions(const Shape& cells, const Keys& keys,
                                   const std::vector<Cover>& covers, const Rules& rules) {
  VARVE_ASSERT(!cells.empty());
  std::vector<double> over;
  std::vector<Piece> line;
  divide(cells, covers, over, line);
  std::vector<TimeSpan> walls;
  for (std::size_t at = 0; at < covers.size(); ++at) {
    const Cover& cover = covers[at];
    if (pays(cover, over[at], rules)) {
      const bool alone = cover.keys.first < keys.first || cover.keys.last > keys.last;
      line.push_back({cover.times, over[at], &cover, alone});
    } else {
      walls.push_back(cover.times);
    }
  }
  std::ranges::sort(line, {}, [](const Piece& one) { return one.times.first; });

  double total = 0;
  for (const Cell& cell : cells) total += static_cast<double>(cell.bytes);
  const double enough = std::min(static_cast<double>(rules.island_bytes), total / 4);
  std::vector<Region> regions;
  for (const Band& band : bands_of(line, walls, hole_max(cells, rules), enough)) {
    if (!rules.everything && !has_cover(band) && bytes_of(band) < enough) continue;
    cut(band, rules, regions);
  }
  return bounded(std::move(regions), cells, rules);
}

}  // namespace varve::maintenance
