// The trusted time of an open database, and how it asks what the clocks say.

#include "engine/record/trusted_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "tests/support/manual_clock.hpp"

namespace varve::engine {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp day = 24 * 3'600'000'000;

/// Counts how often it is asked whether it is synchronised, and may change while it is.
class AskedClock final : public Clock {
 public:
  Timestamp wall() const override { return clock.wall(); }
  std::chrono::nanoseconds monotonic() const override { return clock.monotonic(); }
  bool synchronised() const override {
    ++asked;
    const bool answer = clock.synchronised();
    if (then) then(clock);
    return answer;
  }

  mutable test::ManualClock clock;
  mutable int asked = 0;
  std::function<void(test::ManualClock&)> then;
};

/// That of a database which was trusted to be at the clock's time.
class TrustedClockTest : public testing::Test {
 protected:
  TrustedClockTest() { trusted_.resume(start_); }

  AskedClock clock_;
  const Timestamp start_ = clock_.wall();
  TrustedClock trusted_{clock_, [this] { return clock_.wall(); }};
};

TEST_F(TrustedClockTest, says_what_is_trusted_and_whether_the_clock_is_synchronised) {
  EXPECT_EQ(trusted_.look(), (TrustedTime{start_, true}));
  clock_.clock.set_synchronised(false);
  clock_.clock.advance(2s);
  EXPECT_EQ(trusted_.look(), (TrustedTime{clock_.wall(), false}));
  clock_.clock.step_wall(24h * 60);
  EXPECT_EQ(trusted_.look(), (TrustedTime{clock_.wall() - 60 * day, false}));
}

TEST_F(TrustedClockTest, purges_nothing_that_is_not_hidden) {
  clock_.clock.set_synchronised(false);
  clock_.clock.step_wall(-24h * 60);
  EXPECT_EQ(trusted_.look().time, start_);
  EXPECT_EQ(trusted_.purge_now(), start_ - 60 * day);
  clock_.clock.step_wall(24h * 120);
  EXPECT_EQ(trusted_.purge_now(), start_);
}

TEST_F(TrustedClockTest, asks_the_system_once_a_second_while_the_clock_runs_as_it_should) {
  for (int i = 0; i < 10; ++i) {
    trusted_.look();
    clock_.clock.advance(100ms);
  }
  EXPECT_EQ(clock_.asked, 2) << "before and after the wall is read";
  trusted_.look();
  EXPECT_EQ(clock_.asked, 4);
}

TEST_F(TrustedClockTest, does_not_go_by_an_old_answer_where_the_clock_was_set) {
  trusted_.look();
  clock_.clock.set_synchronised(false);  // As the kernel does when the clock is set by hand.
  clock_.clock.step_wall(24h * 60);
  EXPECT_EQ(trusted_.look(), (TrustedTime{start_, false}));
}

TEST_F(TrustedClockTest, does_not_take_a_wrong_wall_that_is_set_right_while_it_is_asked) {
  clock_.clock.set_synchronised(false);
  clock_.clock.step_wall(24h * 60);
  clock_.then = [this](test::ManualClock& clock) {
    clock.set_wall(start_);
    clock.set_synchronised(true);
  };
  EXPECT_EQ(trusted_.look().time, start_);
}

TEST_F(TrustedClockTest, does_not_take_a_right_wall_that_is_set_wrong_while_it_is_asked) {
  clock_.clock.advance(2s);
  clock_.then = [](test::ManualClock& clock) {
    clock.step_wall(24h * 60);
    clock.set_synchronised(false);
  };
  EXPECT_LT(trusted_.look().time, start_ + day);
}

TEST_F(TrustedClockTest, is_the_walls_once_somebody_vouches) {
  clock_.clock.set_synchronised(false);
  clock_.clock.step_wall(24h * 60);
  EXPECT_EQ(trusted_.purge_now(), start_);
  trusted_.vouch();
  EXPECT_EQ(trusted_.purge_now(), start_ + 60 * day);
  EXPECT_EQ(trusted_.look(), (TrustedTime{start_ + 60 * day, false}));
}

TEST(TrustedClock, is_the_walls_where_nothing_was_stored) {
  test::ManualClock clock;
  clock.set_synchronised(false);
  TrustedClock trusted(clock, [&clock] { return clock.wall(); });
  EXPECT_EQ(trusted.purge_now(), clock.wall());
  const Timestamp before = clock.wall();
  clock.step_wall(24h * 60);
  EXPECT_EQ(trusted.purge_now(), before);
}

}  // namespace
}  // namespace varve::engine
