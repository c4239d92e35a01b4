// The built command where it writes aggregates back as records.

#include <gtest/gtest.h>

#include "tests/tools/varve/command_fixture.hpp"

namespace varve::tools {
namespace {

class DownsampleCommand : public testing::Test {
 protected:
  /// Two series of a number each minute from 12:00 to 12:09.
  DownsampleCommand() {
    std::string csv = "key,time,value\n";
    for (int i = 0; i < 10; ++i) {
      const std::string time = ",2024-05-01T12:0" + std::to_string(i) + ":00Z,";
      csv += "p/a" + time + std::to_string(i) + "\np/b" + time + std::to_string(100 + i) + '\n';
    }
    EXPECT_EQ(on_db("import", {}, csv).exit_code, 0);
  }
  RunResult on_db(const std::string& name, const std::vector<std::string>& more = {},
                  const std::string& input = "") const {
    std::vector<std::string> arguments = {name, "--db", directory_.path("db")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_varve(arguments, input);
  }
  RunResult downsample(std::vector<std::string> more) const {
    const std::vector<std::string> usual = {"--prefix", "p/", "--every", "5m", "--into", "5m/"};
    more.insert(more.begin(), usual.begin(), usual.end());
    return on_db("downsample", more);
  }
  std::string written(const std::string& prefix = "5m/") const {
    return three_columns(on_db("export", {"--prefix", prefix}).out);
  }

  const TestDirectory directory_;
};

TEST_F(DownsampleCommand, writes_each_function_under_its_name) {
  const RunResult result = downsample({"--aggregate", "mean,max"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "varve: wrote 8 records to 4 series under '5m/'\n");
  EXPECT_EQ(result.out, "");
  const std::string expected =
      "key,time,value\n"
      "5m/p/a/max,2024-05-01T12:00:00.000000Z,4\n"
      "5m/p/a/max,2024-05-01T12:05:00.000000Z,9\n"
      "5m/p/a/mean,2024-05-01T12:00:00.000000Z,2\n"
      "5m/p/a/mean,2024-05-01T12:05:00.000000Z,7\n"
      "5m/p/b/max,2024-05-01T12:00:00.000000Z,104\n"
      "5m/p/b/max,2024-05-01T12:05:00.000000Z,109\n"
      "5m/p/b/mean,2024-05-01T12:00:00.000000Z,102\n"
      "5m/p/b/mean,2024-05-01T12:05:00.000000Z,107\n";
  EXPECT_EQ(written(), expected);
  EXPECT_EQ(downsample({"--aggregate", "mean,max"}).err, result.err) << "and the same again";
  EXPECT_EQ(written(), expected);
}

TEST_F(DownsampleCommand, takes_whole_spans_only) {
  ASSERT_EQ(downsample({"--aggregate", "sum"}).exit_code, 0);
  const std::string expected = written();
  const RunResult result = downsample(
      {"--aggregate", "sum", "--from", "2024-05-01T12:02:00Z", "--to", "2024-05-01T12:08:00Z"});
  EXPECT_EQ(result.err,
            "varve: --from moved back to 2024-05-01 12:00:00, where its span begins\n"
            "varve: --to moved on to 2024-05-01 12:10:00, where its span ends\n"
            "varve: wrote 4 records to 2 series under '5m/'\n");
  EXPECT_EQ(written(), expected);
  EXPECT_EQ(downsample({"--aggregate", "count", "--offset", "-1m", "--from", "2024-05-01T12:04:00Z",
                        "--to", "2024-05-01T12:09:00Z"})
                .err,
            "varve: wrote 2 records to 2 series under '5m/'\n");
}

TEST_F(DownsampleCommand, chooses_groups_and_fills) {
  ASSERT_EQ(
      run_varve({"labels", "set", "--db", directory_.path("db"), "p/a", "room=hall"}).exit_code, 0);
  EXPECT_EQ(downsample({"--aggregate", "count", "--match", "room!=hall"}).err,
            "varve: wrote 2 records to 1 series under '5m/'\n");
  EXPECT_EQ(on_db("downsample", {"--prefix", "p/", "--every", "1d", "--into", "rooms/",
                                 "--aggregate", "count,p50", "--group-by", "room"})
                .err,
            "varve: wrote 4 records to 4 series under 'rooms/'\n");
  EXPECT_EQ(written("rooms/"),
            "key,time,value\n"
            "rooms//count,2024-05-01T00:00:00.000000Z,10\n"
            "rooms//p50,2024-05-01T00:00:00.000000Z,104.5\n"
            "rooms/hall/count,2024-05-01T00:00:00.000000Z,10\n"
            "rooms/hall/p50,2024-05-01T00:00:00.000000Z,4.5\n");
  EXPECT_EQ(on_db("downsample", {"--key", "p/a", "--every", "30s", "--into", "30s/", "--aggregate",
                                 "first", "--fill", "linear", "--to", "2024-05-01T12:02:00Z"})
                .err,
            "varve: wrote 3 records to 1 series under '30s/'\n");
  EXPECT_EQ(written("30s/"),
            "key,time,value\n"
            "30s/p/a/first,2024-05-01T12:00:00.000000Z,0\n"
            "30s/p/a/first,2024-05-01T12:00:30.000000Z,0.5\n"
            "30s/p/a/first,2024-05-01T12:01:00.000000Z,1\n");
}

TEST_F(DownsampleCommand, says_what_came_to_nothing) {
  EXPECT_EQ(downsample({"--aggregate", "mean", "--from", "-1h"}).exit_code, 0);
  EXPECT_EQ(downsample({"--aggregate", "mean", "--from", "2030-01-01"}).err,
            "varve: nothing to downsample: no records\n");
  EXPECT_EQ(downsample({"--aggregate", "mean", "--ttl", "1h"}).err,
            "varve: wrote 4 records to 0 series under '5m/': by --ttl all of them have expired\n");
  EXPECT_EQ(written(), "key,time,value\n");
}

TEST_F(DownsampleCommand, refuses_what_would_feed_on_itself_or_is_not_valid) {
  const std::string before = written("");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--prefix", "p/", "--into", "p/5m/"}, "--into 'p/5m/' and --prefix 'p/' meet"},
      {{"--prefix", "p/", "--into", "p"}, "--into 'p' and --prefix 'p/' meet"},
      {{"--prefix", "", "--into", "5m/"}, "--into '5m/' and --prefix '' meet"},
      {{"--key", "p/a", "--into", "p/"}, "--into 'p/' and --key 'p/a' meet"},
      {{"--prefix", "p/", "--into", ""}, "--into: an empty key"},
      {{"--match", "a=b", "--into", "5m/"}, "needs --key or --prefix"},
      {{"--prefix", "p/"}, "--into is required"},
      {{"--prefix", "p/", "--into", "5m/", "--fill", "null"}, "--fill null: there is no record"},
      {{"--prefix", "p/", "--into", "5m/", "--ttl", "x"}, "--ttl: 'x' is no duration"}};
  for (const auto& [more, message] : cases) {
    std::vector<std::string> arguments = {"--every", "5m", "--aggregate", "mean"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const RunResult result = on_db("downsample", arguments);
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_NE(result.err.find(message), std::string::npos) << message << " | " << result.err;
  }
  const auto error = [&](const std::string& functions) {
    const RunResult result = downsample({"--aggregate", functions});
    return result.exit_code == 2 ? result.err : "done";
  };
  EXPECT_NE(error("mean,mode").find("--aggregate: 'mode' is no aggregate"), std::string::npos);
  EXPECT_NE(error("mean,").find("--aggregate: '' is no aggregate"), std::string::npos);
  EXPECT_NE(error("p50,median").find("--aggregate: p50 twice"), std::string::npos);
  EXPECT_EQ(written(""), before);
}

TEST_F(DownsampleCommand, takes_a_key_beside_its_target) {
  EXPECT_EQ(on_db("downsample",
                  {"--key", "p/a", "--every", "1h", "--aggregate", "rate", "--into", "p/a/hourly/"})
                .err,
            "varve: wrote 1 record to 1 series under 'p/a/hourly/'\n");
}

}  // namespace
}  // namespace varve::tools
