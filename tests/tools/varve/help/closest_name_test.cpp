#include "tools/varve/help/closest_name.hpp"

#include <gtest/gtest.h>

namespace varve::tools {
namespace {

TEST(EditDistance, counts_what_has_to_be_changed) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("query", ""), 5U);
  EXPECT_EQ(edit_distance("query", "query"), 0U);
  EXPECT_EQ(edit_distance("qury", "query"), 1U);
  EXPECT_EQ(edit_distance("qeury", "query"), 1U) << "two neighbours swapped";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(ClosestName, is_the_one_with_the_fewest_edits) {
  EXPECT_EQ(closest_name("--form", {"--format", "--from"}), "--from");
  EXPECT_EQ(closest_name("--formt", {"--format", "--from"}), "--format");
}

TEST(ClosestName, is_none_where_nothing_is_near) {
  EXPECT_EQ(closest_name("frobnicate", {"query", "export"}), std::nullopt);
  EXPECT_EQ(closest_name("x", {}), std::nullopt);
}

}  // namespace
}  // namespace varve::tools
