#include "maintenance/scheduler.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>

#include "tests/maintenance/keeper_fixture.hpp"
#include "tests/support/simulated_disk.hpp"
#include "varve/maintenance_handle.hpp"

namespace varve::maintenance {
namespace {

template <class Condition>
bool soon(const Condition& condition) {
  for (int left = 1000; left > 0; --left) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(Scheduler, flushes_and_compacts_when_it_is_woken) {
  KeeperFixture db;
  Scheduler scheduler(*db.keeper, db.context.log);
  EXPECT_FALSE(scheduler.running());
  ASSERT_TRUE(scheduler.start());
  EXPECT_TRUE(scheduler.running());
  for (Timestamp ts = 0; ts < 4; ++ts) {
    db.put("a", ts, ts);
    db.freeze();
    scheduler.wake();
    EXPECT_TRUE(soon([&] { return db.versions->frozen().empty(); }));
  }
  EXPECT_TRUE(soon([&] { return db.tables(1) == 1; }));
  scheduler.stop();
  EXPECT_FALSE(scheduler.running());
  db.expect_right();
}

TEST(Scheduler, tries_again_what_failed_and_says_so_once) {
  const auto disk = std::make_shared<test::SimulatedDisk>();
  KeeperFixture db(disk);
  std::atomic<int> warnings = 0;
  const engine::Log log([&](LogLevel level, std::string_view) {
    if (level == LogLevel::warning) ++warnings;
  });
  db.put("a", 1, 1);
  db.freeze();
  disk->fail({.call = test::Call::sync, .lasting = true, .error_number = EIO, .suffix = ".table"});
  Scheduler scheduler(*db.keeper, log);
  ASSERT_TRUE(scheduler.start());
  EXPECT_TRUE(soon([&] { return disk->failures() >= 3; }));
  EXPECT_EQ(warnings, 1);
  EXPECT_TRUE(db.keeper->flush_error());
  disk->clear_faults();
  EXPECT_TRUE(soon([&] { return db.versions->frozen().empty(); }));
  EXPECT_TRUE(soon([&] { return !db.keeper->last_error(); }));
  scheduler.stop();
  db.expect_right();
}

TEST(Scheduler, stops_twice_and_before_it_was_started) {
  KeeperFixture db;
  Scheduler scheduler(*db.keeper, {});
  scheduler.wake();
  scheduler.stop();
  scheduler.stop();
  EXPECT_FALSE(scheduler.start());
}

TEST(Scheduler, runs_beside_compactions_and_collections_on_demand) {
  KeeperFixture db;
  Scheduler scheduler(*db.keeper, {});
  ASSERT_TRUE(scheduler.start());
  std::atomic<bool> done = false;
  std::thread on_demand([&] {
    while (!done) {
      EXPECT_TRUE(db.keeper->compact_all());
      EXPECT_TRUE(db.keeper->collect(0));
      EXPECT_TRUE(db.keeper->flush_one());
    }
  });
  for (Timestamp round = 0; round < 100; ++round) {
    for (Timestamp ts = 0; ts < 50; ++ts) db.put("a", ts + round * 10, round);
    db.erase("a", round);
    db.freeze();
    scheduler.wake();
    db.expect_right();
  }
  done = true;
  on_demand.join();
  scheduler.stop();
  db.flush();
  db.expect_right();
}

static_assert(!std::is_copy_constructible_v<MaintenanceHandle>);

}  // namespace
}  // namespace varve::maintenance
