#include "tools/formats/tables/table_sample.hpp"

#include <gtest/gtest.h>

#include <string>

namespace varve::tools {
namespace {

TEST(TableSample, has_whole_rows_alone) {
  const TableSample sample("a,b\n\n1,2\n3,", false, ',', 10);
  ASSERT_EQ(sample.rows().size(), 2U) << "neither the blank one nor the one that goes on";
  EXPECT_EQ(sample.rows()[1].text(0), "1");
  EXPECT_EQ(sample.rows()[1].end, 9U);
  EXPECT_EQ(sample.rows()[1].end_line, 4U);
}

TEST(TableSample, keeps_quotes_that_were_doubled) {
  const TableSample sample("\"a\"\"b\",1\n\"c\"\"d\",2\n", true, ',', 10);
  EXPECT_EQ(sample.rows()[0].text(0), "a\"b");
  EXPECT_EQ(sample.rows()[1].text(0), "c\"d");
}

TEST(TableSample, passes_over_bad_rows) {
  const TableSample sample("\"a\"b,1\nc,2\n", true, ',', 10);
  ASSERT_EQ(sample.rows().size(), 1U);
  EXPECT_EQ(sample.rows()[0].text(0), "c");
}

TEST(CellText, is_without_blanks_and_without_the_quotes_of_spreadsheets) {
  EXPECT_EQ(cell_text({"  x ", false}), "x");
  EXPECT_EQ(cell_text({"  x ", true}), "  x ");
  EXPECT_EQ(cell_text({"=\"0123\"", false}), "0123");
  EXPECT_EQ(cell_text({"=\"0123\"", true}), "=\"0123\"");
}

TEST(SniffDelimiter, finds_what_stands_between_columns) {
  EXPECT_EQ(sniff_delimiter("time,a\n1,2\n", true), ',');
  EXPECT_EQ(sniff_delimiter("time\ta\n1\t2\n", true), '\t');
  EXPECT_EQ(sniff_delimiter("time|a\n1|2\n", true), '|');
  EXPECT_EQ(sniff_delimiter("0.5\n0.7\n", true), ',');
}

TEST(SniffDelimiter, is_not_led_astray_by_decimal_commas) {
  EXPECT_EQ(sniff_delimiter("Datum;Wert\n01.02.2024;1,5\n02.02.2024;1,75\n", true), ';');
  EXPECT_EQ(sniff_delimiter("01.02.2024;1,5\n02.02.2024;1,75\n", true), ';');
  EXPECT_EQ(sniff_delimiter("d;a;b\n1;0,1;0,2\n2;0,3;0,4\n", true), ';');
}

TEST(SniffDelimiter, takes_the_word_of_a_first_line_that_says_it) {
  EXPECT_EQ(sniff_delimiter("sep=|\na,b|c\n", true), '|');
  EXPECT_TRUE(has_separator_line("sep=;\r\n"));
  EXPECT_FALSE(has_separator_line("sep=;a\n"));
}

}  // namespace
}  // namespace varve::tools
