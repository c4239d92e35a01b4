#include "varve/value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "varve/detail/with_type.hpp"

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

TEST(WithValue, gives_each_value_in_its_cpp_type) {
  const auto kept = []<class Given>(const Given& given) {
    return detail::with_value(given, [&]<class T>(const T& value) {
      if constexpr (std::is_same_v<T, Given>) {
        return value == given;
      } else {
        return false;
      }
    });
  };
  EXPECT_TRUE(kept(0.5));
  EXPECT_TRUE(kept(std::int64_t{-3}));
  EXPECT_TRUE(kept(true));
  EXPECT_TRUE(kept(std::string_view("text")));
}

TEST(WithType, names_the_type_that_a_value_has) {
  for (const ValueView& value :
       {ValueView(0.5), ValueView(3), ValueView(true), ValueView("text")}) {
    EXPECT_EQ(detail::with_type(value.type(), []<class T>() { return ValueView(T{}).type(); }),
              value.type());
  }
}

TEST(IsValueType, knows_the_four_numbers_and_no_other) {
  for (std::uint64_t number = 0; number < 600; ++number) {
    EXPECT_EQ(detail::is_value_type(number), number >= 1 && number <= 4) << number;
  }
  EXPECT_FALSE(detail::is_value_type(std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace
}  // namespace varve
