#include "tools/formats/tables/number_form.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "tools/formats/value_text.hpp"

namespace varve::tools {
namespace {

constexpr NumberForm decimal_comma{',', '\0'};
constexpr NumberForm grouped_points{',', '.'};
constexpr NumberForm grouped_commas{'.', ','};

using Cells = std::initializer_list<const char*>;

/// Of a table's columns.
Parsed<NumberForm> decide(std::initializer_list<Cells> columns, char delimiter = ';') {
  NumberFormVotes votes;
  for (const Cells& cells : columns) {
    NumberFormVotes column;
    for (const char* cell : cells) column.add(cell);
    votes.add_column(column);
  }
  return votes.decide(delimiter);
}

NumberForm form_of(Cells cells, char delimiter = ';') {
  const auto form = decide({cells}, delimiter);
  EXPECT_TRUE(form) << form.error().text;
  return form.value_or(NumberForm());
}

std::string read(std::string_view text, const NumberForm& form) {
  std::string out;
  const auto plain = plain_number(text, form, out);
  return plain ? std::string(*plain) : "refused";
}

TEST(NumberForm, is_plain_where_nothing_says_otherwise) {
  EXPECT_EQ(form_of({}), NumberForm());
  EXPECT_EQ(form_of({"1", "2.5", "-0.125", "1e9", "text, with a comma"}), NumberForm());
}

TEST(NumberForm, has_a_decimal_comma_where_no_group_of_three_could_be_meant) {
  EXPECT_EQ(form_of({"23,5", "1"}), decimal_comma);
  EXPECT_EQ(form_of({"0,139"}), decimal_comma) << "no group follows a zero";
  EXPECT_EQ(form_of({"4,76500"}), decimal_comma);
  EXPECT_EQ(form_of({"1.234,5", "0,5"}), grouped_points);
}

TEST(NumberForm, takes_a_comma_before_three_digits_by_what_stands_between_columns) {
  EXPECT_EQ(form_of({"381,000", "515,980"}, ';'), decimal_comma);
  EXPECT_EQ(form_of({"8,298", "949"}, ','), grouped_commas) << "in quotes among commas";
  EXPECT_EQ(form_of({"8,298", "1.5"}, ';'), grouped_commas) << "another has a decimal point";
  EXPECT_EQ(form_of({"9,350,723"}, ';'), grouped_commas);
}

TEST(NumberForm, takes_addresses_and_versions_for_no_numbers) {
  EXPECT_EQ(*decide({{"192.168.178.123"}, {"21.5", "21.25"}}), NumberForm());
  EXPECT_EQ(*decide({{"192.168.178.123"}, {"21.375", "21.250"}}), NumberForm());
  EXPECT_EQ(*decide({{"10.100.200.100"}, {"1.234", "1.240"}}), NumberForm());
  EXPECT_EQ(*decide({{"1.100.200"}, {"12.345"}}), NumberForm()) << "a version";
}

TEST(NumberForm, groups_by_several_points_where_the_same_column_shows_numbers) {
  EXPECT_EQ(*decide({{"12.345.678", "12.346"}}), grouped_points);
  EXPECT_EQ(*decide({{"1.234.567", "1,5"}}), grouped_points);
}

TEST(NumberForm, takes_no_point_before_three_digits_for_decimal_beside_a_decimal_comma) {
  EXPECT_EQ(*decide({{"1.234", "1.240", "1.250"}, {"12,5", "12,6", "12,7"}}), decimal_comma);
}

TEST(NumberForm, is_not_guessed_where_both_signs_are_decimal) {
  const auto form = decide({{"1.5", "1.5"}, {"23,5", "24,5"}});
  ASSERT_FALSE(form);
  EXPECT_NE(form.error().text.find("--decimal"), std::string::npos) << form.error().text;
}

TEST(NumberForm, groups_by_what_is_not_the_decimal_sign) {
  NumberFormVotes votes;
  votes.add("1,234");
  EXPECT_EQ(votes.decide_grouping(','), decimal_comma);
  EXPECT_EQ(votes.decide_grouping('.'), grouped_commas);
  votes.add("1.234");
  EXPECT_EQ(votes.decide_grouping(','), grouped_points);
}

TEST(PlainNumber, writes_a_number_as_the_parsers_read_it) {
  EXPECT_EQ(read("-1,5", decimal_comma), "-1.5");
  EXPECT_EQ(read("12", decimal_comma), "12");
  EXPECT_EQ(read("1.234.567,25", grouped_points), "1234567.25");
  EXPECT_EQ(read("12,090.5", grouped_commas), "12090.5");
}

TEST(PlainNumber, refuses_what_another_form_would_read_otherwise) {
  EXPECT_EQ(read("1.234", decimal_comma), "refused");
  EXPECT_EQ(read("1,5", grouped_commas), "refused");
  EXPECT_EQ(read("1.23,5", grouped_points), "refused");
  EXPECT_EQ(read("1,2,3", decimal_comma), "refused");
}

}  // namespace
}  // namespace varve::tools
