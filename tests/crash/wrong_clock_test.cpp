// A clock that is wrong hides records, and purges nothing that is alive: a week of readings that
// stay for 30 days is all there again once the clock is right.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "tests/crash/scripted_run.hpp"

namespace varve::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t readings = 168;
constexpr Duration day = 24h;
constexpr Duration ttl = 30 * day;
constexpr Duration years = 3'650 * day;

/// A database of a gateway whose clock nobody vouches for. With a reading that a sensor stamped
/// 2090, or without.
class WrongClock : public testing::TestWithParam<bool> {
 protected:
  WrongClock() {
    clock_->set_synchronised(false);
    open();
    if (GetParam()) put("broken", clock_->wall() + Duration(24'000 * day).count(), {});
    for (std::uint64_t i = 0; i < readings; ++i) {
      put("temp", clock_->wall(), ttl);
      clock_->advance(1h);
    }
    engine_->flush().value();
    rest();
  }

  void open(bool threadless = true) {
    Options options = ScriptedRun(nullptr).options_on(disk_);
    options.clock = clock_;
    options.threadless = threadless;
    options.background_maintenance = !threadless;
    engine_.emplace(Engine::open(options).value());
  }
  void close() {
    engine_->close().value();
    engine_.reset();
  }
  /// The process is gone, and what it held open.
  void kill() {
    disk_ = disk_->after(PowerCut::kill());
    engine_.reset();
  }

  void put(std::string_view key, Timestamp ts, std::optional<Duration> for_so_long) {
    WriteBatch batch;
    batch.put(key, ts, 21.5, for_so_long);
    engine_->write(std::move(batch)).value();
  }
  void rest() {
    while (engine_->step().value()) {
    }
  }
  /// Time passes by both clocks, and the background looks each second.
  void rest_for(Duration time) {
    for (Duration passed{}; passed < time; passed += 1s) {
      rest();
      clock_->advance(1s);
    }
    rest();
  }
  std::uint64_t alive() { return engine_->count(Query::key("temp")).value(); }

  std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
  const std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
  std::optional<Engine> engine_;
};
INSTANTIATE_TEST_SUITE_P(StrayRecord, WrongClock, testing::Bool());

TEST_P(WrongClock, at_a_boot_60_days_ahead_purges_nothing_alive) {
  close();
  clock_->step_wall(60 * day);
  open();
  EXPECT_EQ(alive(), 0u) << "by that clock they have expired";
  rest_for(5s);
  clock_->step_wall(-60 * day);
  rest_for(5min);
  EXPECT_EQ(alive(), readings);
}

TEST_P(WrongClock, ten_years_ahead_and_back_purges_nothing_alive_though_it_stamps_readings) {
  clock_->step_wall(years);
  for (int i = 0; i < 10; ++i) {
    put("temp", clock_->wall(), ttl);
    engine_->flush().value();
    rest_for(30s);
  }
  clock_->step_wall(-years);
  rest_for(5min);
  EXPECT_EQ(alive(), readings + 10);
}

TEST_P(WrongClock, in_1970_purges_nothing_alive) {
  close();
  const Timestamp right = clock_->wall();
  clock_->set_wall(0);
  open();
  for (int i = 0; i < 10; ++i) put("temp", clock_->wall() + i, ttl);
  engine_->flush().value();
  rest_for(10min);
  EXPECT_EQ(alive(), readings + 10);
  clock_->set_wall(right + Duration(10min).count());
  rest_for(10min);
  EXPECT_EQ(alive(), readings) << "those of 1970 have expired";
}

TEST_P(WrongClock, at_one_boot_after_the_other_gains_little) {
  for (int boots = 0; boots < 20; ++boots) {
    close();
    clock_->step_wall(years);
    open();
    rest_for(1min);
    clock_->step_wall(-years);
    rest_for(30s);
  }
  EXPECT_EQ(alive(), readings);
}

TEST_P(WrongClock, in_a_process_that_is_killed_is_not_trusted_by_the_next) {
  clock_->step_wall(years);
  put("temp", clock_->wall(), ttl);
  rest_for(10s);
  for (int kills = 0; kills < 3; ++kills) {
    kill();
    open();
    put("temp", clock_->wall(), ttl);
    engine_->flush().value();
    rest_for(10s);
  }
  clock_->step_wall(-years);
  rest_for(5min);
  EXPECT_EQ(alive(), readings + 4);
}

TEST_P(WrongClock, purges_nothing_alive_in_the_background) {
  close();
  open(false);
  put("a", clock_->wall(), 2min);
  engine_->flush().value();
  clock_->step_wall(years);
  // By the trusted time that one expires, which tells that the background has looked.
  const std::uint64_t purged = engine_->stats().records_purged;
  bool looked = false;
  for (int tries = 0; tries < 200 && !looked; ++tries) {
    clock_->advance(1min);
    put("temp", clock_->wall(), ttl);
    engine_->flush().value();
    std::this_thread::sleep_for(10ms);
    looked = engine_->stats().records_purged > purged;
  }
  EXPECT_TRUE(looked);
  clock_->step_wall(-years);
  EXPECT_GE(alive(), readings);
}

TEST_P(WrongClock, is_not_believed_by_a_collection_that_is_asked_for) {
  clock_->step_wall(60 * day);
  EXPECT_EQ(engine_->collect_garbage().value(), 0u);
  clock_->step_wall(-60 * day);
  EXPECT_EQ(alive(), readings);
}

TEST_P(WrongClock, is_believed_by_a_collection_whose_caller_vouches_for_it) {
  clock_->step_wall(60 * day);
  EXPECT_EQ(engine_->collect_garbage(ClockTrust::vouched).value(), readings);
  put("temp", clock_->wall(), 1h);
  engine_->flush().value();
  clock_->advance(2h);
  EXPECT_EQ(engine_->collect_garbage().value(), 1u) << "and from then on";
}

TEST_P(WrongClock, that_is_right_after_40_days_switched_off_is_trusted_after_as_many_hours) {
  close();
  clock_->step_wall(40 * day);
  open();
  for (int hours = 0; hours < 40; ++hours) {
    clock_->advance(1h);
    rest();
  }
  EXPECT_EQ(engine_->stats().records_purged, readings);
}

TEST_P(WrongClock, that_the_system_says_is_right_is_trusted_at_once) {
  close();
  clock_->step_wall(40 * day);
  clock_->set_synchronised(true);
  open();
  rest();
  EXPECT_EQ(engine_->stats().records_purged, readings);
}

TEST(WrongClockAfterAKill, purges_nothing_of_what_was_in_the_log_alone) {
  const auto clock = std::make_shared<ManualClock>();
  clock->set_synchronised(false);
  auto disk = std::make_shared<SimulatedDisk>();
  const auto open_on = [&clock](const std::shared_ptr<SimulatedDisk>& on) {
    Options options = ScriptedRun(nullptr).options_on(on);
    options.clock = clock;
    return Engine::open(options).value();
  };
  std::optional<Engine> engine = open_on(disk);
  WriteBatch batch;
  batch.put("k", clock->wall(), 1, ttl);
  engine->write(std::move(batch)).value();
  disk = disk->after(PowerCut::kill());
  engine.reset();

  clock->step_wall(60 * day);
  engine.emplace(open_on(disk));
  engine->flush().value();
  while (engine->step().value()) {
  }
  clock->step_wall(-60 * day);
  EXPECT_EQ(engine->count(Query::all()).value(), 1u);
}

}  // namespace
}  // namespace varve::test
