#include "varve/value.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ios>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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

enum State { off, on, fault };
enum Answer : bool { no, yes };

/// Whether both kinds of value can be made of it.
template <class T>
constexpr bool converts = std::is_convertible_v<T, Value> && std::is_convertible_v<T, ValueView>;
template <class T>
constexpr bool is_refused =
    !std::is_constructible_v<Value, T> && !std::is_constructible_v<ValueView, T>;

static_assert(converts<double> && converts<float> && converts<bool> && converts<char>);
static_assert(converts<std::uint64_t> && converts<State> && converts<std::vector<bool>::reference>);
static_assert(converts<const char*> && converts<std::string> && converts<std::string_view>);
static_assert(is_refused<std::nullptr_t> && is_refused<void*> && is_refused<ValueType>);
static_assert(is_refused<std::atomic<double>&> && is_refused<std::byte>);
static_assert(is_refused<long double> ||
              std::numeric_limits<long double>::digits == std::numeric_limits<double>::digits);

TEST(Value, of_an_unscoped_enumeration_is_what_its_underlying_type_makes) {
  EXPECT_EQ(Value(fault), Value(2));
  EXPECT_EQ(ValueView(fault), ValueView(2));
  EXPECT_EQ(Value(yes), Value(true));
}

TEST(Value, of_a_vector_of_bools_is_a_bool) {
  std::vector<bool> flags{true, false};
  EXPECT_EQ(Value(flags[0]), Value(true));
  EXPECT_EQ(ValueView(flags[1]), ValueView(false));
  EXPECT_EQ(Value(std::as_const(flags)[0]), Value(true));
}

TEST(Value, of_a_float_is_the_same_number) { EXPECT_EQ(Value(0.1f).as_double(), double{0.1f}); }

TEST(Value, of_an_integer_beyond_int64_is_none) {
  constexpr std::uint64_t greatest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(Value(greatest).as_int64(), std::numeric_limits<std::int64_t>::max());
  for (const std::uint64_t beyond : {greatest + 1, ~std::uint64_t{0}}) {
    const Value value(beyond);
    EXPECT_FALSE(value.is_valid());
    EXPECT_FALSE(value.view().is_valid());
    EXPECT_FALSE(Value(value.view()).is_valid());
    EXPECT_EQ(value.type(), ValueType::int64);
    EXPECT_THROW((void)value.as_int64(), std::bad_variant_access);
    EXPECT_NE(value, Value(-1));
  }
}

TEST(Value, of_a_null_pointer_is_none) {
  const char* const none = nullptr;
  EXPECT_FALSE(ValueView(none).is_valid());
  EXPECT_FALSE(Value(none).is_valid());
  EXPECT_FALSE(Value(ValueView(none)).is_valid());
  EXPECT_EQ(Value(none).type(), ValueType::bytes);
  EXPECT_TRUE(Value("").is_valid());
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

TEST(StaleMarker, has_the_bits_that_prometheus_gives_it) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(stale_marker), 0x7FF0'0000'0000'0002U);
  EXPECT_TRUE(std::isnan(stale_marker));
  EXPECT_TRUE(is_stale_marker(stale_marker));
}

TEST(StaleMarker, is_no_other_nan_and_no_number) {
  const std::vector<std::uint64_t> others = {0x7FF8'0000'0000'0000, 0x7FF8'0000'0000'0002,
                                             0x7FF0'0000'0000'0001, 0xFFF0'0000'0000'0002,
                                             0x7FF0'0000'0000'0000, 2};
  for (const std::uint64_t bits : others) {
    EXPECT_FALSE(is_stale_marker(std::bit_cast<double>(bits))) << std::hex << bits;
  }
}

TEST(StaleMarker, keeps_its_bits_as_a_value) {
  const Value value(stale_marker);
  const Value copied(value.view());
  EXPECT_TRUE(is_stale_marker(value.as_double()));
  EXPECT_TRUE(is_stale_marker(copied.as_double()));
  EXPECT_NE(value, Value(std::nan("")));
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
