// The look for work is a function of the caller's, and so the place where these tests hold the
// sleeping thread: it has the lock there, and has said that it sleeps.

#include "engine/commit/work_signal.hpp"

#include <gtest/gtest.h>

#include "tests/engine/commit/commit_fixture.hpp"

namespace varve::engine {
namespace {

using namespace std::chrono_literals;

TEST(WorkSignal, does_not_sleep_while_there_is_work) {
  WorkSignal signal;
  EXPECT_TRUE(signal.wait_for_work([] { return false; }));
}

TEST(WorkSignal, ends_only_once_there_is_no_work) {
  WorkSignal signal;
  signal.stop();
  EXPECT_TRUE(signal.wait_for_work([] { return false; }));
  EXPECT_FALSE(signal.wait_for_work([] { return true; }));
}

TEST(WorkSignal, sleeps_for_no_longer_than_it_may) {
  WorkSignal signal;
  EXPECT_TRUE(signal.wait_for_work([] { return true; }, 1ms)) << "there may be work by now";
}

TEST(WorkSignal, ends_at_once_where_it_was_stopped_however_long_it_may_sleep) {
  WorkSignal signal;
  signal.stop();
  EXPECT_FALSE(signal.wait_for_work([] { return true; }, 1h));
}

/// A thread that waits for work, held in its first look until `bring` is done, or for a moment:
/// whoever brings work may have to wait for the thread.
class HeldInItsLook {
 public:
  explicit HeldInItsLook(std::function<void(WorkSignal&)> bring) : bring_(std::move(bring)) {
    std::future<bool> waiting = std::async(
        std::launch::async, [this] { return signal_.wait_for_work([this] { return is_idle(); }); });
    outcome_ = get_or_die(waiting, "the thread that was brought work");
    get_or_die(bringing_, "who brings work");
  }
  bool outcome() const { return outcome_; }
  int looks() const { return looks_; }

 private:
  bool is_idle() {
    // What this look finds is what there was before the work came.
    const bool idle = !work_.load();
    if (++looks_ == 1) {
      bringing_ = std::async(std::launch::async, [this] {
        work_ = true;
        bring_(signal_);
      });
      bringing_.wait_for(20ms);
    }
    return idle;
  }

  std::function<void(WorkSignal&)> bring_;
  WorkSignal signal_;
  std::atomic<bool> work_ = false;
  std::future<void> bringing_;
  int looks_ = 0;
  bool outcome_ = false;
};

// Fails where the thread looks for work before it says that it sleeps, and where who brings work
// notifies without the lock: in both cases the word comes before the sleep, and is lost.
TEST(WorkSignal, work_that_comes_between_the_look_and_the_sleep_wakes_the_thread) {
  const HeldInItsLook it([](WorkSignal& signal) { signal.notify(); });
  EXPECT_TRUE(it.outcome());
  EXPECT_EQ(it.looks(), 2);
}

TEST(WorkSignal, a_stop_that_comes_between_the_look_and_the_sleep_is_seen) {
  WorkSignal signal;
  int looks = 0;
  std::future<void> stopping;
  std::future<bool> waiting = std::async(std::launch::async, [&] {
    return signal.wait_for_work([&] {
      if (++looks == 1) {
        stopping = std::async(std::launch::async, [&] { signal.stop(); });
        stopping.wait_for(20ms);
      }
      return true;
    });
  });
  EXPECT_FALSE(get_or_die(waiting, "the thread that was stopped"));
}

TEST(WorkSignal, wakes_the_thread_for_each_of_many_pieces_of_work) {
  WorkSignal signal;
  std::atomic<int> brought = 0;
  std::atomic<int> done = 0;
  std::thread thread([&] {
    while (signal.wait_for_work([&] { return done == brought; })) done = brought.load();
  });
  // Nothing comes before the last piece is done, so nothing makes a lost word good.
  for (int i = 1; i <= 2'000; ++i) {
    brought = i;
    signal.notify();
    wait_until([&] { return done == i; }, "a piece of work");
  }
  signal.stop();
  thread.join();
}

}  // namespace
}  // namespace varve::engine
