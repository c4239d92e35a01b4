#include <gtest/gtest.h>

#include "tests/tools/varve/command_fixture.hpp"

namespace varve::tools {
namespace {

class TimeZoneOption : public Command {
 protected:
  void SetUp() override {
    const RunResult result = on_db("import", {},
                                   "key,time,value\n"
                                   "kwh,2024-03-30T22:30:00Z,1\n"
                                   "kwh,2024-03-31T12:00:00Z,4\n"
                                   "kwh,2024-03-31T22:30:00Z,9\n");
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  RunResult query(std::vector<std::string> more) const { return on_db("query", std::move(more)); }
};

TEST_F(TimeZoneOption, makes_days_of_every_and_shows_a_table_by_the_clock_there) {
  EXPECT_EQ(query({"--aggregate", "sum", "--every", "1d", "--time-zone", "Europe/Berlin"}).out,
            "key  time (Europe/Berlin)  value\n"
            "kwh  2024-03-30 00:00:00       1\n"
            "kwh  2024-03-31 00:00:00       4\n"
            "kwh  2024-04-01 00:00:00       9\n");
}

TEST_F(TimeZoneOption, leaves_csv_and_json_in_utc) {
  EXPECT_EQ(query({"--aggregate", "increase", "--every", "1d", "--time-zone", "Europe/Berlin",
                   "--format", "csv"})
                .out,
            "key,time,value\n"
            "kwh,2024-03-30T23:00:00.000000Z,3\n"
            "kwh,2024-03-31T22:00:00.000000Z,5\n");
}

TEST_F(TimeZoneOption, is_that_of_from_and_to) {
  EXPECT_EQ(query({"--from", "2024-03-31", "--to", "2024-04-01", "--time-zone", "Europe/Berlin",
                   "--format", "csv"})
                .out,
            "key,time,value\n"
            "kwh,2024-03-31T12:00:00.000000Z,4\n");
}

TEST_F(TimeZoneOption, is_that_of_a_chart) {
  const RunResult days =
      query({"--aggregate", "sum", "--every", "1d", "--time-zone", "Europe/Berlin", "--plot"});
  EXPECT_EQ(days.exit_code, 0) << days.err;
  EXPECT_TRUE(contains(days.out,
                       "kwh  3 points, 1 to 9\n"
                       "2024-03-30 00:00:00 to 2024-04-01 00:00:00 Europe/Berlin\n"))
      << days.out;
  const RunResult records = query({"--time-zone", "+05:30", "--plot"});
  EXPECT_TRUE(contains(records.out, "2024-03-31 04:00:00 to 2024-04-01 04:00:00 +05:30\n"))
      << records.out;
}

TEST_F(TimeZoneOption, goes_with_what_it_can_be_done_with) {
  const std::vector<std::string> days = {"--aggregate", "sum", "--time-zone", "Europe/Berlin"};
  const auto refusal = [&](std::vector<std::string> more) {
    more.insert(more.end(), days.begin(), days.end());
    const RunResult result = query(more);
    EXPECT_EQ(result.exit_code, 2);
    return result.err;
  };
  EXPECT_TRUE(contains(refusal({"--every", "1h"}), "--every: '1h' is no step of a calendar"));
  EXPECT_TRUE(contains(refusal({"--every", "1d", "--offset", "1h"}), "--offset does not go with"));
  EXPECT_TRUE(contains(refusal({"--every", "1d", "--limit", "1"}), "--limit and --per-series"));
  EXPECT_TRUE(contains(query({"--time-zone", "berlin"}).err,
                       "--time-zone: 'berlin' is no time zone: give Europe/Berlin"));
}

TEST_F(TimeZoneOption, takes_no_seconds_for_microseconds) {
  const RunResult result = query({"--from", "1714564800"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.err, "--from: '1714564800' would be 1970-01-01 00:28:34.5648"))
      << result.err;
}

}  // namespace
}  // namespace varve::tools
