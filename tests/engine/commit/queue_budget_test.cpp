#include "engine/commit/queue_budget.hpp"

#include <gtest/gtest.h>

#include "tests/engine/commit/commit_fixture.hpp"

namespace varve::engine {
namespace {

/// Reserves on a thread of its own. Returns once that thread has found no room.
std::future<void> begin_to_wait(QueueBudget& budget, std::size_t bytes) {
  const std::size_t before = budget.waiting();
  auto waiter = std::async(std::launch::async, [&budget, bytes] { budget.reserve(bytes); });
  wait_until([&] { return budget.waiting() == before + 1; }, "a reserve that has to wait");
  return waiter;
}

TEST(QueueBudget, counts_what_is_reserved_until_it_is_released) {
  QueueBudget budget(10);
  budget.reserve(4);
  EXPECT_TRUE(budget.try_reserve(6));
  EXPECT_EQ(budget.used(), 10u);
  budget.release(4);
  EXPECT_EQ(budget.used(), 6u);
  budget.release(6);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(QueueBudget, try_reserve_takes_nothing_where_the_bytes_do_not_fit) {
  QueueBudget budget(10);
  EXPECT_FALSE(budget.try_reserve(11));
  budget.reserve(4);
  EXPECT_FALSE(budget.try_reserve(7));
  EXPECT_EQ(budget.used(), 4u);
  EXPECT_TRUE(budget.try_reserve(6));
  budget.release(10);
}

TEST(QueueBudget, reserve_waits_until_there_is_enough_room) {
  QueueBudget budget(10);
  budget.reserve(10);
  std::future<void> waiter = begin_to_wait(budget, 6);
  budget.release(5);
  EXPECT_EQ(budget.waiting(), 1u) << "five are not enough";
  EXPECT_EQ(budget.used(), 5u);
  budget.release(1);
  get_or_die(waiter, "a reserve that has room");
  EXPECT_EQ(budget.used(), 10u);
  EXPECT_EQ(budget.waiting(), 0u);
  budget.release(10);
}

TEST(QueueBudget, one_release_wakes_all_who_wait_and_fit) {
  QueueBudget budget(10);
  budget.reserve(10);
  std::future<void> first = begin_to_wait(budget, 3);
  std::future<void> second = begin_to_wait(budget, 7);
  budget.release(10);
  get_or_die(first, "the first who waits");
  get_or_die(second, "the second who waits");
  EXPECT_EQ(budget.used(), 10u);
  budget.release(10);
}

TEST(QueueBudget, who_does_not_wait_may_pass_one_who_needs_more) {
  QueueBudget budget(10);
  budget.reserve(5);
  std::future<void> waiter = begin_to_wait(budget, 8);
  EXPECT_TRUE(budget.try_reserve(5));
  budget.release(5);
  budget.release(5);
  get_or_die(waiter, "a reserve that has room");
  budget.release(8);
}

TEST(QueueBudget, threads_that_take_turns_all_come_to_an_end) {
  QueueBudget budget(10);
  std::vector<std::thread> threads;
  for (const std::size_t bytes : {6u, 7u, 10u}) {
    threads.emplace_back([&budget, bytes] {
      for (int i = 0; i < 500; ++i) {
        budget.reserve(bytes);
        EXPECT_EQ(budget.used(), bytes) << "no two fit";
        budget.release(bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0u);
}

class QueueBudgetDeath : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(QueueBudgetDeath, a_reserve_that_could_never_fit) {
  QueueBudget budget(10);
  EXPECT_DEATH(budget.reserve(11), "bytes <= bytes_max_");
}

TEST_F(QueueBudgetDeath, a_release_of_more_than_is_reserved) {
  EXPECT_DEATH(
      {
        QueueBudget budget(10);
        budget.reserve(3);
        budget.release(4);
      },
      "queue_budget.hpp.*assertion failed");
}

TEST_F(QueueBudgetDeath, it_goes_before_all_is_released) {
  EXPECT_DEATH(
      {
        QueueBudget budget(10);
        budget.reserve(3);
      },
      "queue_budget.hpp.*assertion failed");
}

}  // namespace
}  // namespace varve::engine
