// The sync thread. A call of the disk holds it in the middle of a sync; where it waits for others
// before one, it looks at the clock, and the clock tells.

#include <gtest/gtest.h>

#include "engine/commit/syncer.hpp"
#include "tests/engine/commit/commit_fixture.hpp"
#include "tests/support/directories.hpp"

namespace varve::engine {
namespace {

using namespace std::chrono_literals;
using test::Call;
using Threads = CommitFixture::Threads;

TEST(SyncerThreads, a_sync_does_not_cover_what_is_appended_while_it_runs) {
  CommitFixture it(Threads::own);
  TestWrite first("a", Durability::always());
  TestWrite second("b", Durability::always());
  TestWrite third("c", Durability::always());
  it.in_next(Call::sync, [&] {
    it.committer->submit(second.asynchronous());
    it.committer->submit(third.asynchronous());
    wait_until([&] { return it.visible() == 3; }, "the append beside a sync");
    EXPECT_EQ(it.syncer->durable(), 0u);
  });
  it.committer->submit(first.asynchronous());
  EXPECT_EQ(first.result(), (Receipt{1, Reached::durable}));
  EXPECT_EQ(second.result(), (Receipt{2, Reached::durable}));
  EXPECT_EQ(third.result(), (Receipt{3, Reached::durable}));
  EXPECT_EQ(it.syncs(), 2u) << "one for the first, one for the two others together";
}

TEST(SyncerThreads, a_failed_sync_also_answers_those_who_came_while_it_ran) {
  CommitFixture it(Threads::own);
  TestWrite first("a", Durability::always());
  TestWrite second("b", Durability::always());
  // The next sync holds, the one after it fails.
  it.in_next(Call::sync, [&] {
    it.disk->fail({.call = Call::sync});
    it.committer->submit(second.asynchronous());
    wait_until([&] { return it.visible() == 2; }, "the append beside a sync");
  });
  it.committer->submit(first.asynchronous());
  EXPECT_EQ(first.result(), (Receipt{1, Reached::durable}));
  ASSERT_FALSE(second.result());
  EXPECT_EQ(second.result().error().code, Errc::unknown);
  EXPECT_EQ(it.write("c").error().code, Errc::read_only);
  EXPECT_EQ(it.syncer->sync_through(2).error().code, Errc::unknown);
}

TEST(SyncerThreads, sync_through_waits_for_a_sync_that_covers_it) {
  CommitFixture it(Threads::own);
  EXPECT_TRUE(it.write("a"));
  std::future<Status> second;
  it.in_next(Call::sync, [&] {
    EXPECT_TRUE(it.write("b"));
    second = std::async(std::launch::async, [&] { return it.syncer->sync_through(2); });
  });
  EXPECT_TRUE(it.syncer->sync_through(1));
  EXPECT_TRUE(get_or_die(second, "sync_through"));
  EXPECT_EQ(it.syncer->durable(), 2u);
  EXPECT_EQ(it.syncs(), 2u);
}

TEST(SyncerThreads, a_flush_lets_go_who_waits_for_a_sync_that_is_held) {
  CommitFixture it(Threads::own);
  TestWrite write("a", Durability::always());
  it.in_next(Call::sync, [&] {
    it.syncer->note_durable(1);
    EXPECT_EQ(write.result(), (Receipt{1, Reached::durable}));
  });
  it.committer->submit(write.asynchronous());
  EXPECT_TRUE(write.result());
  wait_until([&] { return it.syncs() == 1; }, "the end of the sync");
}

/// A clock that goes on by a step with each look at it, and counts the looks.
class WatchedClock final : public Clock {
 public:
  Timestamp wall() const override { return 0; }
  std::chrono::nanoseconds monotonic() const override {
    const auto now = std::chrono::nanoseconds(now_ += step_.load());
    ++looks_;
    return now;
  }
  void set_step(std::chrono::nanoseconds step) { step_ = step.count(); }
  int looks() const { return looks_; }

 private:
  mutable std::atomic<int> looks_ = 0;
  mutable std::atomic<std::int64_t> now_ = 0;
  std::atomic<std::int64_t> step_ = 0;
};

/// A syncer alone, whose syncs usually take an hour of its clock, and whose last one let go three.
class Gathering {
 public:
  Gathering() {
    wal_.rotate().value();
    clock_.set_step(1h);
    syncer_.start().value();
    // What a sync usually takes is learnt slowly. All three come at once, so none is waited for.
    for (int round = 0; round < 120; ++round) {
      add(3);
      finish();
    }
    clock_.set_step(0h);
    syncs_before_ = syncs();
    looks_before_ = clock_.looks();
  }
  ~Gathering() { finish(); }

  void add(std::size_t count) {
    std::vector<WriteRequest*> group;
    for (std::size_t i = 0; i < count; ++i) {
      writes_.push_back(std::make_unique<TestWrite>("k", Durability::always()));
      writes_.back()->asynchronous().sequence = ++sequence_;
      group.push_back(writes_.back().get());
    }
    Finisher finisher;
    syncer_.appended(group, finisher);
  }
  void finish() {
    for (const auto& write : writes_) EXPECT_TRUE(write->result());
    writes_.clear();
  }
  /// Returns once the sync thread has looked twice at the clock: how long it may wait for others,
  /// or when its sync began and when it ended.
  void let_it_look() {
    wait_until([&] { return clock_.looks() >= looks_before_ + 2; }, "a look at the clock");
  }
  std::uint64_t syncs() const { return counters_.wal_syncs.value(); }
  std::uint64_t new_syncs() const { return syncs() - syncs_before_; }

 private:
  std::shared_ptr<test::SimulatedDisk> disk_ = std::make_shared<test::SimulatedDisk>();
  WatchedClock clock_;
  Counters counters_;
  Wal wal_{{.directory = test::make_directory(*disk_, "/db"), .segment_bytes = 4096, .log = Log()},
           {}};
  std::uint64_t sequence_ = 0;
  std::vector<std::unique_ptr<TestWrite>> writes_;
  std::uint64_t syncs_before_ = 0;
  int looks_before_ = 0;
  Syncer syncer_{&wal_, clock_, counters_, Log(), 0};
};

TEST(SyncerThreads, waits_for_as_many_as_the_last_sync_let_go_and_syncs_once_for_them) {
  Gathering it;
  it.add(1);
  it.let_it_look();
  EXPECT_EQ(it.new_syncs(), 0u) << "it waits for the others";
  it.add(1);
  EXPECT_EQ(it.new_syncs(), 0u);
  it.add(1);
  it.finish();
  EXPECT_EQ(it.new_syncs(), 1u);
}

TEST(SyncerThreads, does_not_wait_where_all_are_there) {
  Gathering it;
  it.add(3);
  it.finish();
  EXPECT_EQ(it.new_syncs(), 1u);
}

}  // namespace
}  // namespace varve::engine
