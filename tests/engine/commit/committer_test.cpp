// The committer on one thread: the test drains it.

#include "engine/commit/committer.hpp"

#include <gtest/gtest.h>

#include "tests/engine/commit/commit_fixture.hpp"

namespace varve::engine {
namespace {

using test::Call;
using Sequences = std::vector<std::uint64_t>;
using Threads = CommitFixture::Threads;

TEST(Committer, applies_strictly_by_sequence_whichever_thread_a_request_comes_from) {
  CommitFixture it(Threads::none);
  Sequences finished;
  std::vector<std::unique_ptr<TestWrite>> writes;
  for (int i = 0; i < 4; ++i)
    writes.push_back(std::make_unique<TestWrite>("k" + std::to_string(i)));
  const auto submit = [&](std::size_t i) {
    it.committer->submit(writes[i]->asynchronous(&finished));
  };
  // The queue keeps the order of each thread only: it gives 1, 3, 4, 2 or 2, 1, 3, 4.
  submit(0);
  std::thread([&] { submit(1); }).join();
  submit(2);
  submit(3);
  EXPECT_TRUE(it.committer->drain());
  EXPECT_EQ(finished, (Sequences{1, 2, 3, 4}));
  EXPECT_EQ(it.logged(), (Sequences{1, 2, 3, 4}));
}

TEST(Committer, appends_all_that_waits_as_one_group) {
  CommitFixture it(Threads::none);
  TestWrite first("a");
  TestWrite second("b");
  it.committer->submit(first.asynchronous());
  it.committer->submit(second.asynchronous());
  EXPECT_EQ(it.visible(), 0u);
  EXPECT_TRUE(it.committer->drain());
  EXPECT_EQ(it.counters.wal_groups.value(), 1u);
  EXPECT_EQ(it.visible(), 2u);
  EXPECT_FALSE(it.committer->drain()) << "nothing is left";
}

TEST(Committer, shows_a_batch_only_after_it_is_in_the_log) {
  CommitFixture it(Threads::none);
  std::uint64_t visible = 99;
  bool there = true;
  it.in_next(Call::write, [&] {
    visible = it.visible();
    there = it.has("a");
  });
  EXPECT_TRUE(it.write("a"));
  EXPECT_EQ(visible, 0u);
  EXPECT_FALSE(there);
  EXPECT_EQ(it.visible(), 1u);
  EXPECT_TRUE(it.has("a"));
}

TEST(Committer, gives_the_error_of_an_append_to_everybody_in_the_group_and_shows_nothing_of_it) {
  CommitFixture it(Threads::none);
  EXPECT_TRUE(it.write("before"));
  it.disk->fail({.call = Call::write});
  TestWrite first("a");
  TestWrite second("b", Durability::always());
  it.committer->submit(first.asynchronous());
  it.committer->submit(second.asynchronous());
  it.committer->drain();
  ASSERT_EQ(it.disk->failures(), 1u);
  for (TestWrite* write : {&first, &second}) {
    const auto result = write->result();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, std::errc::io_error);
  }
  EXPECT_EQ(it.visible(), 1u);
  EXPECT_FALSE(it.has("a") || it.has("b"));
  EXPECT_EQ(it.counters.writes_failed.value(), 2u);
}

TEST(Committer, goes_on_after_a_failed_append_and_does_not_give_its_sequence_again) {
  CommitFixture it(Threads::none);
  it.disk->fail({.call = Call::write});
  EXPECT_FALSE(it.write("a"));
  EXPECT_EQ(it.write("b"), (Receipt{2, Reached::appended}));
  EXPECT_EQ(it.visible(), 2u);
  EXPECT_EQ(it.logged(), Sequences{2});
  EXPECT_EQ(it.committer->queued_bytes(), 0u);
}

TEST(Committer, refuses_what_a_failed_sync_overtakes_in_the_queue_and_appends_none_of_it) {
  CommitFixture it(Threads::none);
  TestWrite synced("a", Durability::always());
  TestWrite queued("b");
  it.committer->submit(synced.asynchronous());
  it.committer->drain();
  it.committer->submit(queued.asynchronous());
  it.disk->fail({.call = Call::sync});
  EXPECT_TRUE(it.syncer->run_if_due());
  it.committer->drain();
  EXPECT_EQ(synced.result().error().code, Errc::unknown);
  EXPECT_EQ(queued.result().error().code, Errc::read_only);
  EXPECT_EQ(it.logged(), Sequences{1});
  EXPECT_EQ(it.visible(), 1u);
}

TEST(Committer, stays_read_only_after_a_failed_sync_though_the_disk_works_again) {
  CommitFixture it(Threads::none);
  it.disk->fail({.call = Call::sync});
  EXPECT_EQ(it.write("a", Durability::always()).error().code, Errc::unknown);
  it.disk->clear_faults();
  TestWrite later("c");
  it.committer->submit(later.asynchronous());
  EXPECT_EQ(it.write("b").error().code, Errc::read_only);
  EXPECT_EQ(later.result().error().code, Errc::read_only);
  EXPECT_EQ(it.committer->issued(), 1u);
  EXPECT_TRUE(it.has("a")) << "what is in the log stays visible";
}

TEST(Committer, says_in_the_log_when_the_clock_was_set) {
  CommitFixture it(Threads::none);
  ASSERT_TRUE(it.write("a"));
  const Timestamp before = it.clock.wall();
  it.clock.step_wall(Duration(std::chrono::hours(-1)));
  ASSERT_TRUE(it.write("b"));
  ASSERT_TRUE(it.write("c"));
  std::vector<std::optional<ClockStep>> steps;
  std::vector<Timestamp> times;
  replay_wal(*it.disk->open_directory(it.dir).value(), {}, {},
             [&](const ReplayedBatch& batch) -> Status {
               steps.push_back(batch.step);
               times.push_back(batch.time.time);
               return {};
             })
      .value();
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0], std::nullopt);
  EXPECT_EQ(steps[1], (ClockStep{1, before, it.clock.wall(), true}));
  EXPECT_EQ(steps[2], std::nullopt);
  EXPECT_EQ(times, (std::vector<Timestamp>{before, it.clock.wall(), it.clock.wall()}));
}

TEST(Committer, refuses_a_batch_over_the_limit_and_takes_one_of_just_that_size) {
  constexpr std::size_t limit = std::size_t{64} << 10;
  CommitFixture it(Threads::none, {.queue_bytes = limit});
  ASSERT_EQ(it.committer->batch_bytes_max(), limit);
  const auto of_size = [](std::size_t size) {
    const std::size_t overhead = TestWrite(TestWrite::put("k", limit)).batch.size() - limit;
    return TestWrite::put("k", size - overhead);
  };
  TestWrite over(of_size(limit + 1));
  TestWrite just(of_size(limit));
  ASSERT_EQ(just.batch.size(), limit);
  EXPECT_EQ(it.write(over).error().code, Errc::invalid_argument);
  EXPECT_TRUE(it.write(just));
  TestWrite submitted(of_size(limit + 1));
  it.committer->submit(submitted.asynchronous());
  EXPECT_EQ(submitted.result().error().code, Errc::invalid_argument);
  EXPECT_EQ(it.committer->issued(), 1u);
}

TEST(Committer, says_busy_without_waiting_where_the_queue_is_full) {
  CommitFixture it(Threads::none, {.queue_bytes = std::size_t{16} << 10});
  TestWrite most(TestWrite::put("a", std::size_t{12} << 10));
  it.committer->submit(most.asynchronous());
  EXPECT_EQ(it.committer->queued_bytes(), most.batch.size());
  TestWrite more(TestWrite::put("b", std::size_t{8} << 10));
  EXPECT_EQ(it.write(more, Committer::Mode::without_waiting).error().code, Errc::busy);
  EXPECT_EQ(it.committer->issued(), 1u) << "it took no sequence";
  it.committer->drain();
  EXPECT_EQ(it.committer->queued_bytes(), 0u);
  EXPECT_TRUE(it.write(more, Committer::Mode::without_waiting));
}

TEST(Committer, makes_room_in_the_queue_itself_where_there_is_no_thread) {
  CommitFixture it(Threads::none, {.queue_bytes = std::size_t{16} << 10});
  TestWrite first(TestWrite::put("a", std::size_t{12} << 10));
  TestWrite second(TestWrite::put("b", std::size_t{12} << 10));
  it.committer->submit(first.asynchronous());
  it.committer->submit(second.asynchronous());
  EXPECT_TRUE(first.is_finished());
  EXPECT_FALSE(second.is_finished());
  it.committer->drain();
}

TEST(Committer, applies_what_is_queued_before_it_stops) {
  CommitFixture it(Threads::none);
  TestWrite first("a");
  it.committer->submit(first.asynchronous());
  it.committer->stop();
  EXPECT_TRUE(first.is_finished());
  EXPECT_TRUE(it.has("a"));
}

TEST(Committer, freezes_all_that_was_issued_and_nothing_where_there_is_nothing) {
  CommitFixture it(Threads::none);
  EXPECT_EQ(it.committer->freeze(), 0u);
  EXPECT_EQ(it.frozen, 0);
  TestWrite first("a");
  it.committer->submit(first.asynchronous());
  EXPECT_EQ(it.committer->freeze(), 1u);
  EXPECT_EQ(it.frozen, 1);
  EXPECT_TRUE(first.is_finished());
  ASSERT_EQ(it.versions->frozen().size(), 1u);
  EXPECT_EQ(it.versions->frozen()[0]->last_sequence(), 1u);
  EXPECT_EQ(it.versions->active()->base_sequence(), 1u);
}

TEST(Committer, freezes_for_the_background_where_something_is_there_and_there_is_room) {
  CommitFixture it(Threads::none);
  it.make_room = [] { return Status(std::unexpected(Error{make_error_code(Errc::busy), ""})); };
  EXPECT_FALSE(it.committer->try_freeze().value());
  for (const char* key : {"a", "b"}) {
    ASSERT_TRUE(it.write(key));
    EXPECT_TRUE(it.committer->try_freeze().value());
  }
  ASSERT_TRUE(it.write("c"));
  EXPECT_FALSE(it.committer->try_freeze().value()) << "two wait to be flushed";
  EXPECT_EQ(it.frozen, 2);
}

TEST(Committer, freezes_nothing_for_the_background_under_who_writes) {
  CommitFixture it(Threads::none);
  ASSERT_TRUE(it.write("a"));
  bool froze = true;
  it.in_next(Call::write,
             [&] { std::thread([&] { froze = it.committer->try_freeze().value(); }).join(); });
  ASSERT_TRUE(it.write("b"));
  EXPECT_FALSE(froze);
  EXPECT_EQ(it.frozen, 0);
}

TEST(Committer, gives_the_writer_the_reason_why_there_is_no_room_for_a_memtable) {
  CommitFixture it(Threads::none);
  for (const char* key : {"a", "b"}) {
    EXPECT_TRUE(it.write(key));
    EXPECT_TRUE(it.committer->freeze());
  }
  EXPECT_TRUE(it.write("c"));
  it.make_room = [] { return Status(std::unexpected(Error{make_error_code(Errc::no_space), ""})); };
  EXPECT_EQ(it.committer->freeze().error().code, Errc::no_space);
  EXPECT_EQ(it.frozen, 2);
  EXPECT_TRUE(it.write("d")) << "the memtable has room itself";
}

class Conditional : public TestWrite {
 public:
  Conditional(const std::string& key, std::uint64_t seen) : TestWrite(key) {
    const std::string internal = internal_key(key);
    conditions.push_back({internal, hash_of(internal), 1, seen});
  }
};

TEST(Committer, refuses_a_write_whose_condition_a_write_before_it_in_the_queue_broke) {
  CommitFixture it(Threads::none);
  EXPECT_TRUE(it.write("a"));
  TestWrite overtaking("a");
  Conditional patch("a", 1);
  TestWrite other("b");
  it.committer->submit(overtaking.asynchronous());
  it.committer->submit(patch.asynchronous());
  it.committer->submit(other.asynchronous());
  it.committer->drain();
  EXPECT_TRUE(overtaking.result());
  ASSERT_FALSE(patch.result());
  EXPECT_TRUE(is_conflict(patch.result().error()));
  EXPECT_EQ(other.result(), (Receipt{4, Reached::appended})) << "who follows is not refused";
  EXPECT_EQ(it.logged(), (Sequences{1, 2, 4}));
}

TEST(Committer, applies_a_write_whose_condition_holds) {
  CommitFixture it(Threads::none);
  EXPECT_TRUE(it.write("a"));
  EXPECT_TRUE(it.write("b"));
  Conditional patch("a", 1);
  EXPECT_TRUE(it.write(patch));
}

TEST(Committer, vouches_after_a_refused_write_and_a_step_of_the_clock) {
  CommitFixture it(Threads::none);
  ASSERT_TRUE(it.write("a"));
  Conditional patch("a", 0);
  EXPECT_FALSE(it.write(patch)) << "its sequence is none of the log's";
  it.clock.step_wall(Duration(std::chrono::hours(1)));
  ASSERT_TRUE(it.syncer->sync_through(1));
  it.committer->vouch();
  ASSERT_TRUE(it.write("b"));
  std::optional<ClockStep> step;
  replay_wal(*it.disk->open_directory(it.dir).value(), {}, {},
             [&](const ReplayedBatch& batch) -> Status {
               if (batch.step) step = batch.step;
               return {};
             })
      .value();
  ASSERT_TRUE(step) << "the next group says it";
  EXPECT_EQ(step->sequence, 2u);
}

TEST(Committer, tells_of_labels_before_it_shows_them) {
  CommitFixture it(Threads::none);
  it.labels.start();
  WriteBatch batch;
  batch.describe("press", {{"hall", "7"}});
  TestWrite write(std::move(batch));
  std::uint64_t before = 99;
  it.in_next(Call::write, [&] { before = it.labels.take_through(9)->size(); });
  EXPECT_TRUE(it.write(write));
  EXPECT_EQ(before, 0u) << "told before it is in the log";
  const auto changes = it.labels.take_through(it.visible());
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ((*changes)[0].key, "press");
  EXPECT_EQ((*changes)[0].sequence, 1u);
}

}  // namespace
}  // namespace varve::engine
