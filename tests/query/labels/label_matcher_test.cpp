#include "query/labels/label_matcher.hpp"

#include <gtest/gtest.h>

namespace varve::query {
namespace {

bool accepts(const Matcher& matcher, std::string_view value) {
  const auto made = LabelMatcher::make(matcher);
  EXPECT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->accepts_missing(), made->accepts(""));
  return made->accepts(value);
}

TEST(LabelMatcher, compares_whole_values) {
  EXPECT_TRUE(accepts(Matcher::equals("room", "attic"), "attic"));
  EXPECT_FALSE(accepts(Matcher::equals("room", "attic"), "attic2"));
  EXPECT_FALSE(accepts(Matcher::not_equals("room", "attic"), "attic"));
  EXPECT_TRUE(accepts(Matcher::not_equals("room", "attic"), ""));
  EXPECT_TRUE(accepts(Matcher::starts_with("room", "hall"), "hall 2"));
  EXPECT_FALSE(accepts(Matcher::starts_with("room", "hall"), "ha"));
  EXPECT_TRUE(accepts(Matcher::one_of("room", {"a", "b"}), "b"));
  EXPECT_FALSE(accepts(Matcher::one_of("room", {"a", "b"}), "c"));
  EXPECT_FALSE(accepts(Matcher::one_of("room", {}), ""));
}

TEST(LabelMatcher, takes_expressions_over_the_whole_value) {
  EXPECT_TRUE(accepts(Matcher::matches("room", "hall [0-9]+"), "hall 22"));
  EXPECT_FALSE(accepts(Matcher::matches("room", "hall"), "hall 22"));
  EXPECT_FALSE(accepts(Matcher::matches("room", "a|b"), "ab"));
  EXPECT_TRUE(accepts(Matcher::matches("room", "a.b"), "a\nb"));
  EXPECT_FALSE(accepts(Matcher::not_matches("room", "hall.*"), "hall 22"));
  EXPECT_TRUE(accepts(Matcher::not_matches("room", "hall.*"), ""));
  EXPECT_TRUE(accepts(Matcher::matches("room", ".*"), ""));
}

TEST(LabelMatcher, takes_values_as_bytes_whatever_their_encoding) {
  for (const char* value : {"caf\xe9", "caf\xff", "\xc3"}) {
    EXPECT_TRUE(accepts(Matcher::matches("city", ".*"), value)) << value;
    EXPECT_FALSE(accepts(Matcher::not_matches("city", ".*"), value)) << value;
  }
  EXPECT_TRUE(accepts(Matcher::matches("city", "caf."), "caf\xe9"));
  EXPECT_TRUE(accepts(Matcher::matches("city", "caf\xe9"), "caf\xe9"));
  EXPECT_TRUE(accepts(Matcher::matches("city", "K\xc3\xb6ln"), "K\xc3\xb6ln")) << "UTF-8";
  EXPECT_TRUE(accepts(Matcher::matches("city", "K..ln"), "K\xc3\xb6ln")) << "of two bytes";
  EXPECT_TRUE(accepts(Matcher::matches("city", "K(\xc3\xb6|oe)ln"), "K\xc3\xb6ln"));
}

TEST(LabelMatcher, refuses_what_is_no_expression_in_re2s_words) {
  const auto made = make_matchers({Matcher::equals("a", "b"), Matcher::matches("room", "hall (2")});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::invalid_argument);
  for (const char* part : {"'room'", "'hall (2'", "missing"}) {
    EXPECT_NE(made.error().where.find(part), std::string::npos) << made.error().where;
  }
  EXPECT_EQ(check(Matcher::matches("room", "hall (2")).error().where, made.error().where);
  EXPECT_TRUE(check(Matcher::matches("room", "hall [0-9]+")));
}

}  // namespace
}  // namespace varve::query
