#include "engine/base/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/child.hpp"

namespace varve::engine {
namespace {

using namespace std::chrono_literals;

TEST(Gate, lets_in_while_it_is_open_and_nobody_after) {
  Gate gate;
  EXPECT_TRUE(Gate::Pass(gate));
  EXPECT_TRUE(gate.close());
  EXPECT_FALSE(Gate::Pass(gate));
  EXPECT_FALSE(gate.enter());
}

TEST(Gate, says_who_closed_it) {
  Gate gate;
  EXPECT_TRUE(gate.close());
  EXPECT_FALSE(gate.close());
}

TEST(Gate, close_waits_for_each_pass_that_is_inside) {
  Gate gate;
  std::optional<Gate::Pass> first(std::in_place, gate);
  std::optional<Gate::Pass> second(std::in_place, gate);
  std::atomic<int> inside = 2;
  auto closing = std::async(std::launch::async, [&] {
    EXPECT_TRUE(gate.close());
    return inside.load();
  });
  // It is closed once nobody gets in any more.
  while (gate.enter()) gate.leave();
  inside = 1;
  first.reset();
  // One is still there: a close that did not wait for it would mostly come back by now.
  EXPECT_EQ(closing.wait_for(5ms), std::future_status::timeout);
  inside = 0;
  second.reset();
  EXPECT_EQ(closing.get(), 0);
}

TEST(Gate, close_waits_for_those_who_leave_together) {
  Gate gate;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(gate.enter());
  std::atomic<bool> left = false;
  auto closing = std::async(std::launch::async, [&] {
    gate.close();
    return left.load();
  });
  while (gate.enter()) gate.leave();
  left = true;
  gate.leave(3);
  EXPECT_TRUE(closing.get());
}

TEST(Gate, a_second_close_waits_too) {
  Gate gate;
  ASSERT_TRUE(gate.enter());
  std::atomic<bool> left = false;
  std::vector<std::future<bool>> closing;
  for (int i = 0; i < 2; ++i) {
    closing.push_back(std::async(std::launch::async, [&] {
      gate.close();
      return left.load();
    }));
  }
  while (gate.enter()) gate.leave();
  left = true;
  gate.leave();
  for (auto& each : closing) EXPECT_TRUE(each.get());
}

TEST(Gate, may_go_as_soon_as_close_returns) {
  for (int round = 0; round < 200; ++round) {
    std::optional<Gate> gate(std::in_place);
    ASSERT_TRUE(gate->enter());
    std::thread leaving([&] { gate->leave(); });
    gate->close();
    gate.reset();  // Whoever leaves last has let go of it, or a sanitizer says so.
    leaving.join();
  }
}

TEST(Gate, is_shut_in_a_child_and_stays_open_where_it_was_made) {
  Gate gate;
  const Gate::Pass inside(gate);
  EXPECT_EQ(test::in_child([&] { return gate.is_here() || gate.enter() ? 1 : 0; }), 0);
  EXPECT_TRUE(gate.is_here());
  EXPECT_TRUE(Gate::Pass(gate));
}

TEST(GateDeath, it_goes_while_somebody_is_inside) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Gate gate;
        std::ignore = gate.enter();
      },
      "gate.hpp.*assertion failed");
}

TEST(GateDeath, more_leave_than_have_entered) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Gate gate;
        gate.leave();
      },
      "gate.hpp.*assertion failed");
}

}  // namespace
}  // namespace varve::engine
