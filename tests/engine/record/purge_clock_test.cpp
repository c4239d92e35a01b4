// The time by which what has expired may go for good, told what the clocks say.

#include "engine/record/purge_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace varve::engine {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp second = 1'000'000;
constexpr Timestamp hour = 3'600 * second;
constexpr Timestamp day = 24 * hour;
constexpr Timestamp start = 20'000 * day;
constexpr Timestamp first = std::numeric_limits<Timestamp>::min();
constexpr Timestamp last = std::numeric_limits<Timestamp>::max();

/// A PurgeClock that trusts `start` at the monotonic moment 0.
class PurgeClockTest : public testing::Test {
 protected:
  PurgeClockTest() { clock_.resume(start, 0s); }

  Timestamp unconfirmed(Timestamp wall, std::chrono::nanoseconds monotonic) {
    return clock_.move_to({wall, monotonic, false});
  }
  Timestamp synchronised(Timestamp wall, std::chrono::nanoseconds monotonic) {
    return clock_.move_to({wall, monotonic, true});
  }

  PurgeClock clock_;
};

TEST_F(PurgeClockTest, takes_the_wall_for_want_of_anything_else_where_nothing_was_stored) {
  PurgeClock fresh;
  EXPECT_FALSE(fresh.is_apart({start, 5s}));
  EXPECT_EQ(fresh.move_to({start, 5s}), start);
  EXPECT_TRUE(fresh.is_apart({start + day, 5s}));
}

TEST_F(PurgeClockTest, goes_on_with_a_wall_that_runs_as_time_does) {
  EXPECT_EQ(unconfirmed(start + hour, 1h), start + hour);
  EXPECT_EQ(unconfirmed(start + 2 * hour + second, 2h), start + 2 * hour + second) << "it drifts";
  EXPECT_EQ(unconfirmed(start + 3 * hour - second, 3h), start + 3 * hour - second);
}

TEST_F(PurgeClockTest, is_not_moved_by_a_wall_that_was_set_a_moment_ago) {
  EXPECT_EQ(unconfirmed(start + 60 * day, 0s), start);
  EXPECT_EQ(unconfirmed(start + 3'650 * day, 0s), start);
  EXPECT_EQ(unconfirmed(0, 0s), start);
}

TEST_F(PurgeClockTest, is_not_moved_by_that_however_long_ago_anybody_looked) {
  EXPECT_EQ(unconfirmed(start + 10 * day + 3'650 * day, 240h), start + 10 * day);
}

TEST_F(PurgeClockTest, is_not_moved_by_that_where_the_wall_was_seen_elsewhere_long_ago) {
  EXPECT_EQ(unconfirmed(0, 0s), start) << "it boots in 1970";
  EXPECT_EQ(unconfirmed(start + 20 * hour + 3'650 * day, 20h), start + 20 * hour);
}

TEST_F(PurgeClockTest, follows_a_wall_that_stays_ahead_by_a_day_an_hour) {
  unconfirmed(start + 3'650 * day, 0s);
  EXPECT_EQ(unconfirmed(start + 3'650 * day + hour, 1h), start + hour + day);
  EXPECT_EQ(unconfirmed(start + 3'650 * day + 5 * hour, 5h), start + 5 * hour + 5 * day);
}

TEST_F(PurgeClockTest, follows_it_as_far_however_often_anybody_looks) {
  // Always a bit more than whole microseconds.
  for (int tick = 0; tick < 36'000; ++tick) {
    unconfirmed(start + 3'650 * day + tick * second / 10, tick * 100ms + 1ns * (tick % 1'000));
  }
  EXPECT_NEAR(static_cast<double>(unconfirmed(start + 3'650 * day + hour, 1h) - start),
              static_cast<double>(hour + day), static_cast<double>(second));
}

TEST_F(PurgeClockTest, stops_at_the_wall) {
  unconfirmed(start + 2 * day, 0s);
  EXPECT_EQ(unconfirmed(start + 2 * day + 4 * hour, 4h), start + 2 * day + 4 * hour);
  EXPECT_EQ(unconfirmed(start + 2 * day + 5 * hour, 5h), start + 2 * day + 5 * hour);
}

TEST_F(PurgeClockTest, goes_back_as_slowly_towards_a_wall_that_is_behind) {
  unconfirmed(0, 0s);
  EXPECT_EQ(unconfirmed(hour, 1h), start + hour - day);
  EXPECT_EQ(unconfirmed(start + 2 * hour, 2h), start + 2 * hour - day) << "set right now";
  EXPECT_EQ(unconfirmed(start + 3 * hour, 3h), start + 3 * hour) << "a day is made good in an hour";
}

TEST_F(PurgeClockTest, forgets_what_a_wrong_wall_gained_once_the_wall_is_right_for_as_long) {
  unconfirmed(start + 3'650 * day, 0s);
  EXPECT_EQ(unconfirmed(start + 3'650 * day + 3 * hour, 3h), start + 3 * hour + 3 * day);
  EXPECT_EQ(unconfirmed(start + 3 * hour, 3h), start + 3 * hour + 3 * day) << "set right now";
  EXPECT_EQ(unconfirmed(start + 7 * hour, 7h), start + 7 * hour);
}

TEST_F(PurgeClockTest, takes_the_word_of_a_wall_that_is_synchronised_ahead_and_back) {
  EXPECT_EQ(synchronised(start + 400 * day, 1s), start + 400 * day);
  EXPECT_EQ(synchronised(start + 40 * day, 2s), start + 40 * day);
  EXPECT_EQ(unconfirmed(start + 40 * day + hour, 2s + 1h), start + 40 * day + hour);
}

TEST_F(PurgeClockTest, begins_anew_to_follow_after_it_took_a_word) {
  unconfirmed(start + 60 * day, 0s);
  synchronised(start + hour, 1h);
  EXPECT_EQ(unconfirmed(start + 60 * day, 2h), start + 2 * hour) << "the wall was right in between";
}

TEST_F(PurgeClockTest, takes_the_word_of_who_vouches) {
  unconfirmed(start + 400 * day, 0s);
  clock_.vouch({start + 400 * day, 1s});
  EXPECT_EQ(unconfirmed(start + 400 * day + hour, 1s + 1h), start + 400 * day + hour);
}

TEST_F(PurgeClockTest, takes_any_times) {
  EXPECT_EQ(unconfirmed(last, 0s), start);
  EXPECT_EQ(unconfirmed(first, 1h), start + hour);
  EXPECT_EQ(synchronised(last, 2h), last);
  EXPECT_EQ(unconfirmed(last, 3h), last);
  EXPECT_EQ(synchronised(first, 4h), first);
  EXPECT_EQ(unconfirmed(first, 5h), first + hour) << "it goes on by itself";
  EXPECT_EQ(moved_towards(last, 0, Duration::max()), last);
  EXPECT_EQ(moved_towards(first, -1, Duration::max()), first);
}

}  // namespace
}  // namespace varve::engine
