#include "tools/varve/terminal/plot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

namespace varve::tools {
namespace {

constexpr Timestamp hour = 3'600'000'000;
constexpr Timestamp day_begin = 1'385'942'400'000'000;  // 2013-12-02T00:00:00Z

Terminal narrow(bool utf8) {
  Terminal terminal;
  terminal.utf8 = utf8;
  terminal.columns = 52;
  return terminal;
}

std::string drawn_sine(bool utf8) {
  Plot plot(day_begin, day_begin + 24 * hour, 1, narrow(utf8), 8);
  plot.add_series("plant/press1/temp");
  for (int i = 0; i <= 240; ++i) {
    plot.add(0, day_begin + i * hour / 10, 50 + 30 * std::sin(i * std::numbers::pi / 120));
  }
  return plot.draw();
}

TEST(Plot, draws_a_sine_in_braille) {
  EXPECT_EQ('\n' + drawn_sine(true), R"(
plant/press1/temp  241 points, 20 to 80
2013-12-02 00:00:00 to 2013-12-03 00:00:00 UTC
       80 ┤     ⢀⣠⠖⠊⠉⠉⠙⠲⢤⡀
          │   ⢀⡴⠋        ⠈⠲⣄
       60 ┤ ⢀⡴⠋            ⠈⠣⡀
          │⣠⠊                ⠘⢦⡀
          │⠁                   ⠳⡄                ⡠⠋
       40 ┤                     ⠈⢢⡀            ⣠⠞⠁
          │                       ⠙⠦⡀        ⣠⠞⠁
       20 ┤                         ⠈⠓⠦⣄⣀⣀⡠⠴⠋⠁
          └┬─────────┬─────────┬────────┬─────────┬
           00:00   06:00     12:00    18:00   00:00
)");
}

TEST(Plot, draws_a_sine_in_plain_characters) {
  EXPECT_EQ('\n' + drawn_sine(false), R"(
plant/press1/temp  241 points, 20 to 80
2013-12-02 00:00:00 to 2013-12-03 00:00:00 UTC
       80 +       *******
          |    ***      ****
       60 +  ***           ***
          |***               ***
          |*                   **               ***
       40 +                     ***           ***
          |                       ****      ***
       20 +                          ********
          ++---------+---------+--------+---------+
           00:00   06:00     12:00    18:00   00:00
)");
}

TEST(Plot, marks_several_series_apart_where_there_is_no_colour) {
  Plot plot(0, 10 * hour, 2, narrow(true), 4);
  plot.add_series("a");
  plot.add_series("b");
  for (int i = 0; i <= 10; ++i) {
    plot.add(0, i * hour, i);
    plot.add(1, i * hour, 10 - i);
  }
  const std::string out = plot.draw();
  EXPECT_NE(out.find("* a  11 points, 0 to 10"), std::string::npos) << out;
  EXPECT_NE(out.find("o b  11 points, 0 to 10"), std::string::npos) << out;
  EXPECT_NE(out.find('*', out.find("UTC")), std::string::npos) << out;
  EXPECT_NE(out.find('o', out.find("UTC")), std::string::npos) << out;
}

TEST(Plot, tells_several_series_apart_by_colour_where_there_is_one) {
  Terminal terminal = narrow(true);
  terminal.interactive = terminal.colour = true;
  Plot plot(0, 10 * hour, 2, terminal, 4);
  plot.add_series("a");
  plot.add_series("b");
  for (int i = 0; i <= 10; ++i) {
    plot.add(0, i * hour, 0);
    plot.add(1, i * hour, 10);
  }
  const std::string out = plot.draw();
  EXPECT_NE(out.find("\x1b[36m\u2588\x1b[0m \x1b[1ma"), std::string::npos) << out;
  EXPECT_NE(out.find("\x1b[33m\u2809\u2809"), std::string::npos) << "one code for a run" << out;
}

TEST(Plot, passes_over_what_it_cannot_show) {
  Plot plot(0, 10, 1, narrow(false), 4);
  plot.add_series("k");
  plot.add(0, 5, std::numeric_limits<double>::quiet_NaN());
  plot.add(0, 5, std::numeric_limits<double>::infinity());
  plot.add(0, 11, 1);
  EXPECT_NE(plot.draw().find("k  0 points"), std::string::npos);
}

TEST(Plot, counts_infinities_and_draws_none) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Plot plot(0, 10, 1, narrow(false), 4);
  plot.add_series("k");
  EXPECT_FALSE(plot.has_points());
  plot.add(0, 1, infinity);
  plot.add(0, 2, std::numeric_limits<double>::quiet_NaN());
  EXPECT_FALSE(plot.has_points());
  plot.add(0, 3, 1);
  plot.add(0, 4, 2);
  plot.add(0, 5, -infinity);
  EXPECT_TRUE(plot.has_points());
  const std::string chart = plot.draw();
  EXPECT_TRUE(chart.starts_with("k  2 points, 1 to 2, 2 infinite values left out\n")) << chart;
}

TEST(Plot, stands_extreme_numbers_and_times) {
  constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
  constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();
  Plot plot(least, greatest, 1, narrow(true), 4);
  plot.add_series("k");
  plot.add(0, least, -std::numeric_limits<double>::max());
  plot.add(0, greatest, std::numeric_limits<double>::max());
  EXPECT_FALSE(plot.draw().empty());
  Plot point(7, 7, 1, narrow(true), 4);
  point.add_series("k");
  point.add(0, 7, 3);
  EXPECT_FALSE(point.draw().empty());
}

/// Whether the rows of the chart have something in each of these columns between the axes.
bool has_dots(const std::string& chart, std::size_t first, std::size_t last) {
  constexpr std::size_t margin = 11;  // Of plain characters: labels, and the axis.
  std::vector<bool> columns(last + 1);
  std::istringstream lines(chart);
  for (std::string line; std::getline(lines, line);) {
    const bool is_axis = line.starts_with("          ++");
    if (line.size() <= margin || is_axis) continue;
    if (line[margin - 1] != '|' && line[margin - 1] != '+') continue;
    for (std::size_t i = first; i <= last && margin + i < line.size(); ++i) {
      if (line[margin + i] == '*') columns[i] = true;
    }
  }
  return std::count(columns.begin() + static_cast<std::ptrdiff_t>(first), columns.end(), true) ==
         static_cast<std::ptrdiff_t>(last - first + 1);
}

/// A point each minute of a day, but from 8:00 to 16:00.
Plot day_with_an_outage(int minutes_apart) {
  Plot plot(day_begin, day_begin + 24 * hour, 1, narrow(false), 8);
  plot.add_series("k");
  for (int i = 0; i <= 24 * 60; i += minutes_apart) {
    const bool is_out = i > 8 * 60 && i < 16 * 60;
    if (!is_out) plot.add(0, day_begin + i * hour / 60, i);
  }
  return plot;
}

TEST(Plot, keeps_a_gap_a_gap) {
  const std::string chart = day_with_an_outage(1).draw();
  EXPECT_TRUE(has_dots(chart, 0, 13)) << chart;
  EXPECT_FALSE(has_dots(chart, 20, 20)) << chart;
  EXPECT_TRUE(has_dots(chart, 27, 39)) << chart;
}

TEST(Plot, joins_points_that_are_as_far_apart_as_usual) {
  const std::string chart = day_with_an_outage(8 * 60).draw();
  EXPECT_TRUE(has_dots(chart, 0, 39)) << "four points, eight hours apart: " << chart;
}

TEST(Plot, does_not_join_over_a_gap_that_it_is_told_of) {
  Plot plot(0, 3 * hour, 1, narrow(false), 8);
  plot.add_series("k");
  plot.add(0, 0, 1);
  plot.add(0, hour, 1);
  plot.add_gap(0);
  plot.add(0, 2 * hour, 1);
  plot.add(0, 3 * hour, 1);
  const std::string chart = plot.draw();
  EXPECT_TRUE(has_dots(chart, 0, 13)) << chart;
  EXPECT_FALSE(has_dots(chart, 19, 19)) << chart;
  EXPECT_TRUE(has_dots(chart, 26, 39)) << chart;
}

std::string drawn_with_strays(int points, const std::vector<double>& strays) {
  Plot plot(0, points + 10, 1, narrow(false), 8);
  plot.add_series("k");
  for (int i = 0; i < points; ++i) plot.add(0, i, 20 + i % 6);
  for (const double stray : strays) plot.add(0, points + 1, stray);
  return plot.draw();
}

TEST(Plot, is_not_squeezed_by_a_stray_point) {
  const std::string chart = drawn_with_strays(1'000, {-999});
  EXPECT_TRUE(chart.starts_with("k  1,001 points, -999 to 25, of them 1 beyond the edge\n"))
      << chart;
  EXPECT_NE(chart.find(" 24 +"), std::string::npos) << chart;
  EXPECT_EQ(chart.find("-1000"), std::string::npos) << chart;
  const std::string both = drawn_with_strays(1'000, {-999, 1e6, 2e6});
  EXPECT_NE(both.find("of them 3 beyond the edge"), std::string::npos) << both;
}

TEST(Plot, shows_all_where_what_is_far_off_is_more_than_a_stray_point) {
  EXPECT_EQ(drawn_with_strays(1'000, {500, 600, 700, 800}).find("beyond"), std::string::npos)
      << "four of them";
  EXPECT_EQ(drawn_with_strays(98, {500}).find("beyond"), std::string::npos) << "one of 99";
  EXPECT_EQ(drawn_with_strays(1'000, {60}).find("beyond"), std::string::npos) << "not so far off";
  Plot plot(0, 1'000, 1, narrow(false), 8);
  plot.add_series("alarm");
  for (int i = 0; i < 1'000; ++i) plot.add(0, i, i == 500 ? 1 : 0);
  EXPECT_EQ(plot.draw().find("beyond"), std::string::npos) << "the others are all alike";
}

TEST(ValueTicks, are_round_and_inside) {
  EXPECT_EQ(value_ticks(20, 80, 4).labels, (std::vector<std::string>{"20", "40", "60", "80"}));
  EXPECT_EQ(value_ticks(0.12, 0.31, 4).labels,
            (std::vector<std::string>{"0.15", "0.20", "0.25", "0.30"}));
  EXPECT_EQ(value_ticks(-1, 1, 4).labels,
            (std::vector<std::string>{"-1.0", "-0.5", "0.0", "0.5", "1.0"}));
  EXPECT_EQ(value_ticks(0, 4e9, 4).labels.back(), "4e+09");
}

TEST(TimeTicks, stand_at_round_moments) {
  const auto labels = [](Timestamp first, Timestamp last) {
    std::vector<std::string> out;
    for (const TimeTick& tick : time_ticks(first, last, 40)) out.push_back(tick.label);
    return out;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(labels(day_begin, day_begin + 24 * hour),
            (Texts{"00:00", "06:00", "12:00", "18:00", "00:00"}));
  EXPECT_EQ(labels(day_begin + 1, day_begin + hour), (Texts{"00:15", "00:30", "00:45", "01:00"}));
  EXPECT_EQ(labels(day_begin, day_begin + 10'000'000), (Texts{"00:00:00", "00:00:05", "00:00:10"}));
  EXPECT_EQ(labels(-10 * 24 * hour, 10 * 24 * hour).size(), 5U);
}

TEST(TimeTicks, leave_their_labels_apart) {
  for (std::size_t columns = Plot::columns_min; columns <= 140; ++columns) {
    for (const Timestamp span :
         {Timestamp{3}, Timestamp{300}, Timestamp{3'000'000}, hour / 120, hour, 24 * hour,
          20 * 24 * hour, 900 * 24 * hour, 9'000 * 24 * hour}) {
      Terminal terminal = narrow(false);
      terminal.columns = columns;
      Plot plot(day_begin, day_begin + span, 1, terminal, 4);
      plot.add_series("k");
      std::string chart = plot.draw();
      chart.pop_back();
      std::istringstream words(chart.substr(chart.rfind('\n') + 1));
      std::vector<std::string> shown;
      for (std::string word; words >> word;) shown.push_back(word);
      std::vector<std::string> expected;
      for (const TimeTick& tick : time_ticks(day_begin, day_begin + span, columns - 12)) {
        expected.push_back(tick.label);
      }
      EXPECT_EQ(shown, expected) << columns << " columns, " << span << " us";
    }
  }
}

TEST(TimeTicks, are_round_on_the_clocks_of_a_zone) {
  const TimeZone* const zone = TimeZone::find("+05:30");
  ASSERT_NE(zone, nullptr);
  const auto ticks = time_ticks(day_begin, day_begin + 24 * hour, 40, zone);
  ASSERT_EQ(ticks.size(), 4U);
  EXPECT_EQ(ticks.front().label, "06:00");
  EXPECT_EQ(ticks.front().ts, day_begin + hour / 2);
  EXPECT_EQ(ticks.back().label, "00:00");
}

TEST(TimeTicks, pass_over_an_hour_that_no_clock_shows) {
  if (!TimeZone::tables_are_there()) GTEST_SKIP() << "there are no tables of zones";
  const TimeZone* const zone = TimeZone::find("Europe/Berlin");
  ASSERT_NE(zone, nullptr);
  constexpr Timestamp set_on = 1'711'846'800'000'000;  // 2024-03-31T01:00:00Z
  std::vector<std::string> labels;
  for (const TimeTick& tick : time_ticks(set_on - hour / 2, set_on + hour / 2, 40, zone)) {
    labels.push_back(tick.label);
  }
  EXPECT_EQ(labels, (std::vector<std::string>{"01:30", "01:45", "03:00", "03:15", "03:30"}));
  EXPECT_LE(time_ticks(set_on - 5, set_on + 5, 40, zone).size(), 11U);
}

TEST(TimeTicks, exist_for_any_two_moments) {
  constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
  constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();
  EXPECT_FALSE(time_ticks(least, greatest, 60).empty());
  EXPECT_LE(time_ticks(greatest - 3, greatest, 60).size(), 4U);
  EXPECT_LE(time_ticks(least, least + 5, 60).size(), 6U);
}

}  // namespace
}  // namespace varve::tools
