#include "maintenance/time_shape.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "maintenance/windows.hpp"

namespace varve::maintenance {
namespace {

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();

TEST(Windows, begin_at_multiples_of_their_width_before_the_epoch_too) {
  EXPECT_EQ(window_first(0, 10), 0);
  EXPECT_EQ(window_last(9, 10), 9);
  EXPECT_EQ(window_first(19, 10), 10);
  EXPECT_EQ(window_first(-1, 10), -10);
  EXPECT_EQ(window_last(-10, 10), -1);
  EXPECT_EQ(window_last(-11, 10), -11);
}

TEST(Windows, saturate_at_both_ends_of_time) {
  EXPECT_EQ(window_first(least, 10), least);
  EXPECT_LT(window_last(least, 10), least + 10);
  EXPECT_EQ(window_last(greatest, 10), greatest);
  EXPECT_EQ(window_last(greatest, greatest), greatest);
  EXPECT_EQ(window_width(greatest / 2, 7), greatest);
  EXPECT_EQ(window_width(10, 1), 10);
  EXPECT_EQ(window_width(10, 3), 640);
}

TEST(ShapeBuilder, keeps_one_cell_per_window_with_its_exact_ends) {
  ShapeBuilder builder(10);
  builder.add(std::vector<Timestamp>{3, 7, 12, 18, 45}, 500);
  builder.add(std::vector<Timestamp>{-1, 5}, 20);
  EXPECT_EQ(builder.finish(),
            (Shape{{{-1, -1}, 10}, {{3, 7}, 210}, {{12, 18}, 200}, {{45, 45}, 100}}));
}

TEST(ShapeBuilder, stays_small_when_every_row_has_a_window_of_its_own) {
  std::vector<Timestamp> timestamps;
  for (Timestamp year = 0; year < 100'000; ++year) timestamps.push_back(year * 31'536'000'000'000);
  timestamps.push_back(greatest);
  ShapeBuilder builder(3'600'000'000);
  builder.add(std::vector<Timestamp>{least}, 1);
  builder.add(timestamps, timestamps.size() * 2);
  const Shape shape = builder.finish();
  EXPECT_LE(shape.size(), ShapeBuilder::cells_max);
  std::uint64_t bytes = 0;
  for (const Cell& cell : shape) bytes += cell.bytes;
  for (std::size_t at = 1; at < shape.size(); ++at) {
    EXPECT_GT(shape[at].times.first, shape[at - 1].times.last);
  }
  EXPECT_EQ(bytes, timestamps.size() * 2 + 1);
  EXPECT_EQ(shape.front().times, (engine::TimeSpan{least, least}));
  EXPECT_EQ(shape.back().times.last, greatest);
}

TEST(Shape, overlaps_only_where_a_cell_does) {
  const Shape shape{{{0, 9}, 1}, {{20, 29}, 1}};
  EXPECT_TRUE(overlaps(shape, engine::TimeSpan{9, 15}));
  EXPECT_TRUE(overlaps(shape, engine::TimeSpan{15, 20}));
  EXPECT_FALSE(overlaps(shape, engine::TimeSpan{10, 19}));
  EXPECT_FALSE(overlaps(shape, engine::TimeSpan{30, 99}));
  EXPECT_TRUE(overlaps(shape, Shape{{{10, 10}, 1}, {{25, 40}, 1}}));
  EXPECT_FALSE(overlaps(shape, Shape{{{10, 19}, 1}, {{30, 40}, 1}}));
}

}  // namespace
}  // namespace varve::maintenance
