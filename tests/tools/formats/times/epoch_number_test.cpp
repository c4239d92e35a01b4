#include "tools/formats/times/epoch_number.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace varve::tools {
namespace {

std::optional<std::int64_t> scaled_text(std::string_view text, int places) {
  const auto number = epoch_number(text);
  return number ? scaled(*number, places) : std::nullopt;
}

TEST(EpochNumber, has_digits_a_fraction_and_an_exponent) {
  const auto number = epoch_number("-12.50e-3");
  ASSERT_TRUE(number);
  EXPECT_TRUE(number->negative);
  EXPECT_EQ(number->whole, "12");
  EXPECT_EQ(number->fraction, "50");
  EXPECT_EQ(number->exponent, -3);
}

TEST(EpochNumber, is_nothing_else) {
  for (const char* text :
       {"", "-", "+-1", "1.", ".5", "1e", "1e+", "1e123", "1 ", " 1", "0x1", "nan", "1e5.5"}) {
    EXPECT_FALSE(epoch_number(text)) << text;
  }
}

TEST(ScaledEpochNumber, is_the_same_by_its_short_way_and_by_its_long_one) {
  // A point in a number takes the long way.
  for (const char* number : {"0", "1", "-1", "999", "-999", "1386018900", "-1386018900000001"}) {
    for (const int places : {-3, 0, 3, 6}) {
      EXPECT_EQ(scaled_text(number, places), scaled_text(std::string(number) + ".0", places))
          << number << ' ' << places;
    }
  }
}

TEST(ScaledEpochNumber, is_nothing_beyond_int64) {
  EXPECT_EQ(scaled_text("999999999999999999", 6), std::nullopt);
  EXPECT_EQ(scaled_text("9223372036854775807", 0), 9'223'372'036'854'775'807);
  EXPECT_EQ(scaled_text("9223372036854775808", 0), std::nullopt);
  EXPECT_EQ(scaled_text("1e-99", 6), 0);
  EXPECT_EQ(scaled_text("-1e-99", 6), -1);
}

}  // namespace
}  // namespace varve::tools
