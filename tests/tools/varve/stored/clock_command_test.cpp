#include <gtest/gtest.h>

#include "tests/tools/varve/command_fixture.hpp"

namespace varve::tools {
namespace {

using ClockCommand = Command;

TEST_F(ClockCommand, shows_the_wall_clock_and_whether_the_kernel_vouches_for_it) {
  const RunResult result = run_varve({"clock"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.out.starts_with("wall      20")) << result.out;
  EXPECT_TRUE(contains(result.out, "\nkernel    ")) << result.out;
  EXPECT_FALSE(contains(result.out, "trusted")) << result.out;
}

TEST_F(ClockCommand, shows_the_time_that_a_database_trusts) {
  import_small();
  const RunResult result = on_db("clock");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "\ntrusted   20")) << result.out;
}

TEST_F(ClockCommand, changes_nothing_unless_it_vouches) {
  import_small();
  const auto before = read_file(find_file(db(), ".manifest").string());
  EXPECT_EQ(on_db("clock").exit_code, 0);
  EXPECT_EQ(read_file(find_file(db(), ".manifest").string()), before);
}

TEST_F(ClockCommand, drops_what_has_expired_where_it_vouches_for_the_clock) {
  import_small();
  const RunResult result = on_db("clock", {"--vouch"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.err, "the wall clock is trusted; dropped ")) << result.err;
  EXPECT_TRUE(contains(on_db("query", {"--format", "csv"}).out, "plant/a,2013-12-02T21:15:00"));
  EXPECT_TRUE(contains(result.out, "clock was synchronised")) << result.out;
  EXPECT_FALSE(contains(result.out, "vouched")) << "somebody just did: " << result.out;
}

TEST_F(ClockCommand, vouches_for_nothing_without_a_database) {
  const RunResult result = run_varve({"clock", "--vouch"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "--vouch needs --db")) << result.err;
  EXPECT_EQ(on_db("clock").exit_code, 1);
  EXPECT_FALSE(db_exists());
}

}  // namespace
}  // namespace varve::tools
