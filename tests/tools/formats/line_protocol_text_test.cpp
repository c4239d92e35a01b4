#include "tools/formats/line_protocol_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace varve::tools {
namespace {

std::string written(const ValueView& value) {
  std::string out;
  append_line_value(out, value);
  return out;
}

std::string line_of(const Record& record) {
  std::string out;
  append_line_protocol(out, record.view());
  return out;
}

double number(std::string_view text) {
  const auto value = parse_line_value(text);
  return value && *value && (*value)->type() == ValueType::double_ ? (*value)->as_double() : 1e99;
}

TEST(LineProtocolText, writes_numbers_as_influx_does) {
  EXPECT_EQ(written(42.0), "42");
  EXPECT_EQ(written(-0.64), "-0.64");
  EXPECT_EQ(written(123456.5), "123456.5");
  EXPECT_EQ(written(6632243.0), "6.632243e+06");
  EXPECT_EQ(written(0.0001), "0.0001");
  EXPECT_EQ(written(0.00001), "1e-05");
  EXPECT_EQ(written(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(written(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(written(0.0), "0");
  EXPECT_EQ(written(-0.0), "-0");
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808i");
  EXPECT_EQ(written(true), "true");
}

TEST(LineProtocolText, writes_line_breaks_of_a_text_as_escapes) {
  EXPECT_EQ(written("a \"b\" \\ c\n\r\t"), R"("a \"b\" \\ c\n\r\t")");
}

TEST(LineProtocolText, reads_numbers_to_the_nearest_double) {
  EXPECT_EQ(number("1."), 1.0);
  EXPECT_EQ(number(".5"), 0.5);
  EXPECT_EQ(number("05"), 5.0);
  EXPECT_EQ(number("-0000000000000000000000.5e-1"), -0.05);
  EXPECT_EQ(number("1e-400"), 0.0);
  EXPECT_TRUE(std::signbit(number("-0.0001e-390")));
  EXPECT_EQ(number("0." + std::string(400, '0') + "1"), 0.0);
}

TEST(LineProtocolText, refuses_what_is_no_value) {
  for (const char* text : {"", "x", "1x", "1.5i", "-1u", "+1u", "1e400", "-1e400", "tr", "\"a", "i",
                           "9223372036854775808i", "18446744073709551616u"}) {
    EXPECT_FALSE(parse_line_value(text)) << text;
  }
}

TEST(LineProtocolText, knows_a_whole_number_that_no_int64_holds) {
  const auto large = parse_line_value("18446744073709551615u");
  ASSERT_TRUE(large);
  EXPECT_FALSE(*large);
  const auto most = parse_line_value("9223372036854775807u");
  ASSERT_TRUE(most && *most);
  EXPECT_EQ((*most)->as_int64(), std::numeric_limits<std::int64_t>::max());
}

TEST(LineProtocolText, escapes_names) {
  EXPECT_EQ(line_series("cpu=load,x y", {{"a=b,c d", "e=f,g h"}, {"p", "C:\\x"}}),
            R"(cpu=load\,x\ y,a\=b\,c\ d=e\=f\,g\ h,p=C:\x)");
  EXPECT_EQ(line_field("used now,x=y"), R"(used\ now\,x\=y)");
}

TEST(LineProtocolText, has_no_words_for_some_names) {
  EXPECT_FALSE(line_series("", {}));
  EXPECT_FALSE(line_series("#m", {}));
  EXPECT_FALSE(line_series("m\\", {}));
  EXPECT_FALSE(line_series("m\nn", {}));
  EXPECT_FALSE(line_series("m", {{"a", "C:\\"}}));
  EXPECT_FALSE(line_series("m", {{"a\n", "b"}}));
  EXPECT_FALSE(line_series("varve", {{"key", "x"}})) << "which stands for the key x";
  EXPECT_FALSE(line_field(""));
  EXPECT_FALSE(line_field("f\\"));
}

TEST(LineProtocolText, writes_a_key_that_no_labels_made_as_a_tag) {
  EXPECT_EQ(line_of({"plant/press1/temp", 1, 1.5}), "varve,key=plant/press1/temp value=1.5 1000\n");
  EXPECT_EQ(line_of({"a b,c=d\\\n", -1, true}), "varve,key=a\\ b\\,c\\=d\\;\\n value=true -1000\n");
  EXPECT_EQ(own_line_key(R"(a\ b\,c\=d\;\n)"), "a b,c=d\\\n");
  EXPECT_EQ(own_line_key(R"(a\\b)"), "a\\b") << "as it was written before";
  EXPECT_EQ(own_line_key(R"(C:\Temp\x\)"), R"(C:\Temp\x\)") << "other backslashes are themselves";
}

TEST(LineProtocolText, says_which_times_nanoseconds_reach) {
  std::string out;
  EXPECT_TRUE(append_line_time(out, 9'223'372'036'854'775));
  EXPECT_TRUE(append_line_time(out, -9'223'372'036'854'775));
  EXPECT_TRUE(append_line_time(out, -9'223'372'036'854'776));
  EXPECT_TRUE(out.ends_with("-9223372036854775806")) << "the first nanosecond of Influx";
  EXPECT_FALSE(append_line_time(out, 9'223'372'036'854'776));
  EXPECT_FALSE(append_line_time(out, -9'223'372'036'854'777));
  EXPECT_FALSE(append_line_time(out, std::numeric_limits<Timestamp>::min()));
}

}  // namespace
}  // namespace varve::tools
