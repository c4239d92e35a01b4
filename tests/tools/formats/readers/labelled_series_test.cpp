#include "tools/formats/readers/labelled_series.hpp"

#include <gtest/gtest.h>

namespace varve::tools {
namespace {

std::string problem_of(std::vector<Label> labels) {
  const auto series = labelled_series(std::move(labels), "");
  return series ? "" : series.error().text;
}

TEST(LabelledSeries, has_the_key_that_its_labels_make) {
  const auto series = labelled_series({{"room", "hall"}, {"__name__", "temp"}}, "");
  ASSERT_TRUE(series);
  EXPECT_EQ(series->key, "temp,room=hall");
  EXPECT_EQ(series->labels, (Labels{{"__name__", "temp"}, {"room", "hall"}}));
}

TEST(LabelledSeries, has_no_label_with_an_empty_value) {
  const auto series = labelled_series({{"room", ""}, {"__name__", "temp"}}, "p/");
  ASSERT_TRUE(series);
  EXPECT_EQ(series->key, "p/temp");
  EXPECT_EQ(series->labels, (Labels{{"__name__", "temp"}}));
}

TEST(LabelledSeries, is_none_without_labels) {
  EXPECT_EQ(problem_of({}), "a series without a name and labels");
  EXPECT_EQ(problem_of({{"a", ""}}), "a series without a name and labels");
}

TEST(LabelledSeries, is_none_beyond_the_limits_of_labels) {
  EXPECT_EQ(problem_of({{"a", "1"}, {"a", "2"}}), "labels: 'a' twice");
  EXPECT_NE(problem_of({{"a", std::string(5'000, 'x')}}), "");
}

}  // namespace
}  // namespace varve::tools
