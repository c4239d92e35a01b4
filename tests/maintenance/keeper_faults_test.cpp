// Every call to the disk fails once, and the power goes at every call, in a run that flushes,
// compacts and collects.

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "maintenance/keeper.hpp"
#include "tests/maintenance/keeper_fixture.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::maintenance {
namespace {

using test::Call;
using test::SimulatedDisk;

/// What was expected when each memtable was frozen, by flush number.
using Expectations = std::map<std::uint64_t, std::vector<FlatRow>>;

constexpr Timestamp now_in_run = 30;

/// Writes, deletes, flushes, compacts and collects; what fails is tried again `tries` times.
/// Returns whether everything was done.
bool run(KeeperFixture& db, int tries, Expectations* expectations = nullptr) {
  bool done = true;
  db.now = now_in_run;
  const auto again = [&](const auto& job) {
    for (int left = tries; left > 0; --left) {
      if (job()) return;
    }
    done = false;
  };
  for (std::int64_t round = 0; round < 6; ++round) {
    for (Timestamp ts = 0; ts < 10; ++ts) {
      db.put("a", ts + round * 5, round);
      db.put("b", ts + round * 5, round, ts < 5 ? 20 + ts : never);
    }
    db.erase("a", round);
    if (round == 2) db.erase_range("b", "c", {3, 8});
    if (expectations != nullptr) (*expectations)[db.versions->active()->number()] = db.expected();
    db.freeze();
    again([&] { return db.keeper->flush_one().has_value(); });
    if (round == 4) again([&] { return db.keeper->compact_all().has_value(); });
  }
  again([&] { return db.keeper->collect(db.now).has_value(); });
  again([&] { return db.keeper->flush_one().has_value(); });
  return done;
}

TEST(KeeperFaults, a_failed_call_loses_nothing_and_is_made_good_by_the_next_try) {
  for (const Call call :
       {Call::create, Call::write, Call::sync, Call::sync_directory, Call::remove}) {
    for (std::uint64_t at = 1;; ++at) {
      SCOPED_TRACE("call " + std::to_string(static_cast<int>(call)) + ", number " +
                   std::to_string(at));
      const auto disk = std::make_shared<SimulatedDisk>();
      KeeperFixture db(disk);
      disk->fail({.call = call, .at = at, .error_number = call == Call::write ? ENOSPC : EIO});
      ASSERT_TRUE(run(db, 3));
      if (disk->failures() == 0) break;
      ASSERT_NO_FATAL_FAILURE(db.expect_right());
      db.reopen();
      ASSERT_NO_FATAL_FAILURE(db.expect_right());
      if (call == Call::remove) continue;  // Then it is left for the next opening.
      ASSERT_EQ(db.table_files(), db.tables());
    }
  }
}

TEST(KeeperFaults, a_full_disk_is_waited_out_without_growing_fuller) {
  const auto disk = std::make_shared<SimulatedDisk>();
  KeeperFixture db(disk);
  db.put("a", 1, 1);
  db.flush();
  db.put("a", 2, 2);
  db.freeze();
  const std::uint64_t used = disk->used();
  disk->set_capacity(used);
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto step = db.keeper->step();
    ASSERT_FALSE(step);
    EXPECT_EQ(step.error().code, std::errc::no_space_on_device);
    EXPECT_LE(disk->used(), used);
    EXPECT_TRUE(db.keeper->last_error());
    EXPECT_TRUE(db.keeper->flush_error());
    db.expect_right();
  }
  EXPECT_EQ(db.counters.maintenance_failures.value(), 5u);
  disk->set_capacity(~std::uint64_t{0} / 2);
  EXPECT_TRUE(db.keeper->step().value());
  EXPECT_FALSE(db.keeper->last_error());
  EXPECT_FALSE(db.keeper->flush_error());
  db.expect_right();
}

TEST(KeeperFaults, tables_of_an_edit_that_may_last_are_kept_until_a_new_manifest_is_durable) {
  const auto disk = std::make_shared<SimulatedDisk>();
  KeeperFixture db(disk);
  db.put("a", 1, 1);
  db.freeze();
  disk->fail({.call = Call::sync, .lasting = true, .suffix = ".manifest"});
  EXPECT_FALSE(db.keeper->flush_one());
  db.expect_right();
  for (const auto& cut : {test::PowerCut::keep_all(), test::PowerCut::lose_unsynced()}) {
    KeeperFixture after(KeeperFixture::Existing{disk->after(cut)});
    EXPECT_EQ(after.read().value().size(), after.version()->flush_number);
  }
  disk->clear_faults();
  EXPECT_TRUE(db.keeper->flush_one().value());
  EXPECT_EQ(db.table_files(), 1u);
  db.expect_right();
}

TEST(KeeperFaults, expired_tables_make_room_on_a_full_disk) {
  const auto disk = std::make_shared<SimulatedDisk>();
  KeeperFixture db(disk);
  for (Timestamp ts = 0; ts < 3000; ++ts) db.put("a", ts, ts * ts * 7919 % 104'729, 10'000);
  db.flush();
  db.put("b", 20'000, 1);
  db.flush();
  for (Timestamp ts = 0; ts < 1000; ++ts) db.put("c", 20'000 + ts, ts * ts * 7919 % 104'729);
  db.freeze();
  db.now = 30'000;
  disk->set_capacity(disk->used() + 1500);
  int steps = 0;
  while (db.keeper->flush_error() || !db.versions->frozen().empty()) {
    ASSERT_LT(++steps, 5);
    (void)db.keeper->step();
  }
  EXPECT_GT(steps, 1);
  db.expect_right();
}

TEST(KeeperFaults, a_power_cut_at_any_call_leaves_what_some_flush_had_made) {
  for (std::uint64_t at = 1;; ++at) {
    const auto disk = std::make_shared<SimulatedDisk>();
    KeeperFixture db(disk);
    Expectations expectations{{0, {}}};
    disk->cut_power_at(at);
    if (run(db, 1, &expectations)) break;
    const std::uint64_t flushed = db.version()->flush_number;
    for (const auto& cut : {test::PowerCut::lose_unsynced(), test::PowerCut::keep_all(),
                            test::PowerCut::random(at), test::PowerCut::random(at + 1000)}) {
      SCOPED_TRACE("cut at " + std::to_string(at) + " in " + disk->cut_in() + ", " +
                   cut.describe());
      KeeperFixture after(KeeperFixture::Existing{disk->after(cut)});
      after.now = now_in_run;
      EXPECT_GE(after.version()->flush_number, flushed);
      const auto rows = after.read();
      ASSERT_TRUE(rows) << rows.error().message();
      ASSERT_EQ(*rows, expectations.at(after.version()->flush_number));
      after.keeper->compact_all().value();
      after.keeper->collect(now_in_run).value();
      ASSERT_EQ(after.read().value(), *rows);
    }
  }
}

}  // namespace
}  // namespace varve::maintenance
