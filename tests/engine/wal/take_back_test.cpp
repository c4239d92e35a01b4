// A group that was written, and of which nobody was told: there was no memory to show it.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/engine/wal/wal_log.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::PowerCut;

/// A log of two groups, of which the second is to be taken back.
class TakeBack : public testing::Test {
 protected:
  TakeBack() {
    log_.wal().rotate().value();
    log_.append({batch(1)}).value();
    log_.append({batch(2)}).value();
  }

  std::vector<Batch> replayed() const {
    const Replayed found = replay(*disk_).value();
    EXPECT_TRUE(found.result.damages.empty()) << found.result.damages[0].where;
    EXPECT_TRUE(found.result.set_aside.empty());
    EXPECT_FALSE(found.result.cut);
    return found.batches;
  }

  std::shared_ptr<test::SimulatedDisk> disk_ = wal_disk();
  WalLog log_{disk_};
};

TEST_F(TakeBack, leaves_the_log_as_it_was_before_the_group) {
  log_.wal().take_back().value();
  EXPECT_EQ(replayed(), batches(1, 1));
}

TEST_F(TakeBack, lets_the_log_go_on_behind_the_group_before) {
  log_.wal().take_back().value();
  log_.append({batch(3)}).value();
  EXPECT_EQ(replayed(), (std::vector{batch(1), batch(3)}));
}

TEST_F(TakeBack, lets_the_same_batch_come_again) {
  log_.wal().take_back().value();
  log_.append({batch(2)}).value();
  EXPECT_EQ(replayed(), batches(1, 2));
}

TEST_F(TakeBack, can_be_done_to_one_group_after_another) {
  log_.wal().take_back().value();
  for (const std::uint64_t sequence : {3u, 4u, 5u}) {
    log_.append({batch(sequence)}).value();
    log_.wal().take_back().value();
  }
  log_.append({batch(6)}).value();
  EXPECT_EQ(replayed(), (std::vector{batch(1), batch(6)}));
}

TEST_F(TakeBack, is_no_loss_of_a_group_that_a_sync_had_made_durable) {
  log_.wal().sync().value();
  log_.wal().take_back().value();
  EXPECT_EQ(replayed(), batches(1, 1));
  log_.append({batch(3)}).value();
  EXPECT_EQ(replayed(), (std::vector{batch(1), batch(3)}));
}

TEST_F(TakeBack, is_as_durable_as_what_is_synced_after_it) {
  log_.wal().take_back().value();
  log_.append({batch(3)}).value();
  log_.wal().sync().value();
  const auto after = disk_->after(PowerCut::lose_unsynced());
  EXPECT_EQ(replay(*after).value().batches, (std::vector{batch(1), batch(3)}));
}

TEST_F(TakeBack, that_fails_is_made_good_before_the_next_group) {
  for (const Call call :
       {Call::create, Call::write, Call::sync, Call::rename, Call::sync_directory}) {
    SCOPED_TRACE(static_cast<int>(call));
    auto disk = wal_disk();
    WalLog log(disk);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
    log.append({batch(2)}).value();
    disk->fail({.call = call});
    ASSERT_FALSE(log.wal().take_back()) << "it begins a segment";
    log.append({batch(3)}).value();
    const Replayed found = replay(*disk).value();
    EXPECT_EQ(found.batches, (std::vector{batch(1), batch(3)}));
    EXPECT_TRUE(found.result.damages.empty());
  }
}

TEST_F(TakeBack, that_fails_is_made_good_by_closing) {
  disk_->fail({.call = Call::create});
  ASSERT_FALSE(log_.wal().take_back());
  EXPECT_EQ(replay(*disk_).value().batches, batches(1, 2)) << "until then a kill finds it";
  log_.wal().close().value();
  EXPECT_EQ(replayed(), batches(1, 1));
}

TEST(Wal, can_take_its_first_group_back) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  log.wal().take_back().value();
  EXPECT_TRUE(replay(*disk).value().batches.empty());
  log.append({batch(2)}).value();
  EXPECT_EQ(replay(*disk).value().batches, (std::vector{batch(2)}));
}

}  // namespace
}  // namespace varve::engine
