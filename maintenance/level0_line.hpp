#pragma once

#include <vector>

#include "maintenance/level0_covers.hpp"

namespace varve::maintenance {

/// The regions in which rows of level 0 go down, chosen along the line of time: `cells` is where
/// the inputs' rows lie and `keys` what keys they have, `covers` what takes up time beside them.
/// Cells and covers are ascending and disjoint, and so are the regions.
std::vector<Region> choose_regions(const Shape& cells, const Keys& keys,
                                   const std::vector<Cover>& covers, const Rules& rules);

}  // namespace varve::maintenance
