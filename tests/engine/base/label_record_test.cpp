#include "engine/base/label_record.hpp"

#include <gtest/gtest.h>

namespace varve::engine {
namespace {

Labels usual() { return {{"unit", "C"}, {"room", "hall 2"}}; }

Bytes raw(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(LabelRecord, has_the_bytes_that_the_format_page_says) {
  const Bytes golden = raw({0, 2,   4,   'r', 'o', 'o', 'm', 6, 'h', 'a', 'l', 'l', ' ', '2',  //
                            4, 'u', 'n', 'i', 't', 1,   'C'});
  EXPECT_EQ(encode_labels(usual()), golden);
  EXPECT_EQ(decode_labels(golden).value(), usual());
  EXPECT_EQ(encode_labels(usual().leave_with_records())[0], std::byte{1});
}

TEST(LabelRecord, survives_a_round_trip) {
  Labels labels({{"a", std::string(Labels::value_size_max, '\0')},
                 {std::string(Labels::name_size_max, '\xFF'), "b"}});
  labels.leave_with_records();
  EXPECT_EQ(decode_labels(encode_labels(labels)).value(), labels);
}

TEST(LabelRecord, refuses_bytes_that_are_none) {
  const Bytes whole = encode_labels(usual());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_labels(ByteSpan(whole).first(size))) << size;
  }
  EXPECT_FALSE(decode_labels(raw({0, 0})));                     // No label.
  EXPECT_FALSE(decode_labels(raw({2, 1, 1, 'a', 1, 'b'})));     // An unknown flag.
  EXPECT_FALSE(decode_labels(raw({0, 1, 1, 'a', 0})));          // An empty value,
  EXPECT_FALSE(decode_labels(raw({0, 1, 0, 1, 'b'})));          // or name.
  EXPECT_FALSE(decode_labels(raw({0, 1, 1, 'a', 1, 'b', 0})));  // Bytes behind.
  EXPECT_FALSE(decode_labels(raw({0, 2, 1, 'b', 1, 'x', 1, 'a', 1, 'x'})));
  EXPECT_FALSE(decode_labels(raw({0, 2, 1, 'a', 1, 'x', 1, 'a', 1, 'y'})));
  EXPECT_FALSE(decode_labels(raw({0, 65})));
}

std::string refusal(const Labels& labels) {
  const Status checked = check_labels(labels);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, Errc::invalid_argument);
  return checked.error().where;
}

TEST(LabelRecord, says_what_is_wrong_with_labels) {
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
}  // namespace varve::engine
