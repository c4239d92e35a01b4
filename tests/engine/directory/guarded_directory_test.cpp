// A directory whose lock somebody takes away.

#include "engine/directory/guarded_directory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/simulated_disk.hpp"
#include "varve/error.hpp"
#include "varve/try.hpp"

namespace varve::engine {
namespace {

using test::SimulatedDisk;

class GuardedDirectory : public testing::Test {
 protected:
  GuardedDirectory() {
    disk_.create_directory("/db").value();
    const auto bare = disk_.open_directory("/db").value();
    lock_ = std::make_shared<DatabaseLock>(bare->lock("LOCK").value());
    directory_ = guarded_directory(bare, lock_);
    disk_.set_content("/db/a", {});
    manifest_ = directory_->open("m", OpenMode::create, {WriteReason::manifest}).value();
    table_ = directory_->open("t", OpenMode::create, {WriteReason::flush}).value();
  }

  static Status write(File& file) {
    const std::array<std::byte, 3> bytes{};
    const std::span<const std::byte> piece = bytes;
    return file.write_at(0, std::span(&piece, 1));
  }
  std::vector<std::function<Status()>> guarded_calls() {
    return {[&]() -> Status {
              VARVE_CHECK(directory_->open("n", OpenMode::create, {WriteReason::log}));
              return {};
            },
            [&] { return directory_->rename("a", "b"); },
            [&] { return directory_->link("a", *directory_, "c"); },
            [&] { return directory_->remove("a"); },
            [&] { return write(*manifest_); },
            [&] { return manifest_->sync(); },
            [&] { return table_->sync(); }};
  }
  void expect_all_fail_with(Errc code) {
    const auto names = disk_.names("/db");
    for (const auto& call : guarded_calls()) {
      const Status status = call();
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, code) << status.error().message();
    }
    EXPECT_EQ(disk_.names("/db"), names);
  }

  SimulatedDisk disk_;
  std::shared_ptr<DatabaseLock> lock_;
  std::shared_ptr<Directory> directory_;
  std::unique_ptr<File> manifest_;
  std::unique_ptr<File> table_;
};

TEST_F(GuardedDirectory, does_all_while_the_lock_is_held) {
  EXPECT_TRUE(directory_->rename("a", "b"));
  EXPECT_TRUE(directory_->link("b", *directory_, "c"));
  EXPECT_TRUE(directory_->remove("b"));
  EXPECT_TRUE(write(*manifest_));
  EXPECT_TRUE(manifest_->sync());
  EXPECT_TRUE(write(*table_));
  EXPECT_TRUE(table_->sync());
}

TEST_F(GuardedDirectory, changes_no_name_and_syncs_nothing_once_the_lock_file_was_removed) {
  disk_.remove("/db/LOCK").value();
  expect_all_fail_with(Errc::locked);
}

TEST_F(GuardedDirectory, changes_no_name_and_syncs_nothing_once_the_lock_file_was_replaced) {
  disk_.remove("/db/LOCK").value();
  disk_.set_content("/db/LOCK", {});
  expect_all_fail_with(Errc::locked);
}

TEST_F(GuardedDirectory, changes_no_name_and_syncs_nothing_once_the_lock_was_let_go_of) {
  lock_->let_go();
  expect_all_fail_with(Errc::closed);
}

TEST_F(GuardedDirectory, is_let_go_of_only_once_nobody_changes_a_name) {
  std::promise<void> held;
  std::promise<void> go;
  disk_.on_call([&](test::Call call, const std::string&) {
    if (call != test::Call::remove) return;
    held.set_value();
    go.get_future().wait();
  });
  auto removing =
      std::async(std::launch::async, [&] { return directory_->remove("a").has_value(); });
  held.get_future().wait();
  auto letting_go = std::async(std::launch::async, [&] { lock_->let_go(); });
  // Nobody is let in any more; and it would mostly come back by now if it did not wait.
  while (lock_->check()) std::this_thread::yield();
  EXPECT_EQ(letting_go.wait_for(std::chrono::milliseconds(5)), std::future_status::timeout);
  EXPECT_FALSE(disk_.lock("/db/LOCK")) << "it is held still";
  go.set_value();
  letting_go.get();
  EXPECT_TRUE(removing.get());
  EXPECT_TRUE(disk_.lock("/db/LOCK"));
}

TEST_F(GuardedDirectory, moves_a_file_to_a_directory_below_it) {
  directory_->create_directory("sub").value();
  const auto below = directory_->open_directory("sub").value();
  EXPECT_TRUE(directory_->rename("a", *below, "a"));
  EXPECT_EQ(disk_.names("/db/sub"), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace varve::engine
