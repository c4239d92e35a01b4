#include "tools/formats/parsed.hpp"

#include <gtest/gtest.h>

namespace varve::tools {
namespace {

TEST(Parsed, counts_the_offset_of_a_part_from_the_front_of_the_whole) {
  const Parsed<int> part = problem("no number", 2);
  EXPECT_EQ(part_at(5, part).error(), (Problem{"no number", 7}));
}

TEST(Parsed, puts_a_problem_without_a_place_where_its_part_begins) {
  const Parsed<int> part = problem("no number");
  EXPECT_EQ(part_at(5, part).error(), (Problem{"no number", 5}));
  EXPECT_EQ(part_at(5, Parsed<int>(1)), 1);
}

}  // namespace
}  // namespace varve::tools
