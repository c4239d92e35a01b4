// The writer's role between threads. A call of the disk holds its holder at a known place.

#include <gtest/gtest.h>

#include "engine/commit/committer.hpp"
#include "tests/engine/commit/commit_fixture.hpp"

namespace varve::engine {
namespace {

using test::Call;
using Sequences = std::vector<std::uint64_t>;
using Threads = CommitFixture::Threads;

TEST(CommitterThreads, a_blocking_write_that_finds_the_role_free_commits_itself) {
  CommitFixture it(Threads::own);
  std::thread::id writer;
  it.in_next(Call::write, [&] { writer = std::this_thread::get_id(); });
  EXPECT_TRUE(it.write("a"));
  EXPECT_EQ(writer, std::this_thread::get_id());
}

TEST(CommitterThreads, what_is_submitted_is_committed_by_the_writer_thread) {
  CommitFixture it(Threads::own);
  std::thread::id writer;
  it.in_next(Call::write, [&] { writer = std::this_thread::get_id(); });
  TestWrite write("a");
  it.committer->submit(write.asynchronous());
  EXPECT_TRUE(write.result());
  EXPECT_NE(writer, std::this_thread::get_id());
}

TEST(CommitterThreads, the_writer_thread_is_woken_for_each_of_many_submitted_one_by_one) {
  CommitFixture it(Threads::own);
  // Nothing comes before the last one is done, so nothing makes a lost word good.
  for (int i = 0; i < 500; ++i) {
    TestWrite write("a");
    it.committer->submit(write.asynchronous());
    EXPECT_TRUE(write.result());
  }
}

TEST(CommitterThreads, what_comes_while_a_caller_has_the_role_is_not_stranded_when_it_leaves) {
  CommitFixture it(Threads::own);
  TestWrite meanwhile("b");
  // The caller's group is taken, so it leaves without having seen this one.
  it.in_next(Call::write, [&] { it.committer->submit(meanwhile.asynchronous()); });
  EXPECT_EQ(it.write("a"), (Receipt{1, Reached::appended}));
  EXPECT_EQ(meanwhile.result(), (Receipt{2, Reached::appended}));
}

TEST(CommitterThreads,
     a_blocking_write_that_finds_the_role_taken_is_committed_by_the_writer_thread) {
  CommitFixture it(Threads::own);
  TestWrite meanwhile("b");
  std::future<Result<Receipt>> blocked;
  it.in_next(Call::write, [&] {
    blocked = it.begin(meanwhile);
    wait_until([&] { return it.committer->issued() == 2; }, "the second write");
  });
  EXPECT_TRUE(it.write("a"));
  EXPECT_EQ(get_or_die(blocked, "the second write"), (Receipt{2, Reached::appended}));
}

TEST(CommitterThreads, an_inline_write_waits_for_the_role_and_commits_all_before_its_own) {
  CommitFixture it(Threads::own);
  TestWrite before("b");
  TestWrite inline_write("c");
  std::future<Result<Receipt>> inlined;
  it.in_next(Call::write, [&] {
    it.committer->submit(before.asynchronous());
    inlined = it.begin(inline_write, Committer::Mode::on_this_thread);
    wait_until([&] { return it.committer->issued() == 3; }, "the inline write");
    EXPECT_EQ(it.visible(), 0u) << "the role is taken";
  });
  EXPECT_TRUE(it.write("a"));
  EXPECT_EQ(get_or_die(inlined, "the inline write"), (Receipt{3, Reached::appended}));
  EXPECT_TRUE(before.result());
  EXPECT_EQ(it.logged(), (Sequences{1, 2, 3}));
}

TEST(CommitterThreads, a_write_without_room_waits_until_the_group_at_the_disk_is_applied) {
  CommitFixture it(Threads::own, {.queue_bytes = std::size_t{16} << 10});
  TestWrite first(TestWrite::put("a", std::size_t{12} << 10));
  TestWrite second(TestWrite::put("b", std::size_t{12} << 10));
  std::future<Result<Receipt>> waiting;
  bool busy = false;
  it.in_next(Call::write, [&] {
    TestWrite third(TestWrite::put("c", std::size_t{12} << 10));
    busy = it.write(third, Committer::Mode::without_waiting).error().code == Errc::busy;
    waiting = it.begin(second);
    waiting.wait_for(std::chrono::milliseconds(5));  // So that it mostly comes to wait.
    EXPECT_EQ(it.committer->issued(), 1u) << "no sequence before there is room";
  });
  EXPECT_TRUE(it.write(first));
  EXPECT_TRUE(busy);
  EXPECT_EQ(get_or_die(waiting, "the write without room"), (Receipt{2, Reached::appended}));
  EXPECT_EQ(it.committer->queued_bytes(), 0u);
}

TEST(CommitterThreads, stop_applies_what_came_while_the_writer_thread_was_at_the_disk) {
  CommitFixture it(Threads::own);
  TestWrite first("a");
  TestWrite second("b");
  it.in_next(Call::write, [&] { it.committer->submit(second.asynchronous()); });
  it.committer->submit(first.asynchronous());
  wait_until([&] { return it.committer->issued() == 2; }, "the second write");
  it.committer->stop();
  EXPECT_TRUE(first.is_finished());
  EXPECT_TRUE(second.is_finished());
  EXPECT_EQ(it.visible(), 2u);
}

TEST(CommitterThreads, writes_of_many_threads_are_each_finished_once_and_logged_in_one_order) {
  CommitFixture it(Threads::own, {.queue_bytes = std::size_t{16} << 10});
  constexpr int threads = 4;
  constexpr int each = 100;
  std::atomic<std::uint64_t> sum = 0;
  std::vector<std::thread> writers;
  for (int id = 0; id < threads; ++id) {
    writers.emplace_back([&, id] {
      for (int i = 0; i < each; ++i) {
        const auto receipt = it.write("k" + std::to_string(id),
                                      i % 8 == id ? Durability::always() : Durability::appended());
        ASSERT_TRUE(receipt);
        EXPECT_LE(receipt->sequence, it.visible());
        sum += receipt->sequence;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  constexpr std::uint64_t count = threads * each;
  EXPECT_EQ(sum, count * (count + 1) / 2);
  const Sequences logged = it.logged();
  EXPECT_EQ(logged.size(), count);
  EXPECT_TRUE(std::ranges::is_sorted(logged));
}

}  // namespace
}  // namespace varve::engine
