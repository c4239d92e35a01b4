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
  EXPECT_EQ(series->labels, (Labels{{"__name__", "p/temp"}}));
}

TEST(LabelledSeries, has_the_prefix_in_its_name_so_that_two_keys_never_have_one_label_set) {
  const auto series = labelled_series({{"room", "hall"}}, "p/");
  ASSERT_TRUE(series);
  EXPECT_EQ(series->key, "p/,room=hall");
  EXPECT_EQ(series->labels, (Labels{{"__name__", "p/"}, {"room", "hall"}}));
}

TEST(LabelledSeries, has_a_key_beyond_the_limits_of_labels_too) {
  const std::string value(5'000, 'x');
  const auto series = labelled_series({{"__name__", "m"}, {"a", value}}, "");
  ASSERT_TRUE(series);
  EXPECT_EQ(series->key, "m,a=" + value);
}

TEST(LabelledSeries, is_none_without_labels) {
  EXPECT_EQ(problem_of({}), "a series without a name and labels");
  EXPECT_EQ(problem_of({{"a", ""}}), "a series without a name and labels");
}

TEST(LabelledSeries, is_none_where_two_labels_have_one_name_or_the_key_is_too_long) {
  EXPECT_EQ(problem_of({{"a", "1"}, {"a", "2"}}), "two labels 'a'");
  EXPECT_EQ(problem_of({{"a", std::string(65'536, 'x')}}), "a key of 65539 bytes; at most 65535");
}

}  // namespace
}  // namespace varve::tools
