#include "tools/formats/tables/date_shape.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::tools {
namespace {

using Cells = std::vector<std::string>;

std::string pattern(const Cells& cells) {
  const auto found = time_pattern(cells);
  return found ? *found : "refused: " + found.error().text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(TimeShape, tells_dates_from_times_of_day_and_from_numbers) {
  EXPECT_EQ(time_shape("2024-05-01T12:00:00+02:00"), TimeShape::moment);
  EXPECT_EQ(time_shape("24.12.2024 18:00"), TimeShape::moment);
  EXPECT_EQ(time_shape("12/24/2024 6:05 PM"), TimeShape::moment);
  EXPECT_EQ(time_shape("202405011200"), TimeShape::moment);
  EXPECT_EQ(time_shape("24.12.24"), TimeShape::date);
  EXPECT_EQ(time_shape("20240501"), TimeShape::date);
  EXPECT_EQ(time_shape("18:00:00"), TimeShape::clock);
  EXPECT_EQ(time_shape("18.00.00"), TimeShape::clock);
  for (const char* none : {"1714564800", "20249901", "3.25", "18.00", "1.2.3.4", "99/99/2024",
                           "2024", "DD.MM.YYYY hh:mm:ss", "E0045", ""}) {
    EXPECT_EQ(time_shape(none), TimeShape::none) << none;
  }
}

TEST(TimeShape, sees_the_beginning_of_a_span) {
  EXPECT_EQ(find_interval("2025-10-19 00:00 to 2025-10-19 01:00").value_or(""), " to ");
  EXPECT_FALSE(find_interval("2025-10-19 00:00"));
  EXPECT_FALSE(find_interval("here to there"));
  EXPECT_EQ(clock_of_day("00:15-00:30").value_or(""), "00:15");
  EXPECT_EQ(clock_of_day("23:45").value_or(""), "23:45");
  EXPECT_FALSE(clock_of_day("usage"));
}

TEST(TimePattern, is_empty_for_what_is_read_anyway) {
  EXPECT_EQ(pattern({}), "");
  EXPECT_EQ(pattern({"2024-05-01 12:00:00", "2024-05-01T12:00Z"}), "");
  EXPECT_EQ(pattern({"1714564800", "1714564860"}), "");
}

TEST(TimePattern, has_the_day_where_a_number_over_12_shows_it) {
  EXPECT_EQ(pattern({"01/09/2024", "13/09/2024"}), "%d/%m/%Y");
  EXPECT_EQ(pattern({"03/12/2024 00:00", "03/30/2024 00:15"}), "%m/%d/%Y %H:%M");
  EXPECT_EQ(pattern({"25-01-2024"}), "%d-%m-%Y");
}

TEST(TimePattern, begins_with_the_day_where_points_part_it) {
  EXPECT_EQ(pattern({"01.08.2025 00:15"}), "%d.%m.%Y %H:%M");
  EXPECT_EQ(pattern({"02.09.24 09:49"}), "%d.%m.%y %H:%M");
}

TEST(TimePattern, refuses_to_guess_and_names_what_may_be_meant) {
  const std::string refused = pattern({"01/02/2024", "03/04/2024"});
  EXPECT_TRUE(contains(refused, "'01/02/2024'")) << refused;
  EXPECT_TRUE(contains(refused, "--time-format '%d/%m/%Y' or '%m/%d/%Y'")) << refused;
  EXPECT_TRUE(contains(pattern({"13/01/2024", "01/13/2024"}), "change places"));
  EXPECT_TRUE(contains(pattern({"24/05/13"}), "the year")) << "or the 24th of May 2013";
}

TEST(TimePattern, does_not_guess_whether_the_year_comes_first_where_points_part_it) {
  const std::string refused = pattern({"24.05.01", "24.05.02", "24.05.03"});
  EXPECT_TRUE(contains(refused, "--time-format '%y.%m.%d' or '%d.%m.%y'")) << refused;
  EXPECT_TRUE(contains(pattern({"24.05.30 00:15", "24.05.31 00:15", "24.06.01 00:15"}),
                       "'%y.%m.%d %H:%M'"));
  EXPECT_EQ(pattern({"01.11.23", "01.12.23", "01.01.24"}), "%d.%m.%y") << "first days of months";
  EXPECT_EQ(pattern({"01.01.24", "01.12.23"}), "%d.%m.%y") << "the newest first";
}

TEST(TimePattern, is_one_for_hours_of_one_digit_and_of_two) {
  EXPECT_EQ(pattern({"2024-05-01 9:00", "2024-05-01 10:00", "2024-05-01 11:00"}), "%Y-%m-%d %H:%M");
}

TEST(TimePattern, knows_halves_of_a_day_in_the_spanish_form) {
  EXPECT_EQ(time_shape("12:15 a. m."), TimeShape::clock);
  EXPECT_EQ(time_shape("12:15 p.m."), TimeShape::clock);
  EXPECT_EQ(pattern({"13/05/2024 01:15 p. m."}), "%d/%m/%Y %I:%M %p");
  EXPECT_EQ(minute_of_day("12:15 a. m."), 15);
  EXPECT_EQ(minute_of_day("01:15 PM"), 13 * 60 + 15);
  EXPECT_EQ(minute_of_day("23:45"), 23 * 60 + 45);
}

TEST(TimePattern, knows_other_forms) {
  EXPECT_EQ(pattern({"2024/05/01 12:00:00"}), "%Y/%m/%d %H:%M:%S");
  EXPECT_EQ(pattern({"12/24/2024, 6:05:00 PM"}), "%m/%d/%Y, %I:%M:%S %p");
  EXPECT_EQ(pattern({"24/12/2024 18:05:00.250"}), "%d/%m/%Y %H:%M:%S");
  EXPECT_EQ(pattern({"24/12/2024 18:05:00+01:00"}), "%d/%m/%Y %H:%M:%S%z");
  EXPECT_EQ(pattern({"20240501"}), "%Y%m%d");
  EXPECT_EQ(pattern({"202405011200"}), "%Y%m%d%H%M");
  EXPECT_EQ(pattern({"20240501120000"}), "%Y%m%d%H%M%S");
}

TEST(TimePattern, is_that_of_most_cells) {
  EXPECT_EQ(pattern({"Total", "24.12.2024", "25.12.2024", "2024-12-26"}), "%d.%m.%Y");
}

TEST(YearPattern, is_of_years_and_months_alone) {
  EXPECT_EQ(year_pattern(Cells{"1749", "2024"}), "%Y");
  EXPECT_EQ(year_pattern(Cells{"1749-01", "1749-02"}), "%Y-%m");
  EXPECT_EQ(year_pattern(Cells{"1749", "12"}), "");
  EXPECT_EQ(year_pattern(Cells{}), "");
}

}  // namespace
}  // namespace varve::tools
