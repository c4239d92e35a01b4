#include "varve/time.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace varve {
namespace {

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();

TEST(Time, added_beyond_its_ends_stays_there) {
  EXPECT_EQ(saturating_add(40, 2), 42);
  EXPECT_EQ(saturating_add(never - 1, 1), never);
  EXPECT_EQ(saturating_add(never, 1), never);
  EXPECT_EQ(saturating_add(5, std::numeric_limits<std::int64_t>::max()), never);
  EXPECT_EQ(saturating_add(least, -1), least);
  EXPECT_EQ(saturating_add(-5, std::numeric_limits<std::int64_t>::min()), least);
}

}  // namespace
}  // namespace varve
