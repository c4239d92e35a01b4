// The built demo, from end to end.

#include <gtest/gtest.h>

#include "tests/tools/varve/command_fixture.hpp"

namespace varve::tools {
namespace {

TEST_F(Command, demonstrates_that_a_killed_writer_loses_nothing) {
  const RunResult result = on_db("demo", {"--sensors", "20", "--hours", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_TRUE(contains(result.out, "Nothing that was acknowledged is gone.")) << result.out;
  EXPECT_FALSE(contains(result.out, "\x1b"));
  EXPECT_TRUE(contains(on_db("query", {"--key", "plant/line01/machine01/temperature", "--aggregate",
                                       "count", "--format", "csv"})
                           .out,
                       ",60\n"));
}

}  // namespace
}  // namespace varve::tools
