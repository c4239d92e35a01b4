#include "engine/base/fork.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "tests/support/child.hpp"

namespace varve::engine {
namespace {

using test::in_child;

TEST(HomeProcess, is_here_where_it_was_made) { EXPECT_TRUE(HomeProcess().is_here()); }

TEST(HomeProcess, is_not_here_in_a_child_nor_in_a_child_of_that) {
  const HomeProcess home;
  EXPECT_EQ(in_child([&] {
              if (home.is_here()) return 1;
              return in_child([&] { return home.is_here() ? 2 : 0; });
            }),
            0);
  EXPECT_TRUE(home.is_here());
}

TEST(HomeProcess, is_here_in_the_child_that_made_it) {
  EXPECT_EQ(in_child([] {
              const HomeProcess home;
              if (!home.is_here()) return 1;
              return in_child([&] { return home.is_here() ? 2 : 0; });
            }),
            0);
}

/// Says when it goes.
struct Goes {
  explicit Goes(bool& said) : gone(said) {}
  ~Goes() { gone = true; }
  Goes(const Goes&) = delete;
  Goes& operator=(const Goes&) = delete;
  bool& gone;
};

TEST(DeleteAtHome, deletes_where_it_was_made_and_in_no_child) {
  bool gone = false;
  std::unique_ptr<Goes, DeleteAtHome> pointer(new Goes(gone));
  EXPECT_EQ(in_child([&] {
              pointer.reset();
              return gone ? 1 : 0;
            }),
            0);
  pointer.reset();
  EXPECT_TRUE(gone);
}

void count(void* calls) { ++*static_cast<int*>(calls); }

TEST(ForkHook, is_called_in_each_child_and_not_in_the_parent) {
  int calls = 0;
  std::optional<ForkHook> hook;
  {
    const ForkPause pause;
    hook.emplace(pause, count, &calls);
  }
  for (int round = 0; round < 2; ++round) EXPECT_EQ(in_child([&] { return calls; }), 1);
  EXPECT_EQ(calls, 0);
}

TEST(ForkHook, is_called_for_as_long_as_it_lives_whatever_others_come_and_go) {
  int first = 0;
  int second = 0;
  int third = 0;
  std::optional<ForkHook> gone;
  std::optional<ForkHook> stays;
  std::optional<ForkHook> gone_too;
  {
    const ForkPause pause;
    gone.emplace(pause, count, &first);
    stays.emplace(pause, count, &second);
    gone_too.emplace(pause, count, &third);
  }
  gone.reset();
  gone_too.reset();
  EXPECT_EQ(in_child([&] { return first * 9 + second + third * 9; }), 1);
}

TEST(ForkPause, holds_a_fork_up_until_it_goes) {
  std::promise<void> paused;
  std::atomic<bool> is_over = false;
  std::thread thread([&] {
    const ForkPause pause;
    paused.set_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    is_over = true;
  });
  paused.get_future().wait();
  EXPECT_EQ(in_child([&] { return is_over ? 0 : 1; }), 0);
  thread.join();
}

TEST(ForkPause, holds_nobody_up_in_a_child) {
  EXPECT_EQ(in_child([] {
              const ForkPause pause;
              return 0;
            }),
            0);
}

}  // namespace
}  // namespace varve::engine
