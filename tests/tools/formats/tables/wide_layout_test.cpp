#include "tools/formats/tables/wide_layout.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::tools {
namespace {

using Texts = std::vector<std::string>;

CsvLayout layout_of(const std::string& text, const CsvOptions& options = {}) {
  const auto layout = sniff_csv(options, text, true);
  EXPECT_TRUE(layout) << layout.error().text;
  return layout ? *layout : CsvLayout();
}

Texts names(const CsvLayout& layout) {
  Texts out;
  for (const CsvLayout::Series& one : layout.series) out.push_back(one.name);
  return out;
}

std::string refusal(const std::string& text, const CsvOptions& options = {}) {
  const auto layout = wide_layout(options, text, true);
  return layout ? "taken" : layout.error().text;
}

TEST(WideLayout, has_a_series_in_each_column_whatever_it_is_called) {
  const CsvLayout layout = layout_of("time:wide,key,value,\"a,\nb\"\n2024-05-01,1,2,3\n");
  EXPECT_TRUE(layout.is_export);
  EXPECT_EQ(layout.time, 0U);
  EXPECT_FALSE(layout.key);
  EXPECT_FALSE(layout.value);
  EXPECT_EQ(names(layout), (Texts{"key", "value", "a,\nb"}));
  EXPECT_EQ(layout.begin, 27U);
  EXPECT_EQ(layout.begin_line, 3U);
}

TEST(WideLayout, of_nothing_has_no_series) {
  for (const char* const text : {"time:wide\n", "time:wide", "time:wide\r\n"}) {
    const CsvLayout layout = layout_of(text);
    EXPECT_TRUE(layout.is_export) << text;
    EXPECT_TRUE(layout.series.empty()) << text;
  }
}

TEST(WideLayout, may_be_of_some_of_the_columns) {
  const std::string text = "time:wide,a,b,c\n";
  CsvOptions options;
  options.wide = true;
  options.columns = {"a", "4"};
  EXPECT_EQ(names(layout_of(text, options)), (Texts{"a", "c"}));
  options.columns.clear();
  options.skip_columns = {"b"};
  EXPECT_EQ(names(layout_of(text, options)), (Texts{"a", "c"}));
  options.skip_columns = {"d"};
  EXPECT_EQ(refusal(text, options), "no column 'd' in the header");
}

TEST(WideLayout, is_not_that_of_other_tables) {
  for (const char* const text : {"time,a\n", "time:wider,a\n", "time:wide;a\n", "a,time:wide\n"}) {
    const auto layout = wide_layout({}, text, true);
    ASSERT_TRUE(layout) << text;
    EXPECT_FALSE(*layout) << text;
  }
}

TEST(WideLayout, waits_for_the_whole_header) {
  const std::string text = "time:wide,\"a\nb";
  const auto layout = wide_layout({}, text, false);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().offset, text.size());
}

TEST(WideLayout, refuses_names_that_are_no_keys_or_come_twice) {
  EXPECT_EQ(refusal("time:wide,a,,b\n"), "column 3 has no name");
  EXPECT_EQ(refusal("time:wide,a,b,a\n"),
            "the header names two columns 'a' (2 and 4): leave one out with --skip-column 4");
}

}  // namespace
}  // namespace varve::tools
