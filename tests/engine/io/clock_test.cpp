#include "varve/clock.hpp"

#include <gtest/gtest.h>
#include <sys/timex.h>
#include <unistd.h>

#include "tests/support/manual_clock.hpp"

namespace varve {
namespace {

TEST(SystemClock, tells_the_time_of_day_in_microseconds) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto expected = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  EXPECT_NEAR(static_cast<double>(system_clock()->wall()), static_cast<double>(expected), 60e6);
}

TEST(SystemClock, never_goes_back) {
  const auto clock = system_clock();
  auto last = clock->monotonic();
  for (int i = 0; i < 1000; ++i) {
    const auto now = clock->monotonic();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, is_synchronised_only_where_the_kernel_says_so) {
  struct timex asked{};
  const int state = ::adjtimex(&asked);
  const long nominal = 1'000'000 / ::sysconf(_SC_CLK_TCK);
  const bool is_slewed_fast =
      asked.tick < nominal - nominal / 1'000 || asked.tick > nominal + nominal / 1'000;
  const bool says_so =
      state >= 0 && state != TIME_ERROR && (asked.status & STA_UNSYNC) == 0 && !is_slewed_fast;
  EXPECT_EQ(system_clock()->synchronised(), says_so);
}

TEST(ManualClock, is_synchronised_until_it_is_told_otherwise) {
  test::ManualClock clock;
  EXPECT_TRUE(clock.synchronised());
  clock.set_synchronised(false);
  EXPECT_FALSE(clock.synchronised());
}

TEST(ManualClock, moves_only_when_told_and_its_wall_back_too) {
  test::ManualClock clock(1'000'000);
  EXPECT_EQ(clock.wall(), 1'000'000);
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(clock.wall(), 3'000'000);
  EXPECT_EQ(clock.monotonic(), std::chrono::seconds(2));
  clock.step_wall(std::chrono::hours(-12));
  EXPECT_EQ(clock.wall(), 3'000'000 - 12LL * 3'600'000'000);
  EXPECT_EQ(clock.monotonic(), std::chrono::seconds(2));
  clock.set_wall(-5);
  EXPECT_EQ(clock.wall(), -5);
}

}  // namespace
}  // namespace varve
