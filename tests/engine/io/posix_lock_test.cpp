// What becomes of a lock in the children that its process forks.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "tests/support/child.hpp"
#include "tests/support/temporary_directory.hpp"
#include "varve/file_system.hpp"

namespace varve {
namespace {

using test::IdleChild;
using test::in_child;

class PosixLock : public testing::Test {
 protected:
  bool is_locked() const {
    const auto lock = directory_->lock("LOCK");
    return !lock && lock.error().code == Errc::locked;
  }

  const test::TemporaryDirectory temporary_;
  const std::shared_ptr<Directory> directory_ =
      posix_file_system()->open_directory(temporary_.path()).value();
};

TEST_F(PosixLock, goes_with_its_holder_though_a_child_lives_on) {
  auto lock = directory_->lock("LOCK").value();
  const IdleChild child;
  EXPECT_TRUE(is_locked());
  lock.reset();
  EXPECT_FALSE(is_locked());
}

TEST_F(PosixLock, holds_on_when_a_child_ends) {
  const auto lock = directory_->lock("LOCK").value();
  EXPECT_EQ(in_child([] { return 0; }), 0);
  EXPECT_TRUE(is_locked());
  EXPECT_TRUE(lock->check());
}

TEST_F(PosixLock, keeps_a_child_out_and_says_there_that_it_is_not_held) {
  const auto lock = directory_->lock("LOCK").value();
  EXPECT_EQ(in_child([&] {
              if (!is_locked()) return 1;
              const Status held = lock->check();
              return held || held.error().code != Errc::closed ? 2 : 0;
            }),
            0);
}

// A child that is forked just when the file is opened must not keep it open either.
TEST_F(PosixLock, is_kept_by_no_child_whenever_that_is_forked) {
  std::atomic<bool> stop = false;
  std::atomic<int> refused = 0;
  std::thread locking([&] {
    while (!stop) {
      if (is_locked()) ++refused;
    }
  });
  for (int i = 0; i < 20; ++i) {
    const IdleChild child;
    // Long enough for the other thread to lock some more times beside it.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stop = true;
  locking.join();
  EXPECT_EQ(refused, 0);
}

}  // namespace
}  // namespace varve
