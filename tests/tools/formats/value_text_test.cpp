#include "tools/formats/value_text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace varve::tools {
namespace {

ValueView value(std::string_view text, ColumnType type) { return parse_value(text, type).value(); }

TEST(ParseValue, reads_doubles_exactly) {
  EXPECT_EQ(value("73.967322", ColumnType::double_), ValueView(73.967322));
  EXPECT_EQ(value(" -0 ", ColumnType::double_), ValueView(-0.0));
  EXPECT_EQ(value("+1e3", ColumnType::double_), ValueView(1000.0));
  EXPECT_EQ(value("5e-324", ColumnType::double_),
            ValueView(std::numeric_limits<double>::denorm_min()));
  EXPECT_EQ(value("inf", ColumnType::double_), ValueView(std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(value("NaN", ColumnType::double_).as_double()));
  for (const char* const text : {"nan(2)", "nan(snan)", "-nan()"}) {
    EXPECT_FALSE(parse_double(text)) << text << " has bits that are not kept";
  }
}

TEST(ParseValue, refuses_what_is_only_partly_a_number) {
  for (const char* text : {"", " ", "1x", "1,5", "0x10", "+-1", "--1", "1 2", "e5"}) {
    EXPECT_FALSE(parse_value(text, ColumnType::double_)) << text;
  }
  EXPECT_EQ(parse_value("", ColumnType::double_).error().text, "an empty value");
  EXPECT_EQ(parse_value("1e999", ColumnType::double_).error().text,
            "'1e999' is beyond what a double holds");
  EXPECT_EQ(value("1e-400", ColumnType::double_), ValueView(0.0));
  EXPECT_EQ(value("-1e-400", ColumnType::double_), ValueView(-0.0));
}

TEST(ParseValue, keeps_int64s_whole) {
  EXPECT_EQ(value("-9223372036854775808", ColumnType::int64),
            ValueView(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(value("9007199254740993", ColumnType::int64), ValueView(9007199254740993));
  EXPECT_FALSE(parse_value("9223372036854775808", ColumnType::int64));
  EXPECT_FALSE(parse_value("1.0", ColumnType::int64));
}

TEST(ParseValue, knows_bools_in_any_case) {
  EXPECT_EQ(value("TRUE", ColumnType::bool_), ValueView(true));
  EXPECT_EQ(value("f", ColumnType::bool_), ValueView(false));
  EXPECT_EQ(value("0", ColumnType::bool_), ValueView(false));
  EXPECT_FALSE(parse_value("yes", ColumnType::bool_));
}

TEST(ParseValue, takes_bytes_as_they_are) {
  EXPECT_EQ(value(" a ", ColumnType::bytes), ValueView(" a "));
  EXPECT_EQ(value("", ColumnType::bytes), ValueView(""));
}

TEST(ParseValue, decides_value_by_value_when_asked_to) {
  EXPECT_EQ(value("true", ColumnType::automatic), ValueView(true));
  EXPECT_EQ(value("1", ColumnType::automatic), ValueView(1));
  EXPECT_EQ(value("1.0", ColumnType::automatic), ValueView(1.0));
  EXPECT_EQ(value("9223372036854775808", ColumnType::automatic), ValueView(9223372036854775808.0));
  EXPECT_EQ(value("running", ColumnType::automatic), ValueView("running"));
  EXPECT_EQ(value("", ColumnType::automatic), ValueView(""));
}

TEST(AppendDouble, is_short_and_reads_back_to_the_same_bits) {
  std::string text;
  append_double(text, 0.1);
  EXPECT_EQ(text, "0.1");
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (std::isnan(number)) continue;
    text.clear();
    append_double(text, number);
    ASSERT_EQ(value(text, ColumnType::double_), ValueView(number)) << text;
  }
}

TEST(Utf8, is_told_from_other_bytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plant/caf\u00e9/\u20ac/\U0001F600"));
  for (const std::string_view text : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                                      "\xF4\x90\x80\x80", "\xFF", "\xF0\x9F\x98", "\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(text)) << encode_base64(text);
  }
}

TEST(Printable, shows_what_would_move_the_cursor) {
  EXPECT_EQ(printable("a\x1b[2J\n"), "a\\x1b[2J\\x0a");
  EXPECT_EQ(printable("caf\u00e9"), "caf\u00e9");
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\u0085"), "\\xc2\\x85");
  EXPECT_EQ(printable("\xc2"), "\\xc2");
}

TEST(Base64, comes_back_for_every_length) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(encode_base64("\xff\xfe"), "//4=");
}

TEST(ParseCount, takes_digits_alone) {
  EXPECT_EQ(parse_count("0").value(), 0u);
  EXPECT_EQ(parse_count("010").value(), 10u);
  EXPECT_EQ(parse_count("18446744073709551615").value(), ~std::uint64_t{0});
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3"}) {
    EXPECT_FALSE(parse_count(text)) << text;
  }
  EXPECT_EQ(parse_count("18446744073709551616").error().text,
            "'18446744073709551616' is too large");
}

TEST(Base64, refuses_what_it_never_writes) {
  for (const char* text : {"A", "AA", "AAA", "=AAA", "AA=A", "A===", "AAA=AAAA", "/x==", "//5="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

TEST(Numbers, are_written_for_people) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(1'440'000), "1,440,000");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(27'040'000), "27.0 MB");
  EXPECT_EQ(format_bytes(999'999), "1.0 MB");
  EXPECT_EQ(format_short(21.25), "21.25");
  EXPECT_EQ(format_short(-3), "-3");
  EXPECT_EQ(format_short(1e12), "1e+12");
}

TEST(ValueLine, is_one_line_whatever_the_bytes) {
  EXPECT_EQ(value_line(22.5), "22.5");
  EXPECT_EQ(value_line("a\nb"), "a\\x0ab");
  EXPECT_EQ(value_line(std::string(1'500, 'x')), std::string(60, 'x') + "... (1.5 KB)");
}

}  // namespace
}  // namespace varve::tools
