#include <gtest/gtest.h>

#include "tests/tools/varve/command_fixture.hpp"

namespace varve::tools {
namespace {

class ImportCommand : public Command {};

TEST_F(ImportCommand, says_which_columns_it_leaves_out) {
  const std::string file =
      directory_.file("wide.csv", "time,temp,state\n2024-05-01,1,idle\n2024-05-02,2,on\n");
  const RunResult result = on_db("import", {file});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.err, file + ": left out, text: 'state'")) << result.err;
}

TEST_F(ImportCommand, refuses_a_table_without_any_number) {
  const std::string file = directory_.file("texts.csv", "time,state\n2024-05-01,on\n");
  const RunResult result = on_db("import", {file});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.err, "no column holds numbers; --type bytes")) << result.err;
}

TEST_F(ImportCommand, takes_doubled_braces_around_file_for_braces) {
  const std::string file = directory_.file("one.csv", "timestamp,value\n2024-05-01,1\n");
  ASSERT_EQ(on_db("import", {"--key", "a{{file}}", file}).exit_code, 0);
  EXPECT_EQ(exported(), "key,time,value\na{file},2024-05-01T00:00:00.000000Z,1\n");
}

}  // namespace
}  // namespace varve::tools
