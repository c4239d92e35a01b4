#include "tools/varve/terminal/plot.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

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
  EXPECT_EQ(labels(day_begin + 1, day_begin + hour),
            (Texts{"00:10", "00:20", "00:30", "00:40", "00:50", "01:00"}));
  EXPECT_EQ(labels(day_begin, day_begin + 10'000'000), (Texts{"00:00:00", "00:00:05", "00:00:10"}));
  EXPECT_EQ(labels(-10 * 24 * hour, 10 * 24 * hour).size(), 5U);
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
