#include "engine/directory/examine_directory.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engine/directory/file_names.hpp"
#include "engine/directory/identity_files.hpp"
#include "tests/support/directories.hpp"
#include "tests/support/simulated_disk.hpp"

namespace varve::engine {
namespace {

class ExamineDirectory : public ::testing::Test {
 protected:
  void put(const std::string& name) { disk_.set_content("/db/" + name, {}); }
  Result<DirectoryContent> examined() { return examine_directory(*directory_); }

  test::SimulatedDisk disk_;
  const std::shared_ptr<Directory> directory_ = test::make_directory(disk_, "/db");
};

TEST_F(ExamineDirectory, tells_a_free_one_from_a_database) {
  EXPECT_EQ(examined().value(), DirectoryContent::free);
  put(identity_file_name);
  EXPECT_EQ(examined().value(), DirectoryContent::database);
}

TEST_F(ExamineDirectory, finds_a_database_where_there_is_only_the_copy_of_the_identity) {
  ASSERT_TRUE(disk_.create_directory("/db"));
  put(table_file_name(7));
  put(identity_copy_name);
  EXPECT_EQ(examined().value(), DirectoryContent::database);
}

TEST_F(ExamineDirectory, finds_one_free_in_which_a_creation_was_interrupted) {
  put(lock_file_name);
  put(identity_new_file_name);
  put(identity_new_copy_name);
  EXPECT_EQ(examined().value(), DirectoryContent::free);
}

TEST_F(ExamineDirectory, refuses_what_somebody_else_put_there) {
  put("holiday.jpg");
  EXPECT_EQ(examined().error().code, Errc::invalid_argument);
}

TEST_F(ExamineDirectory, takes_files_of_a_database_without_its_identity_for_damage) {
  put(table_file_name(7));
  EXPECT_EQ(examined().error().code, Errc::corruption);
}

}  // namespace
}  // namespace varve::engine
