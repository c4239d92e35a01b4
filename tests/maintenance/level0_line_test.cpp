#include "maintenance/level0_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace varve::maintenance {
namespace {

TEST(Level0Line, keeps_regions_that_are_sure_to_hold_a_row_before_larger_ones) {
  // One row under the first cover, one under the last, in one cell: all those between count as
  // under it, too, and each is a region of its own, since it has keys beyond.
  constexpr Timestamp width = 1'000;
  std::vector<Cover> covers;
  for (std::size_t number = 0; number < 20; ++number) {
    const Timestamp begin = static_cast<Timestamp>(number) * width;
    const bool is_an_end = number == 0 || number == 19;
    const std::uint64_t bytes = std::uint64_t{is_an_end ? 1U : 12U} << 20;
    covers.push_back({{begin, begin + width / 2}, {"a", "z"}, bytes, {number}, false});
  }
  const engine::TimeSpan rows{1, 19 * width + 1};
  Rules rules;
  rules.window = 100 * width;
  rules.everything = true;
  const std::vector<Region> regions = choose_regions({{rows, 60}}, {"m", "m"}, covers, rules);
  EXPECT_EQ(regions.size(), rules.regions_max);
  for (const Timestamp row : {rows.first, rows.last}) {
    EXPECT_TRUE(std::ranges::any_of(regions, [row](const Region& region) {
      return region.times.contains(row);
    })) << row;
  }
}

}  // namespace
}  // namespace varve::maintenance
