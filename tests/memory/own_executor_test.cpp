// The engine's own executor counts the handlers that find no memory together with their list.

#include "engine/database/own_executor.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

#include "tests/support/failing_allocations.hpp"
#include "varve/detail/pending_write.hpp"

namespace varve::engine {
namespace {

using Count = std::optional<std::uint64_t>;

class CountedHandler final : public detail::PendingWrite {
 public:
  CountedHandler() : PendingWrite(true) {}

  bool post() override { return true; }
  void run() override { ++runs_; }
  void discard() override {}
  int runs() const { return runs_; }

 private:
  int runs_ = 0;
};

/// Without a thread: poll_one() runs what is posted.
class OwnExecutorWithoutMemory : public testing::Test {
 protected:
  Count post(CountedHandler& handler) { return executor_.post(&handler, &handler, 1); }
  Count post_without_memory(CountedHandler& handler) {
    const test::FailAllocation fail(1);
    return post(handler);
  }

  OwnExecutor executor_;
  CountedHandler first_;
  CountedHandler second_;
};

TEST_F(OwnExecutorWithoutMemory, hands_a_late_handler_over_with_the_next) {
  EXPECT_FALSE(post_without_memory(first_));
  EXPECT_EQ(post(second_), Count(2));
  EXPECT_TRUE(executor_.poll_one());
  EXPECT_EQ(first_.runs(), 1);
  EXPECT_EQ(second_.runs(), 1);
}

TEST_F(OwnExecutorWithoutMemory, says_of_each_handler_once_that_it_runs) {
  EXPECT_FALSE(post_without_memory(first_));
  EXPECT_EQ(executor_.post_again(), Count(1));
  EXPECT_EQ(executor_.post_again(), Count(0));
  EXPECT_EQ(post(second_), Count(1));
}

TEST_F(OwnExecutorWithoutMemory, hands_nobody_over_by_a_job_that_has_run) {
  EXPECT_EQ(post(first_), Count(1));
  EXPECT_TRUE(executor_.poll_one());
  EXPECT_FALSE(post_without_memory(second_));
  EXPECT_FALSE(executor_.poll_one());
  EXPECT_EQ(second_.runs(), 0);
  EXPECT_EQ(executor_.post_again(), Count(1));
  EXPECT_TRUE(executor_.poll_one());
  EXPECT_EQ(second_.runs(), 1);
}

}  // namespace
}  // namespace varve::engine
