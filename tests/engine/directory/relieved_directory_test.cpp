// A directory whose calls find no descriptor left.

#include "engine/directory/relieved_directory.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/support/simulated_disk.hpp"
#include "varve/error.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::SimulatedDisk;

class RelievedDirectory : public testing::Test {
 protected:
  RelievedDirectory() {
    disk_.create_directory("/db").value();
    disk_.set_content("/db/a", {});
    directory_ = relieved_directory(disk_.open_directory("/db").value(), [this] {
      ++asked_;
      return left_-- > 0;
    });
    directory_->create_directory("sub").value();
  }

  /// Of every call that needs a descriptor, by what it is on the disk.
  std::vector<std::pair<Call, std::function<Status()>>> calls() {
    const auto status = [](const auto& result) -> Status {
      if (!result) return std::unexpected(result.error());
      return {};
    };
    return {
        {Call::open, [=, this] { return status(directory_->open("a", OpenMode::read)); }},
        {Call::create, [=, this] { return status(directory_->open("b", OpenMode::create)); }},
        {Call::list, [=, this] { return status(directory_->list()); }},
        {Call::lock, [=, this] { return status(directory_->lock("LOCK")); }},
        {Call::open_directory, [=, this] { return status(directory_->open_directory("sub")); }}};
  }

  SimulatedDisk disk_;
  std::shared_ptr<Directory> directory_;
  int left_ = 0;   // So often something can be closed.
  int asked_ = 0;  // To close it.
};

TEST_F(RelievedDirectory, tries_again_for_as_long_as_something_was_closed) {
  for (const auto& [call, make] : calls()) {
    SCOPED_TRACE(static_cast<int>(call));
    disk_.fail({.call = call, .at = 1, .error_number = EMFILE});
    disk_.fail({.call = call, .at = 2, .error_number = ENFILE});
    left_ = 5;
    asked_ = 0;
    EXPECT_TRUE(make());
    EXPECT_EQ(asked_, 2);
    disk_.clear_faults();
  }
}

TEST_F(RelievedDirectory, fails_where_nothing_is_left_to_close) {
  for (const auto& [call, make] : calls()) {
    SCOPED_TRACE(static_cast<int>(call));
    disk_.fail({.call = call, .lasting = true, .error_number = EMFILE});
    left_ = 3;
    asked_ = 0;
    EXPECT_EQ(make().error().code, std::errc::too_many_files_open);
    EXPECT_EQ(asked_, 4);
    disk_.clear_faults();
  }
}

TEST_F(RelievedDirectory, has_nothing_closed_for_other_failures) {
  for (const auto& [call, make] : calls()) {
    SCOPED_TRACE(static_cast<int>(call));
    disk_.fail({.call = call});
    left_ = 1;
    EXPECT_EQ(make().error().code, std::errc::io_error);
    EXPECT_EQ(asked_, 0);
    disk_.clear_faults();
  }
}

TEST_F(RelievedDirectory, moves_and_links_files_within_it_and_below_it) {
  const auto below = directory_->open_directory("sub").value();
  EXPECT_TRUE(directory_->rename("a", "b"));
  EXPECT_TRUE(directory_->link("b", *directory_, "c"));
  EXPECT_TRUE(directory_->rename("b", *below, "b"));
  EXPECT_EQ(disk_.names("/db"), (std::vector<std::string>{"c", "sub"}));
  EXPECT_EQ(disk_.names("/db/sub"), std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace varve::engine
