// The syncer on one thread: the test syncs when something is due.

#include "engine/commit/syncer.hpp"

#include <gtest/gtest.h>

#include "tests/engine/commit/commit_fixture.hpp"

namespace varve::engine {
namespace {

using namespace std::chrono_literals;
using test::Call;
using Threads = CommitFixture::Threads;

/// Writes go through a committer without threads, which does not sync for what is submitted.
class Synced : public CommitFixture {
 public:
  Synced() : CommitFixture(Threads::none) {}
  ~Synced() { std::ignore = syncer->sync_through(committer->issued()); }

  TestWrite& append(Durability durability) {
    writes_.push_back(
        std::make_unique<TestWrite>("k" + std::to_string(writes_.size()), durability));
    committer->submit(writes_.back()->asynchronous());
    committer->drain();
    return *writes_.back();
  }

 private:
  std::vector<std::unique_ptr<TestWrite>> writes_;
};

TEST(Syncer, one_sync_serves_all_who_wait) {
  Synced it;
  TestWrite& first = it.append(Durability::always());
  TestWrite& second = it.append(Durability::always());
  EXPECT_FALSE(first.is_finished() || second.is_finished());
  EXPECT_TRUE(it.syncer->run_if_due());
  EXPECT_FALSE(it.syncer->run_if_due()) << "nothing waits any more";
  EXPECT_EQ(first.result(), (Receipt{1, Reached::durable}));
  EXPECT_EQ(second.result(), (Receipt{2, Reached::durable}));
  EXPECT_EQ(it.syncs(), 1u);
}

TEST(Syncer, what_is_to_be_appended_is_finished_at_once_and_never_synced) {
  Synced it;
  EXPECT_EQ(it.append(Durability::appended()).result(), (Receipt{1, Reached::appended}));
  it.clock.advance(24h);
  EXPECT_FALSE(it.syncer->run_if_due());
}

TEST(Syncer, a_sync_makes_durable_what_did_not_ask_for_it) {
  Synced it;
  it.append(Durability::appended());
  it.append(Durability::always());
  it.syncer->run_if_due();
  EXPECT_EQ(it.syncer->durable(), 2u);
}

TEST(Syncer, an_interval_is_finished_at_once_and_synced_when_it_is_over) {
  Synced it;
  EXPECT_EQ(it.append(Durability::interval(1s)).result(), (Receipt{1, Reached::appended}));
  it.clock.advance(999ms);
  EXPECT_FALSE(it.syncer->run_if_due());
  it.clock.advance(1ms);
  EXPECT_TRUE(it.syncer->run_if_due());
  EXPECT_EQ(it.syncer->durable(), 1u);
}

TEST(Syncer, an_interval_counts_from_the_first_batch_that_a_sync_does_not_cover) {
  Synced it;
  it.append(Durability::interval(1s));
  it.clock.advance(900ms);
  it.append(Durability::interval(1s));
  it.clock.advance(100ms);
  EXPECT_TRUE(it.syncer->run_if_due());
  EXPECT_EQ(it.syncer->durable(), 2u);
  it.clock.advance(10s);
  EXPECT_FALSE(it.syncer->run_if_due()) << "everything is durable";
  it.append(Durability::interval(1s));
  EXPECT_FALSE(it.syncer->run_if_due());
  it.clock.advance(1s);
  EXPECT_TRUE(it.syncer->run_if_due());
}

TEST(Syncer, a_shorter_interval_brings_the_sync_forward) {
  Synced it;
  it.append(Durability::interval(10s));
  it.append(Durability::interval(1s));
  it.clock.advance(1s);
  EXPECT_TRUE(it.syncer->run_if_due());
}

TEST(Syncer, every_lets_so_many_batches_be_not_durable_and_then_syncs_all) {
  Synced it;
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(it.append(Durability::every(3)).is_finished()) << i;
    EXPECT_FALSE(it.syncer->run_if_due()) << i;
  }
  TestWrite& fourth = it.append(Durability::every(3));
  EXPECT_FALSE(fourth.is_finished());
  EXPECT_TRUE(it.syncer->run_if_due());
  EXPECT_EQ(fourth.result(), (Receipt{4, Reached::durable}));
  for (int i = 5; i <= 7; ++i) EXPECT_TRUE(it.append(Durability::every(3)).is_finished()) << i;
  EXPECT_FALSE(it.append(Durability::every(3)).is_finished());
}

TEST(Syncer, a_failed_sync_leaves_those_who_wait_unknown_and_nothing_is_synced_again) {
  Synced it;
  TestWrite& waiting = it.append(Durability::always());
  EXPECT_TRUE(it.append(Durability::appended()).result());
  it.disk->fail({.call = Call::sync});
  EXPECT_TRUE(it.syncer->run_if_due());
  ASSERT_FALSE(waiting.result());
  EXPECT_EQ(waiting.result().error().code, Errc::unknown);
  EXPECT_TRUE(it.syncer->failed());
  EXPECT_EQ(it.syncer->durable(), 0u);
  it.disk->clear_faults();
  it.clock.advance(24h);
  EXPECT_FALSE(it.syncer->run_if_due());
  EXPECT_EQ(it.syncer->sync_through(2).error().code, Errc::unknown);
  EXPECT_EQ(it.syncs(), 1u);
}

TEST(Syncer, a_failed_sync_does_not_take_back_what_an_earlier_one_made_durable) {
  Synced it;
  it.append(Durability::appended());
  EXPECT_TRUE(it.syncer->sync_through(1));
  it.disk->fail({.call = Call::sync});
  it.append(Durability::always());
  it.syncer->run_if_due();
  EXPECT_EQ(it.syncer->durable(), 1u);
  EXPECT_TRUE(it.syncer->sync_through(1));
}

TEST(Syncer, a_flush_makes_durable_what_waits_for_a_sync) {
  Synced it;
  TestWrite& first = it.append(Durability::always());
  TestWrite& second = it.append(Durability::always());
  it.syncer->note_durable(1);
  EXPECT_EQ(first.result(), (Receipt{1, Reached::durable}));
  EXPECT_FALSE(second.is_finished());
  EXPECT_TRUE(it.syncer->run_if_due()) << "for the second one";
  EXPECT_EQ(it.syncs(), 1u);
}

TEST(Syncer, a_flush_of_all_that_is_appended_takes_the_deadline_away_and_one_of_less_does_not) {
  Synced it;
  it.append(Durability::interval(1s));
  it.append(Durability::interval(1s));
  it.syncer->note_durable(1);
  it.clock.advance(1s);
  EXPECT_TRUE(it.syncer->run_if_due());
  it.append(Durability::interval(1s));
  it.syncer->note_durable(3);
  it.clock.advance(1s);
  EXPECT_FALSE(it.syncer->run_if_due());
  it.append(Durability::interval(1s));
  it.clock.advance(1s);
  EXPECT_TRUE(it.syncer->run_if_due()) << "the next batch sets a deadline of its own";
}

TEST(Syncer, what_is_durable_never_falls) {
  Synced it;
  it.append(Durability::appended());
  it.append(Durability::appended());
  it.syncer->note_durable(2);
  it.syncer->note_durable(1);
  EXPECT_EQ(it.syncer->durable(), 2u);
}

TEST(Syncer, sync_through_covers_a_batch_that_is_in_the_log_before_the_syncer_is_told) {
  Synced it;
  EXPECT_TRUE(it.syncer->sync_through(1));
  EXPECT_EQ(it.syncer->durable(), 1u);
}

TEST(Syncer, sync_through_what_is_durable_does_not_sync) {
  Synced it;
  it.append(Durability::appended());
  EXPECT_TRUE(it.syncer->sync_through(1));
  EXPECT_TRUE(it.syncer->sync_through(1));
  EXPECT_EQ(it.syncs(), 1u);
}

TEST(Syncer, prepares_a_segment_once_it_was_asked_to) {
  Synced it;
  EXPECT_FALSE(it.syncer->prepare_if_wanted());
  const std::uint64_t before = it.wal->bytes();
  it.syncer->prepare_spare();
  EXPECT_TRUE(it.syncer->prepare_if_wanted());
  EXPECT_GT(it.wal->bytes(), before);
}

TEST(SyncerWithoutLog, answers_at_once_and_learns_from_flushes_what_is_durable) {
  test::ManualClock clock;
  Counters counters;
  Syncer syncer(nullptr, clock, counters, Log(), 5);
  const auto append = [&](std::uint64_t sequence) {
    TestWrite write("k");
    write.sequence = sequence;
    WriteRequest* const group[] = {&write};
    {
      Finisher finisher;
      syncer.appended(group, finisher);
    }
    return write.wait();
  };
  EXPECT_EQ(append(6), (Receipt{6, Reached::in_memory}));
  EXPECT_FALSE(syncer.run_if_due());
  EXPECT_TRUE(syncer.sync_through(6)) << "there is nothing to sync";
  EXPECT_EQ(syncer.durable(), 5u);
  syncer.note_durable(6);
  EXPECT_EQ(syncer.durable(), 6u);
  EXPECT_EQ(append(7), (Receipt{7, Reached::in_memory}));
}

}  // namespace
}  // namespace varve::engine
