#include "tools/formats/times/calendar.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/time_text.hpp"

namespace varve::tools {
namespace {

using Texts = std::vector<std::string>;
using Unit = CalendarStep::Unit;

Timestamp moment(std::string_view text) { return parse_time(text, TimeUnit::microseconds).value(); }

/// The edges in UTC, without seconds.
Texts edges(const CalendarStep& step, const char* zone, const char* from, const char* to) {
  const auto found = calendar_edges(step, *TimeZone::find(zone), moment(from), moment(to), 100);
  Texts texts;
  if (!found) return {"none"};
  for (const Timestamp edge : *found) texts.push_back(format_time(edge).substr(0, 16));
  return texts;
}

TEST(CalendarEdges, are_the_midnights_of_the_zone_also_where_days_have_23_or_25_hours) {
  EXPECT_EQ(
      edges({Unit::day, 1}, "Europe/Berlin", "2024-03-30T12:00Z", "2024-04-01T12:00Z"),
      (Texts{"2024-03-29T23:00", "2024-03-30T23:00", "2024-03-31T22:00", "2024-04-01T22:00"}));
  EXPECT_EQ(edges({Unit::day, 1}, "Europe/Berlin", "2024-10-26T22:00Z", "2024-10-27T23:00Z"),
            (Texts{"2024-10-26T22:00", "2024-10-27T23:00"}));
}

TEST(CalendarEdges, are_mondays_firsts_of_months_and_new_years_days) {
  EXPECT_EQ(edges({Unit::week, 1}, "UTC", "2024-05-01", "2024-05-07"),
            (Texts{"2024-04-29T00:00", "2024-05-06T00:00", "2024-05-13T00:00"}));
  EXPECT_EQ(edges({Unit::month, 1}, "+01:00", "2024-01-31T23:00Z", "2024-03-01T00:00Z"),
            (Texts{"2024-01-31T23:00", "2024-02-29T23:00", "2024-03-31T23:00"}));
  EXPECT_EQ(edges({Unit::month, 3}, "UTC", "2024-05-01", "2024-07-01"),
            (Texts{"2024-04-01T00:00", "2024-07-01T00:00"}));
  EXPECT_EQ(edges({Unit::year, 1}, "UTC", "1969-12-31", "1970-01-02"),
            (Texts{"1969-01-01T00:00", "1970-01-01T00:00", "1971-01-01T00:00"}));
}

TEST(CalendarEdges, begin_a_day_whose_midnight_is_missing_when_clocks_were_set_on) {
  EXPECT_EQ(edges({Unit::day, 1}, "America/Sao_Paulo", "2018-11-03T12:00Z", "2018-11-04T12:00Z"),
            (Texts{"2018-11-03T03:00", "2018-11-04T03:00", "2018-11-05T02:00"}));
}

TEST(CalendarEdges, leave_out_a_day_that_a_place_left_out) {
  // Samoa went from the 29th to the 31st of December 2011.
  EXPECT_EQ(edges({Unit::day, 1}, "Pacific/Apia", "2011-12-29T12:00Z", "2011-12-31T09:00Z"),
            (Texts{"2011-12-29T10:00", "2011-12-30T10:00", "2011-12-31T10:00"}));
}

TEST(CalendarEdges, are_none_of_too_many_or_of_times_beyond_the_calendar_or_the_table) {
  EXPECT_EQ(edges({Unit::day, 1}, "UTC", "2024-01-01", "2024-04-10"),
            (edges({Unit::day, 1}, "UTC", "2024-01-01T12:00Z", "2024-04-09T12:00Z")));
  EXPECT_EQ(edges({Unit::day, 1}, "UTC", "2024-01-01", "2024-04-11"), Texts{"none"});
  EXPECT_EQ(edges({Unit::day, 1}, "Europe/Berlin", "2037-12-30", "2038-01-02"), Texts{"none"});
  EXPECT_EQ(edges({Unit::day, 1}, "UTC", "2024-01-01", "2024-01-01"), Texts());
  constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
  constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();
  for (const Unit unit : {Unit::day, Unit::week, Unit::month, Unit::year}) {
    const TimeZone& zone = *TimeZone::find("UTC");
    EXPECT_FALSE(calendar_edges({unit, 1'000}, zone, least, greatest, 1'000'000));
    EXPECT_FALSE(calendar_edges({unit, 1'000}, zone, 0, greatest, 1'000'000));
  }
}

}  // namespace
}  // namespace varve::tools
