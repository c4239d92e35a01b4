#include "tools/formats/times/local_times.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/time_text.hpp"

namespace varve::tools {
namespace {

/// In UTC; or a local time.
Timestamp moment(std::string_view text) { return parse_time(text, TimeUnit::microseconds).value(); }

/// The moments in UTC of local times of 2024-10-27 in Berlin, where 02:00 to 03:00 comes twice.
class RepeatedHour : public testing::Test {
 protected:
  std::vector<std::string> read(const std::vector<std::string>& clocks) {
    std::vector<std::string> moments;
    for (const std::string& clock : clocks) {
      const Timestamp local = moment("2024-10-27 " + clock);
      const auto ts = times_.moment_of(local);
      moments.push_back(ts ? format_time(*ts).substr(11, 5) : "none");
    }
    return moments;
  }

  LocalTimes times_{*TimeZone::find("Europe/Berlin")};
};
using Texts = std::vector<std::string>;

TEST_F(RepeatedHour, has_its_second_pass_after_a_step_back) {
  EXPECT_EQ(read({"01:30", "02:00", "02:30", "02:00", "02:30", "03:00"}),
            (Texts{"23:30", "00:00", "00:30", "01:00", "01:30", "02:00"}));
}

TEST_F(RepeatedHour, is_known_where_the_file_begins_in_it) {
  EXPECT_EQ(read({"02:00", "02:30", "02:00", "02:30"}),
            (Texts{"00:00", "00:30", "01:00", "01:30"}));
}

TEST_F(RepeatedHour, stays_in_its_pass_where_times_are_slightly_out_of_order) {
  EXPECT_EQ(read({"02:10", "02:09", "02:11", "02:10"}),
            (Texts{"00:10", "00:09", "00:11", "00:10"}));
}

TEST_F(RepeatedHour, has_its_second_pass_at_the_second_reading_of_the_full_hour) {
  EXPECT_EQ(read({"00:00", "01:00", "02:00", "02:00", "03:00"}),
            (Texts{"22:00", "23:00", "00:00", "01:00", "02:00"}));
}

TEST_F(RepeatedHour, is_not_ended_by_several_series_with_readings_of_one_moment) {
  EXPECT_EQ(
      read({"01:00", "01:00", "02:00", "02:00", "02:30", "02:30", "02:00", "02:00", "03:00"}),
      (Texts{"23:00", "23:00", "00:00", "00:00", "00:30", "00:30", "01:00", "01:00", "02:00"}));
}

TEST_F(RepeatedHour, has_its_second_pass_when_a_full_hour_comes_more_often_than_there_are_series) {
  EXPECT_EQ(read({"00:00", "00:00", "01:00", "01:00", "02:00", "02:00", "02:00", "02:00", "03:00",
                  "03:00"}),
            (Texts{"22:00", "22:00", "23:00", "23:00", "00:00", "00:00", "01:00", "01:00", "02:00",
                   "02:00"}));
}

TEST_F(RepeatedHour, comes_the_other_way_round_where_times_fall) {
  EXPECT_EQ(read({"03:30", "03:00", "02:30", "02:00", "02:30", "02:00", "01:30"}),
            (Texts{"02:30", "02:00", "01:30", "01:00", "00:30", "00:00", "23:30"}));
}

TEST_F(RepeatedHour, begins_anew_with_each_series_that_passes_through_it) {
  EXPECT_EQ(read({"01:30", "02:30", "02:00", "03:00", "01:30", "02:00", "02:30", "02:00"}),
            (Texts{"23:30", "00:30", "01:00", "02:00", "23:30", "00:00", "00:30", "01:00"}));
}

TEST_F(RepeatedHour, is_settled_by_a_name_of_the_offset) {
  const Timestamp local = moment("2024-10-27 02:30");
  const auto summer = times_.moment_of(local, "CEST");
  ASSERT_TRUE(summer && *summer);
  EXPECT_EQ(format_time(**summer), "2024-10-27T00:30:00.000000Z");
  const auto winter = times_.moment_of(local, "CET");
  ASSERT_TRUE(winter && *winter);
  EXPECT_EQ(format_time(**winter), "2024-10-27T01:30:00.000000Z");
  EXPECT_FALSE(times_.moment_of(local, "EST"));
}

TEST(LocalTimes, are_none_in_the_hour_that_clocks_are_set_on_over) {
  LocalTimes times(*TimeZone::find("Europe/Berlin"));
  const auto at = [&](std::string_view text) { return times.moment_of(moment(text)); };
  EXPECT_EQ(at("2024-03-31 01:59:59"), moment("2024-03-31T00:59:59Z"));
  EXPECT_EQ(at("2024-03-31 02:00:00").error(), LocalFault::missing);
  EXPECT_EQ(at("2024-03-31 02:59:59").error(), LocalFault::missing);
  EXPECT_EQ(at("2024-03-31 03:00:00"), moment("2024-03-31T01:00:00Z"));
}

TEST(LocalTimes, are_none_where_the_table_has_ended) {
  LocalTimes times(*TimeZone::find("Europe/Berlin"));
  const Timestamp local = moment("2040-07-01 12:00");
  EXPECT_EQ(times.moment_of(local).error(), LocalFault::not_known);
  // Not by way of what is remembered, either.
  const Timestamp before = moment("2037-12-01 12:00");
  EXPECT_TRUE(times.moment_of(before));
  EXPECT_EQ(times.moment_of(local).error(), LocalFault::not_known);
}

TEST(LocalTimes, are_those_of_the_zone_day_by_day_for_a_century) {
  const TimeZone& zone = *TimeZone::find("America/New_York");
  LocalTimes times(zone);
  constexpr std::int64_t step = 7 * 3'600'000'000;  // Every hour of the day, now and then.
  const Timestamp begin = moment("1930-01-01");
  const Timestamp end = moment("2030-01-01");
  for (Timestamp ts = begin; ts < end; ts += step) {
    const LocalMeaning meaning = zone.meaning_of(local_time(zone, ts));
    if (meaning.kind != LocalMeaning::Kind::once) continue;
    ASSERT_EQ(times.moment_of(local_time(zone, ts)), ts) << format_time(ts);
  }
}

}  // namespace
}  // namespace varve::tools
