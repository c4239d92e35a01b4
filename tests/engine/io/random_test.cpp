#include "tests/support/random.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace varve::test {
namespace {

TEST(Random, gives_the_same_numbers_for_the_same_seed) {
  Random one(5);
  Random two(5);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next(), two.next());
  EXPECT_EQ(Random(5).next(), 12'415'856'028'556'828'342u) << "with every library";
}

TEST(Random, stays_within_its_bounds_and_reaches_them) {
  Random random(test_seed());
  SCOPED_TRACE(describe_seed(test_seed()));
  std::set<std::uint64_t> below;
  std::set<std::int64_t> between;
  for (int i = 0; i < 1000; ++i) {
    below.insert(random.below(7));
    between.insert(random.between(-2, 2));
  }
  EXPECT_EQ(below, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(between, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
}

}  // namespace
}  // namespace varve::test
