// What varve delete does where it asks on a terminal.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/varve/command_fixture.hpp"
#include "tests/tools/varve/running.hpp"

namespace varve::tools {
namespace {

class DeleteCommand : public Command {
 protected:
  std::vector<std::string> words() const { return {"delete", "--db", db(), "--key", "plant/a"}; }
};

TEST_F(DeleteCommand, deletes_what_was_agreed_to) {
  import_small();
  VarveOnTerminal command(words());
  if (!command.has_begun()) GTEST_SKIP() << "there are no terminals here";
  ASSERT_TRUE(command.shows("2 records of 'plant/a'. Delete them? [y/N] ")) << command.shown();
  ASSERT_TRUE(command.type("y\n"));
  EXPECT_EQ(command.end(), 0);
  EXPECT_TRUE(contains(command.shown(), "deleted 2 records")) << command.shown();
  EXPECT_EQ(exported({"--key", "plant/a"}), "key,time,value\n");
}

TEST_F(DeleteCommand, deletes_nothing_where_the_records_are_others_after_the_answer) {
  import_small();
  VarveOnTerminal command(words());
  if (!command.has_begun()) GTEST_SKIP() << "there are no terminals here";
  ASSERT_TRUE(command.shows("[y/N] ")) << command.shown();
  ASSERT_EQ(on_db("import", {}, "key,time,value\nplant/a,2013-12-03,1\n").exit_code, 0);
  ASSERT_TRUE(command.type("y\n"));
  EXPECT_EQ(command.end(), 1);
  EXPECT_TRUE(contains(command.shown(), "3 records of 'plant/a'; nothing was deleted"))
      << command.shown();
  const RunResult left =
      on_db("query", {"--key", "plant/a", "--aggregate", "count", "--format", "csv"});
  EXPECT_EQ(left.out, "key,value\nplant/a,3\n");
}

}  // namespace
}  // namespace varve::tools
