#include "tools/formats/readers/brace_template.hpp"

#include <gtest/gtest.h>

namespace varve::tools {
namespace {

TEST(BraceTemplate, has_names_in_braces_between_texts) {
  EXPECT_EQ(parse_braces("dev/{id}{member}/x"),
            (BraceTemplate{{"dev/", false}, {"id", true}, {"member", true}, {"/x", false}}));
  EXPECT_EQ(parse_braces(""), BraceTemplate());
}

TEST(BraceTemplate, has_braces_themselves_where_they_are_doubled) {
  EXPECT_EQ(parse_braces("a{{b}}{c}"), (BraceTemplate{{"a{b}", false}, {"c", true}}));
}

TEST(BraceTemplate, is_none_where_a_brace_is_alone_or_holds_nothing) {
  for (const std::string_view text : {"{", "{}", "a}", "{a", "{{}"}) {
    EXPECT_FALSE(parse_braces(text)) << text;
  }
  EXPECT_EQ(parse_braces("ab{c").error().offset, 2U);
}

}  // namespace
}  // namespace varve::tools
