#include "tools/formats/readers/json_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace varve::tools {
namespace {

using Kind = JsonItem::Kind;

std::string problem_of(std::string_view text) {
  JsonText json;
  const auto read = json.read(text);
  return read ? "" : read.error().text;
}

std::string text_of(std::string_view json) {
  JsonText text;
  if (!text.read(json)) return "no JSON";
  std::string buffer;
  return std::string(text.text_of(0, buffer));
}

TEST(JsonText, lists_members_and_elements_in_the_order_in_which_they_stand) {
  JsonText json;
  ASSERT_TRUE(json.read(R"( {"a" : [1, -2.5e3, true], "b":{}, "c":null} )"));
  std::vector<Kind> kinds;
  for (std::uint32_t i = 0; i < json[0].after; ++i) kinds.push_back(json[i].kind);
  EXPECT_EQ(kinds,
            (std::vector<Kind>{Kind::object, Kind::text, Kind::array, Kind::whole, Kind::number,
                               Kind::boolean, Kind::text, Kind::object, Kind::text, Kind::null}));
  EXPECT_EQ(json.written(1), "a");
  EXPECT_EQ(json.written(4), "-2.5e3");
  EXPECT_EQ(json[2].after, 6U);
  EXPECT_EQ(json[7].after, 8U);
}

TEST(JsonText, gives_texts_as_they_are_meant) {
  EXPECT_EQ(text_of(R"("plain, and over eight bytes long")"), "plain, and over eight bytes long");
  EXPECT_EQ(text_of(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(text_of(R"("12345678\u0041\u00e9\u20ac\ud83d\ude00z")"),
            "12345678A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
  EXPECT_EQ(text_of("\"1234567\xC3\xA9 and more\""), "1234567\xC3\xA9 and more");
  EXPECT_EQ(text_of(R"("\u0000")"), std::string(1, '\0'));
}

TEST(JsonText, says_at_which_byte_a_text_is_no_json) {
  const auto at = [](std::string_view text) {
    JsonText json;
    const auto read = json.read(text);
    return read ? std::nullopt : read.error().offset;
  };
  EXPECT_EQ(at(""), 0U);
  EXPECT_EQ(at("x"), 0U);
  EXPECT_EQ(at("{"), 1U);
  EXPECT_EQ(at(R"({"a" 1})"), 5U);
  EXPECT_EQ(at(R"({"a":1,})"), 7U);
  EXPECT_EQ(at("[1,]"), 3U);
  EXPECT_EQ(at("[1 2]"), 3U);
  EXPECT_EQ(at("01"), 1U);
  EXPECT_EQ(at("1."), 2U);
  EXPECT_EQ(at("1e+"), 3U);
  EXPECT_EQ(at("tru"), 0U);
  EXPECT_EQ(at("5 6"), 2U);
  EXPECT_EQ(at(R"("a\x")"), 2U);
  EXPECT_EQ(at(R"("12345678\ud800")"), 9U);
  EXPECT_EQ(at(R"("\udc00")"), 1U);
  EXPECT_EQ(at("\"a\nb\""), 2U);
  EXPECT_EQ(at("\"12345678"), 9U);
  EXPECT_EQ(at("[\"\xff\"]"), 2U);
}

TEST(JsonText, tells_what_to_write_for_what_json_has_no_word_for) {
  EXPECT_EQ(problem_of("[NaN]").substr(0, 30), "'NaN' is no number of JSON: gi");
  EXPECT_EQ(problem_of("[nan]").substr(0, 30), "'nan' is no number of JSON: gi");
  EXPECT_EQ(problem_of("[-inf]").substr(0, 31), "'-inf' is no number of JSON: gi");
  EXPECT_EQ(problem_of("\"\xC3\""),
            R"(a text that is not UTF-8, which goes into {"base64":"..."})");
}

TEST(JsonText, passes_over_a_byte_order_mark) { EXPECT_EQ(problem_of("\xEF\xBB\xBF{}"), ""); }

TEST(JsonText, bounds_how_deep_objects_and_arrays_lie_in_one_another) {
  EXPECT_EQ(problem_of(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(problem_of(std::string(65, '[') + std::string(65, ']')),
            "objects and arrays in one another, deeper than 64");
}

TEST(JsonText, bounds_how_many_values_a_line_has) {
  std::string text = "[0";
  for (std::size_t i = 2; i < JsonText::items_max; ++i) text += ",0";
  EXPECT_EQ(problem_of(text + ']'), "");
  EXPECT_EQ(problem_of(text + ",0]"), "more than 1,048,576 values in one line");
}

TEST(JsonText, finds_the_last_member_of_a_name) {
  JsonText json;
  ASSERT_TRUE(json.read(R"({"a":1,"b":2,"\u0061":3})"));
  EXPECT_EQ(json.written(json.member(0, "a")), "3");
  EXPECT_EQ(json.member(0, "c"), 0U);
}

TEST(JsonText, finds_a_member_of_a_member_by_its_path) {
  JsonText json;
  ASSERT_TRUE(json.read(R"({"a":{"b":{"c":1},"x.y":2},"a.z":3,"n":5})"));
  EXPECT_EQ(json.written(json.at_path(0, "a.b.c")), "1");
  EXPECT_EQ(json.written(json.at_path(0, "a.x.y")), "2");
  EXPECT_EQ(json.written(json.at_path(0, "a.z")), "3");
  EXPECT_EQ(json.at_path(0, "a.c"), 0U);
  EXPECT_EQ(json.at_path(0, "n.c"), 0U);
}

TEST(JsonText, takes_what_an_independent_parser_takes) {
  constexpr std::string_view bytes = "{}[]\",:\\u0123eE.-+ tfn\x1f\x80\xc3\xa9";
  const std::string whole =
      R"({"key":"a\u00e9\n","t":[1,-2.5e3,0.1,true,null],"o":{"x":{},"y":"é"},"n":false})";
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = whole;
    for (std::size_t change = random() % 4; change > 0; --change) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 3);
      } else {
        text[at] = bytes[random() % bytes.size()];
      }
      if (text.empty()) text = "0";
    }
    EXPECT_EQ(problem_of(text).empty(), nlohmann::json::accept(text)) << text;
  }
}

}  // namespace
}  // namespace varve::tools
