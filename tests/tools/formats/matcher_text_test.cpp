#include "tools/formats/matcher_text.hpp"

#include <gtest/gtest.h>

namespace varve::tools {
namespace {

TEST(MatcherText, reads_every_kind) {
  const auto parsed = [](std::string_view text) { return parse_matcher(text).value(); };
  EXPECT_EQ(parsed("room=hall 2"), Matcher::equals("room", "hall 2"));
  EXPECT_EQ(parsed("room="), Matcher::equals("room", ""));
  EXPECT_EQ(parsed("room!=a=b"), Matcher::not_equals("room", "a=b"));
  EXPECT_EQ(parsed("room^=ha"), Matcher::starts_with("room", "ha"));
  EXPECT_EQ(parsed("room|=a,\"b\","), Matcher::one_of("room", {"a", "b", ""}));
  EXPECT_EQ(parsed("room=~\"a.*\""), Matcher::matches("room", "a.*"));
  EXPECT_EQ(parsed("room!~a|b"), Matcher::not_matches("room", "a|b"));
  for (const char* wrong : {"", "room", "=a", "room!a", "room^a", "room|a"}) {
    EXPECT_FALSE(parse_matcher(wrong)) << wrong;
  }
  EXPECT_EQ(parse_label("a=\"b c\"").value(), Label("a", "b c"));
  EXPECT_EQ(parse_label("a=").value(), Label("a", ""));
  EXPECT_FALSE(parse_label("=b"));
  EXPECT_EQ(labels_text({{"a", "b"}, {"c", "d"}}), "{a=\"b\", c=\"d\"}");
}

TEST(LabelsText, reads_back_what_it_writes) {
  Labels labels{{"room", "hall \"1\""}, {"a=b", "c\\d"}, {"line", "\n\xff\xC3\xA4"}};
  labels.leave_with_records();
  const std::string text = labels_text(labels);
  EXPECT_EQ(text, "{a\\=b=\"c\\\\d\", line=\"\\x0a\\xff\xC3\xA4\", room=\"hall \\\"1\\\"\"}");
  EXPECT_EQ(parse_labels_text(text + "+leave").value(), labels);
  EXPECT_EQ(parse_labels_text("{}").value(), Labels());
}

TEST(LabelsText, refuses_what_it_does_not_write) {
  for (const char* wrong : {"", "{", "{a}", "{a=b}", "{a=\"b\"", "{a=\"b\",c=\"d\"}", "{=\"b\"}",
                            "{a=\"b\"}+", "{a=\"b\\", "{a=\"b\"} "}) {
    EXPECT_FALSE(parse_labels_text(wrong)) << wrong;
  }
}

TEST(MatcherText, refuses_what_no_read_or_write_would_take) {
  for (const char* wrong : {"room=~(", "room!~[", "room=~\"*\""}) {
    EXPECT_FALSE(parse_matcher(wrong)) << wrong;
  }
  EXPECT_TRUE(parse_matcher("room=(")) << "it is no expression";
  EXPECT_FALSE(parse_label(std::string(Labels::name_size_max + 1, 'n') + "=v"));
  EXPECT_FALSE(parse_label("n=" + std::string(Labels::value_size_max + 1, 'v')));
}

}  // namespace
}  // namespace varve::tools
