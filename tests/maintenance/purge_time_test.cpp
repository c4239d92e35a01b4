// By which time the keeper purges: a clock that is wrong purges nothing alive.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "tests/maintenance/keeper_fixture.hpp"

namespace varve::maintenance {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp hour = 3'600'000'000;
constexpr Timestamp day = 24 * hour;
constexpr Timestamp beginning = 20'000 * day;

/// A database that has trusted the clock so far, which nobody vouches for.
struct WithUnconfirmedClock : KeeperFixture {
  WithUnconfirmedClock() {
    clock.set_synchronised(false);
    now = beginning;
    flush();
  }

  /// A table of a record of "a" that lives until then.
  void put_until(Timestamp expires_at) {
    put("a", now, 1, expires_at);
    flush();
  }
  void pass(Duration time) {
    now += time.count();
    clock.advance_monotonic(time);
  }
  void rest() {
    for (int steps = 0; steps < 100; ++steps) {
      if (!keeper->step().value()) return;
    }
    FAIL() << "it never rests";
  }
  /// Time passes, and the background looks each minute.
  void rest_for(Duration time) {
    for (Duration passed{}; passed < time; passed += 1min) {
      rest();
      pass(1min);
    }
    rest();
  }
};

TEST(PurgeTime, follows_a_clock_that_was_set_ahead_by_a_day_an_hour) {
  WithUnconfirmedClock db;
  db.put_until(beginning + 4 * day);
  db.now += 3'650 * day;
  db.rest_for(3h);
  EXPECT_EQ(db.tables(), 1u) << "it has moved by three days";
  db.rest_for(2h);
  EXPECT_EQ(db.tables(), 0u);
}

TEST(PurgeTime, is_not_moved_by_a_record_of_the_far_future) {
  WithUnconfirmedClock db;
  db.put("broken", beginning + 24'000 * day, 1);
  db.put_until(beginning + 30 * day);
  db.now += 60 * day;
  db.rest_for(10min);
  EXPECT_TRUE(db.keeper->compact_all());
  db.now -= 60 * day;
  db.rest();
  db.expect_right();
  EXPECT_EQ(db.rows(), 2u);
}

TEST(PurgeTime, takes_the_word_of_a_clock_that_is_synchronised) {
  WithUnconfirmedClock db;
  db.put_until(beginning + day);
  db.now += 2 * day;
  db.rest();
  EXPECT_EQ(db.tables(), 1u);
  db.clock.set_synchronised(true);
  db.pass(1min);
  db.rest();
  EXPECT_EQ(db.tables(), 0u);
}

TEST(PurgeTime, goes_on_with_a_clock_that_nobody_vouches_for_and_that_runs_on) {
  WithUnconfirmedClock db;
  db.put_until(beginning + 2 * hour);
  db.rest_for(119min);
  EXPECT_EQ(db.tables(), 1u);
  db.rest_for(1min);
  EXPECT_EQ(db.tables(), 0u);
}

TEST(PurgeTime, goes_on_after_a_restart_from_what_was_trusted_then) {
  WithUnconfirmedClock db;
  db.put_until(beginning + 30 * day);
  db.now += 60 * day;
  for (int boots = 0; boots < 20; ++boots) {
    db.reopen();
    db.rest_for(5min);
  }
  EXPECT_EQ(db.tables(), 1u) << "it has moved by less than two days";
}

TEST(PurgeTime, is_kept_by_an_edit_that_purges) {
  WithUnconfirmedClock db;
  db.put_until(beginning + hour);
  db.rest_for(2h);
  ASSERT_EQ(db.tables(), 0u);
  const auto kept = db.version()->trusted_time;
  ASSERT_TRUE(kept);
  EXPECT_GE(kept->time, beginning + hour);
}

TEST(PurgeTime, is_kept_by_a_close) {
  WithUnconfirmedClock db;
  db.rest_for(24h);
  ASSERT_LT(db.version()->trusted_time->time, beginning + day) << "nothing was there to be edited";
  db.reopen();
  EXPECT_EQ(db.version()->trusted_time->time, beginning + day);
}

TEST(PurgeTime, brings_nothing_to_an_end_while_the_clock_says_1970) {
  WithUnconfirmedClock db;
  db.put_until(beginning + 1'000'000);
  db.pass(2s);  // Past by the trusted time,
  db.now = 0;   // and alive by the wall.
  db.rest_for(10min);
  db.expect_right();
  EXPECT_EQ(db.rows(), 1u);
}

}  // namespace
}  // namespace varve::maintenance
