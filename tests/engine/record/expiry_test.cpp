#include "engine/record/expiry.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <optional>

#include "tests/support/manual_clock.hpp"

namespace varve::engine {
namespace {

using std::chrono::microseconds;

TEST(Expiry, is_its_ttl_after_the_record) {
  EXPECT_EQ(expiry_of(100, microseconds(5)), 105);
  EXPECT_EQ(expiry_of(-100, microseconds(0)), -100);
  EXPECT_EQ(expiry_of(100, std::nullopt), std::nullopt);
}

TEST(Expiry, is_never_for_a_ttl_past_the_end_of_time) {
  EXPECT_EQ(expiry_of(1, Duration::max()), never);
}

TEST(Expiry, of_a_put_is_what_came_with_it_before_the_default) {
  EXPECT_EQ(expiry_of(100, Timestamp{7}, microseconds(5)), 7);
  EXPECT_EQ(expiry_of(100, never, microseconds(5)), never);
  EXPECT_EQ(expiry_of(100, std::nullopt, microseconds(5)), 105);
  EXPECT_EQ(expiry_of(100, std::nullopt, std::nullopt), never);
}

TEST(ExpiryClock, is_never_never_so_that_what_never_expires_has_not) {
  test::ManualClock clock(std::numeric_limits<Timestamp>::max());
  ExpiryClock expiry(clock);
  EXPECT_EQ(expiry.now(), never - 1);
  clock.set_wall(5);
  EXPECT_EQ(expiry.now(), 5);
  clock.set_wall(never);
  EXPECT_LT(expiry.now(), never);
}

}  // namespace
}  // namespace varve::engine
