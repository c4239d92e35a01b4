// What every file system keeps to of directories, names and locks.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/engine/io/file_systems.hpp"

namespace varve {
namespace {

using std::filesystem::path;
using Names = std::vector<std::string>;

class Directories : public FileSystems {};

INSTANTIATE_TEST_SUITE_P(, Directories, all_file_systems,
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST_P(Directories, keep_the_errno_of_a_missing_name) {
  const path missing = root_ / "missing";
  const auto opened = db_->open("missing", OpenMode::read);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(opened.error().where, "open " + missing.string());
  EXPECT_EQ(db_->open("missing", OpenMode::read_write).error().code,
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(db_->remove("missing").error().where, "remove " + missing.string());
  EXPECT_EQ(db_->rename("missing", "b").error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(db_->link("missing", *db_, "b").error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(db_->exists("missing"), false);
}

TEST_P(Directories, open_no_directory_that_is_missing_or_something_else) {
  create("a");
  for (const auto& opened :
       {db_->open_directory("missing"), files_->open_directory(root_ / "missing"),
        files_->open_directory(root_ / "missing" / "deeper")}) {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, std::errc::no_such_file_or_directory);
    EXPECT_NE(opened.error().where.find((root_ / "missing").string()), std::string::npos);
  }
  for (const auto& opened : {db_->open_directory("a"), files_->open_directory(root_ / "a")}) {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, std::errc::not_a_directory);
    EXPECT_EQ(opened.error().where, "open directory " + (root_ / "a").string());
  }
}

TEST_P(Directories, keep_the_path_as_it_was_given) {
  const path odd = root_.string() + "/./";
  EXPECT_EQ(files_->open_directory(odd).value()->path().string(), odd.string());
  ASSERT_TRUE(db_->create_directory("d"));
  EXPECT_EQ(db_->open_directory("d").value()->path(), root_ / "d");
}

TEST_P(Directories, open_the_same_directory_by_any_spelling) {
  create("a", "text");
  for (const std::string& path : {root_.string() + "/", root_.string() + "//.", root_.string()}) {
    EXPECT_EQ(files_->open_directory(path).value()->exists("a"), true) << path;
  }
}

TEST_P(Directories, list_files_and_directories_without_dots) {
  create("b");
  create("a");
  ASSERT_TRUE(db_->create_directory("d"));
  const auto inner = db_->open_directory("d").value();
  ASSERT_TRUE(inner->open("inner", OpenMode::create));
  EXPECT_EQ(names(), (Names{"a", "b", "d"}));
  EXPECT_EQ(names(), (Names{"a", "b", "d"})) << "and again";
  EXPECT_EQ(inner->list(), Names{"inner"});
}

TEST_P(Directories, create_a_directory_again_but_not_over_a_file) {
  EXPECT_TRUE(db_->create_directory("d"));
  EXPECT_TRUE(db_->create_directory("d"));
  create("a");
  const Status status = db_->create_directory("a");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, std::errc::not_a_directory);
  EXPECT_EQ(status.error().where, "create directory " + (root_ / "a").string());
}

TEST_P(Directories, replace_the_target_of_a_rename) {
  create("a", "new");
  create("b", "old");
  ASSERT_TRUE(db_->rename("a", "b"));
  EXPECT_EQ(names(), Names{"b"});
  EXPECT_EQ(content("b"), "new");
  EXPECT_TRUE(db_->rename("b", "b"));
  EXPECT_EQ(content("b"), "new");
}

TEST_P(Directories, rename_into_another_directory) {
  create("a", "bad");
  ASSERT_TRUE(db_->create_directory("quarantine"));
  const auto kept = db_->open_directory("quarantine").value();
  ASSERT_TRUE(db_->rename("a", *kept, "a"));
  EXPECT_EQ(names(), Names{"quarantine"});
  EXPECT_EQ(content(*kept, "a"), "bad");
}

TEST_P(Directories, sync_a_directory) { EXPECT_TRUE(db_->sync()); }

TEST_P(Directories, give_a_file_a_second_name) {
  const auto file = create("a", "text");
  ASSERT_TRUE(db_->create_directory("copy"));
  const auto copy = db_->open_directory("copy").value();
  ASSERT_TRUE(db_->link("a", *copy, "b"));
  EXPECT_EQ(content(*copy, "b"), "text");
  write(*file, 0, "T");
  EXPECT_EQ(content(*copy, "b"), "Text") << "both are one file";
  ASSERT_TRUE(db_->remove("a"));
  EXPECT_EQ(content(*copy, "b"), "Text");
}

TEST_P(Directories, replace_nothing_by_a_link) {
  create("a", "new");
  create("b", "old");
  const Status status = db_->link("a", *db_, "b");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, std::errc::file_exists);
  EXPECT_EQ(status.error().where,
            "link " + (root_ / "a").string() + " to " + (root_ / "b").string());
  EXPECT_EQ(content("b"), "old");
}

TEST_P(Directories, leave_both_names_of_one_file_when_one_is_renamed_to_the_other) {
  create("a", "text");
  ASSERT_TRUE(db_->link("a", *db_, "b"));
  ASSERT_TRUE(db_->rename("a", "b"));
  EXPECT_EQ(names(), (Names{"a", "b"}));
}

TEST_P(Directories, count_the_names_of_an_open_file) {
  const auto file = create("a");
  EXPECT_EQ(file->links(), 1u);
  ASSERT_TRUE(db_->link("a", *db_, "b"));
  EXPECT_EQ(file->links(), 2u);
  ASSERT_TRUE(db_->rename("b", "c"));
  EXPECT_EQ(file->links(), 2u);
  ASSERT_TRUE(db_->remove("a"));
  EXPECT_EQ(file->links(), 1u);
  create("d");
  ASSERT_TRUE(db_->rename("d", "c"));
  EXPECT_EQ(file->links(), 0u) << "replaced";
  ASSERT_TRUE(file->close());
  EXPECT_EQ(file->links().error().code, std::errc::bad_file_descriptor);
}

TEST_P(Directories, move_nothing_to_a_directory_of_another) {
  create("a", "text");
  const auto stranger = std::make_shared<test::SimulatedDisk>();
  const auto elsewhere = test::make_directory(*stranger, root_);
  EXPECT_FALSE(db_->rename("a", *elsewhere, "a"));
  EXPECT_FALSE(db_->link("a", *elsewhere, "a"));
  EXPECT_EQ(names(), Names{"a"});
}

TEST_P(Directories, say_how_much_space_is_free) {
  const std::uint64_t free = db_->free_bytes().value();
  EXPECT_GT(free, 0u);
}

TEST_P(Directories, know_that_a_directory_is_there) { EXPECT_EQ(db_->is_there(), true); }

TEST_P(Directories, see_that_the_locked_file_has_its_name_no_more) {
  const auto lock = db_->lock("LOCK").value();
  EXPECT_TRUE(lock->check());
  ASSERT_TRUE(db_->remove("LOCK"));
  Status status = lock->check();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::locked);
  EXPECT_EQ(status.error().where,
            "lock " + (root_ / "LOCK").string() +
                ": somebody removed it, so another process may have the database open too");

  const auto second = db_->lock("LOCK");
  EXPECT_TRUE(second) << "which is why";
  status = lock->check();
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().where.find("put another file in its place"), std::string::npos);
}

TEST_P(Directories, assert_that_names_are_names) {
  for (const char* const name : {"", ".", "..", "d/a", "/a"}) {
    EXPECT_DEATH(static_cast<void>(db_->open(name, OpenMode::read)), "is_name") << name;
  }
}

TEST_P(Directories, lock_once_at_a_time_within_a_process_too) {
  auto lock = db_->lock("LOCK");
  ASSERT_TRUE(lock);
  const auto second = db_->lock("LOCK");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::locked);
  EXPECT_NE(second.error().where.find("pid " + std::to_string(::getpid())), std::string::npos);
  EXPECT_NE(second.error().where.find((root_ / "LOCK").string()), std::string::npos);
  EXPECT_TRUE(db_->lock("OTHER"));
  lock->reset();
  EXPECT_TRUE(db_->lock("LOCK"));
}

TEST_P(Directories, leave_the_lock_file_behind) {
  {
    const auto lock = db_->lock("LOCK").value();
  }
  EXPECT_EQ(names(), Names{"LOCK"});
}

}  // namespace
}  // namespace varve
