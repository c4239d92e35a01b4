#include "tools/varve/terminal/plot_query.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <string>
#include <utility>

namespace varve::tools {
namespace {

Terminal terminal_of_columns(std::size_t columns) {
  Terminal terminal;
  terminal.interactive = true;
  terminal.columns = columns;
  return terminal;
}

Engine engine_with_two_records() {
  Engine engine = Engine::open_in_memory().value();
  WriteBatch batch;
  batch.put("k", 1'000'000, 1.0);
  batch.put("k", 2'000'000, 2.0);
  engine.write(std::move(batch)).value();
  return engine;
}

TEST(PlotQuery, fits_a_terminal_of_40_columns) {
  Engine engine = engine_with_two_records();
  const auto chart = plot_query(engine, Query::all(), {}, terminal_of_columns(40));
  ASSERT_TRUE(chart) << chart.error().message;
  EXPECT_TRUE(chart->starts_with("k  2 points, 1 to 2\n")) << *chart;
}

TEST(PlotQuery, is_empty_where_nothing_is_a_number) {
  Engine engine = Engine::open_in_memory().value();
  WriteBatch batch;
  batch.put("k", 1'000'000, std::numeric_limits<double>::quiet_NaN());
  engine.write(std::move(batch)).value();
  const auto chart = plot_query(engine, Query::all(), {}, terminal_of_columns(80));
  ASSERT_TRUE(chart) << chart.error().message;
  EXPECT_EQ(*chart, "");
}

TEST(PlotQuery, says_that_a_terminal_is_too_narrow) {
  Engine engine = engine_with_two_records();
  const auto chart = plot_query(engine, Query::all(), {}, terminal_of_columns(39));
  ASSERT_FALSE(chart);
  EXPECT_EQ(chart.error().message,
            "the terminal is too narrow for a chart, which takes 40 columns");
  EXPECT_EQ(chart.error().exit_code, exit_failed);
}

}  // namespace
}  // namespace varve::tools
