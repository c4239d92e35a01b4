#include "varve/labels.hpp"

#include <gtest/gtest.h>

#include <string>

#include "varve/error.hpp"

namespace varve {
namespace {

Labels usual() { return {{"unit", "C"}, {"room", "hall 2"}}; }

std::string refusal(const Labels& labels) {
  const Status checked = check(labels);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, Errc::invalid_argument);
  return checked.error().where;
}

TEST(Labels, are_checked_against_their_limits) {
  EXPECT_EQ(refusal(usual()), "");
  EXPECT_EQ(refusal({}), "");
  EXPECT_EQ(refusal({{"a", "1"}, {"a", "2"}}), "labels: 'a' twice");
  EXPECT_EQ(refusal({{"", "1"}}), "labels: an empty name");
  EXPECT_EQ(refusal({{"a", ""}}),
            "labels: 'a' has an empty value, which says the same as no such label");
  EXPECT_NE(refusal({{std::string(256, 'n'), "1"}}).find("256 bytes, at most 255"),
            std::string::npos);
  EXPECT_NE(refusal({{"a", std::string(4097, 'v')}}).find("4097 bytes, at most 4096"),
            std::string::npos);
  Labels many;
  for (int i = 0; i < 65; ++i) many.set("n" + std::to_string(i), "v");
  EXPECT_EQ(refusal(many), "labels: 65 of them, at most 64");
}

TEST(Labels, are_set_and_found_by_name) {
  Labels labels = usual();
  labels.set("unit", "F").set("floor", "1");
  EXPECT_EQ(labels, (Labels{{"floor", "1"}, {"room", "hall 2"}, {"unit", "F"}}));
  EXPECT_EQ(labels.value_of("room"), "hall 2");
  EXPECT_EQ(labels.value_of("rooms"), "");
}

}  // namespace
}  // namespace varve
