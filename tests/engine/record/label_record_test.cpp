#include "engine/record/label_record.hpp"

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

}  // namespace
}  // namespace varve::engine
