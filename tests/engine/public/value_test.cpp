#include "varve/value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace varve {
namespace {

TEST(Value, keeps_its_type_and_content) {
  EXPECT_EQ(Value(1.5).as_double(), 1.5);
  EXPECT_EQ(Value(-7).as_int64(), -7);
  EXPECT_EQ(Value(true).as_bool(), true);
  EXPECT_EQ(Value("text").as_bytes(), "text");
  EXPECT_EQ(Value(1).type(), ValueType::int64);
  EXPECT_EQ(Value(true).type(), ValueType::bool_);
}

TEST(Value, comes_back_from_its_view) {
  for (const Value& value : {Value(0.25), Value(std::numeric_limits<std::int64_t>::min()),
                             Value(false), Value(std::string("a\0b", 3))}) {
    EXPECT_EQ(Value(value.view()), value);
    EXPECT_EQ(value.view().type(), value.type());
  }
}

TEST(Value, is_compared_by_type_and_bits) {
  EXPECT_EQ(Value(std::nan("")), Value(std::nan("")));
  EXPECT_NE(Value(0.0), Value(-0.0));
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value(1), Value(true));
}

TEST(Value, has_types_with_names) {
  EXPECT_EQ(name_of(ValueType::double_), "double");
  EXPECT_EQ(name_of(ValueType::int64), "int64");
  EXPECT_EQ(name_of(ValueType::bool_), "bool");
  EXPECT_EQ(name_of(ValueType::bytes), "bytes");
}

}  // namespace
}  // namespace varve
