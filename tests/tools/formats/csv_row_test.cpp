#include "tools/formats/csv_row.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::tools {
namespace {

std::vector<std::string> fields(const CsvRow& row) {
  std::vector<std::string> out;
  for (const auto& field : row.fields()) out.emplace_back(field.text);
  return out;
}

std::vector<std::string> split(std::string_view text, char delimiter = ',') {
  CsvRow row;
  EXPECT_EQ(row.scan(text, true, delimiter), CsvScan::row) << text;
  return fields(row);
}

using Texts = std::vector<std::string>;

TEST(CsvRow, splits_at_delimiters) {
  EXPECT_EQ(split("a,b,c\n"), (Texts{"a", "b", "c"}));
  EXPECT_EQ(split("a,,\r\n"), (Texts{"a", "", ""}));
  EXPECT_EQ(split("a;b,c", ';'), (Texts{"a", "b,c"}));
  EXPECT_EQ(split("\n"), (Texts{""}));
}

TEST(CsvRow, takes_anything_in_quotes) {
  EXPECT_EQ(split("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\n"),
            (Texts{"a,b", "say \"hi\"", "two\r\nlines"}));
  EXPECT_EQ(split("\"\",\"\"\"\"\n"), (Texts{"", "\""}));
  EXPECT_EQ(split("a\"b,c\n"), (Texts{"a\"b", "c"}));
}

TEST(CsvRow, tells_an_empty_text_from_nothing) {
  CsvRow row;
  ASSERT_EQ(row.scan("\"\"\n", true, ','), CsvScan::row);
  EXPECT_FALSE(row.blank());
  ASSERT_EQ(row.scan("\n", true, ','), CsvScan::row);
  EXPECT_TRUE(row.blank());
}

TEST(CsvRow, says_how_far_it_reached) {
  CsvRow row;
  ASSERT_EQ(row.scan("\"a\nb\",c\r\nnext", false, ','), CsvScan::row);
  EXPECT_EQ(row.size(), 9U);
  EXPECT_EQ(row.line_breaks(), 2U);
}

TEST(CsvRow, asks_for_more_at_every_cut_and_then_gives_the_same) {
  const std::string text = "\"a\"\"b\",c,\"x\r\ny\"\r\n";
  const Texts whole = split(text);
  for (std::size_t size = 0; size < text.size(); ++size) {
    CsvRow row;
    EXPECT_EQ(row.scan(text.substr(0, size), false, ','), CsvScan::incomplete) << size;
  }
  CsvRow row;
  ASSERT_EQ(row.scan(text, false, ','), CsvScan::row);
  EXPECT_EQ(fields(row), whole);
}

TEST(CsvRow, goes_on_behind_the_line_with_the_fault) {
  CsvRow row;
  EXPECT_EQ(row.scan("\"a\"b,c\nnext\n", true, ','), CsvScan::bad);
  EXPECT_EQ(row.size(), 7U);
  EXPECT_STREQ(row.problem(), "text behind a closing quote");
}

TEST(CsvRow, gives_up_one_line_for_a_quote_that_never_closes) {
  CsvRow row;
  EXPECT_EQ(row.scan("x,\"oops\ny,1\nz,2\n", true, ','), CsvScan::bad);
  EXPECT_EQ(row.size(), 8U);
  EXPECT_EQ(row.line_breaks(), 1U);
}

TEST(CsvRow, passes_over_blanks_before_a_field_in_quotes) {
  EXPECT_EQ(split("a, \"b, c\",  \"d\"\r\n"), (Texts{"a", "b, c", "d"}));
  EXPECT_EQ(split("a, \"b\" inch\n"), (Texts{"a", " \"b\" inch"})) << "no quotes around it";
  EXPECT_EQ(split("a, \"b\n"), (Texts{"a", " \"b"}));
}

TEST(CsvRow, gives_up_one_line_for_a_quote_that_meets_another_further_down) {
  CsvRow row;
  EXPECT_EQ(row.scan("x,\"oops\ny,1\nz,\"fine\"\n", true, ','), CsvScan::bad);
  EXPECT_STREQ(row.problem(), "a quote that never closes");
  EXPECT_EQ(row.size(), 8U);
  EXPECT_EQ(row.line_breaks(), 1U);
}

TEST(CsvRow, gives_up_a_quote_after_so_many_bytes_or_lines) {
  const auto scan = [](const std::string& text, bool last) {
    CsvRow row(QuoteLimits{8, 2});
    return row.scan(text, last, ',');
  };
  EXPECT_EQ(scan("\"12345678\"\n", true), CsvScan::row);
  EXPECT_EQ(scan("\"123456789\"\n", true), CsvScan::bad);
  EXPECT_EQ(scan("\"a\n\nb\"\n", true), CsvScan::row);
  EXPECT_EQ(scan("\"a\n\n\nb\"\n", true), CsvScan::bad);
  EXPECT_EQ(scan("\"a\n\n", false), CsvScan::incomplete);
  EXPECT_EQ(scan("\"a\n\n\n", false), CsvScan::bad) << "whatever follows";
}

TEST(AppendCsvField, quotes_only_what_needs_it) {
  const auto written = [](std::string_view text) {
    std::string out;
    append_csv_field(out, text);
    return out;
  };
  EXPECT_EQ(written("plant/press1"), "plant/press1");
  EXPECT_EQ(written("a,b"), "\"a,b\"");
  EXPECT_EQ(written("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(written(" x"), "\" x\"");
  EXPECT_EQ(written("x\t"), "\"x\t\"");
  EXPECT_EQ(written(""), "\"\"");
}

}  // namespace
}  // namespace varve::tools
