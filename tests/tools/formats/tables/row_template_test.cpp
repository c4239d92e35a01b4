#include "tools/formats/tables/row_template.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::tools {
namespace {

Parsed<std::size_t> find(const std::string& name) {
  if (name == "ean") return std::size_t{0};
  if (name == "2") return std::size_t{1};
  return problem("there is no column " + name);
}

const std::vector<CsvRow::Field> row = {{"=\"871\"", false}, {" low ", false}};

std::string text_of(std::string_view text) {
  auto made = RowTemplate::parse(text);
  if (!made) return "refused";
  if (auto known = made->resolve(find); !known) return known.error().text;
  std::string out;
  made->append(out, row, "usage");
  return out;
}

TEST(RowTemplate, puts_cells_of_the_row_in) {
  EXPECT_EQ(text_of("meter/{ean}/{2}"), "meter/871/low");
  EXPECT_EQ(text_of("{ean}"), "871");
  EXPECT_EQ(text_of("plain"), "plain");
}

TEST(RowTemplate, names_the_column_of_the_value) {
  EXPECT_EQ(text_of("plant/{column}"), "plant/usage");
  EXPECT_TRUE(RowTemplate::parse("plant/{column}")->names_column());
  EXPECT_FALSE(RowTemplate::parse("plant/{ean}")->names_column());
}

TEST(RowTemplate, says_which_column_there_is_not) {
  EXPECT_EQ(text_of("{meter}"), "there is no column meter");
}

TEST(RowTemplate, takes_doubled_braces_for_braces) {
  EXPECT_EQ(text_of("a{{b}}c"), "a{b}c");
  EXPECT_TRUE(RowTemplate::parse("a{{b}}c")->is_constant());
}

TEST(RowTemplate, refuses_a_brace_alone) {
  EXPECT_EQ(text_of("a{b"), "refused");
  EXPECT_EQ(text_of("a}b"), "refused");
  EXPECT_EQ(text_of("a{}b"), "refused");
}

TEST(RowTemplate, finds_the_part_of_which_a_row_has_nothing) {
  auto made = RowTemplate::parse("{ean}/{2}/{column}");
  ASSERT_TRUE(made && made->resolve(find));
  EXPECT_TRUE(made->takes_cells());
  EXPECT_FALSE(made->find_empty(row));
  EXPECT_EQ(made->find_empty({{"871", false}, {" ", false}}), 1U);
  EXPECT_EQ(made->find_empty({{"871", false}}), 1U);
}

TEST(RowTemplate, leaves_out_what_a_short_row_lacks) {
  auto made = RowTemplate::parse("{ean}/{2}");
  ASSERT_TRUE(made && made->resolve(find));
  const std::vector<CsvRow::Field> short_row = {{"871", false}};
  std::string out;
  made->append(out, short_row, "usage");
  EXPECT_EQ(out, "871/");
}

}  // namespace
}  // namespace varve::tools
