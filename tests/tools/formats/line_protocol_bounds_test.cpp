// What a line of line protocol may bring about at most, and what one that is refused leaves behind.

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/line_protocol.hpp"
#include "tools/formats/line_protocol_text.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;

ReadResult read(std::string text, MeasurementNames* names = nullptr) {
  LineProtocolOptions options;
  options.time.unit = TimeUnit::nanoseconds;
  options.names = names;
  return read_text([&](Input& input) { return make_line_protocol_reader(input, options); },
                   std::move(text));
}

const std::string too_much =
    "keys and labels of over 67.1 MB in one line: give fewer fields in a line";

TEST(LineProtocolBounds, refuse_a_line_whose_tags_many_fields_would_multiply) {
  std::string line = "m";
  for (int tag = 0; tag < 15; ++tag) {
    line += ",t" + std::to_string(tag) + '=' + std::string(4'000, 'x');
  }
  line += " f=1";
  for (int field = 0; field < 2'000; ++field) line += ",f" + std::to_string(field) + "=1";
  const auto result = read(line + " 0\nm f=1 0\n");
  EXPECT_EQ(result.problems, Texts{"1: " + too_much});
  EXPECT_EQ(result.records, (Records{{"m_f", 0, 1.0}}));
}

TEST(LineProtocolBounds, hold_for_fields_that_are_known_already) {
  const std::string series = "m,t=" + std::string(60'000, 'x');
  std::string line = series + " f=1";
  for (int field = 0; field < 2'000; ++field) line += ",f=1";
  const auto result = read(series + " f=1 0\n" + line + " 0\n");
  EXPECT_EQ(result.problems, Texts{"2: " + too_much});
  EXPECT_EQ(result.records.size(), 1U);
}

TEST(LineProtocolBounds, leave_a_series_right_whose_fields_were_too_many_to_remember) {
  const std::string series = "m,t=" + std::string(20'000, 'x');
  LineProtocolParser parser({});
  RecordList records;
  Texts bad;
  for (int line = 0; line < 3; ++line) {
    std::string text = series + " a=1";
    for (int field = 0; field < 1'500; ++field) {
      text += ",f" + std::to_string(1'500 * line + field) + "=1";
    }
    ASSERT_TRUE(parser.parse(text, records, bad));
    ASSERT_EQ(records.size(), 1'501U);
    records.clear();
  }
  ASSERT_TRUE(parser.parse(series + " f7=2,a=3", records, bad));
  const std::string tag = ",t=" + std::string(20'000, 'x');
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0], RecordView("m_f7" + tag, 0, 2.0));
  EXPECT_EQ(records[1], RecordView("m_a" + tag, 0, 3.0));
  EXPECT_EQ(records.descriptions().size(), 2U);
}

TEST(LineProtocolBounds, let_one_line_have_many_strings_behind_a_line_break) {
  std::string line = "m f=\"\n\"";
  for (int i = 0; i < 100'000; ++i) line += ",g=\"x\"";
  EXPECT_EQ(find_line_protocol_end(line + " 0\nm f=1 0\n", false), line.size() + 2);
}

TEST(LineProtocolBounds, count_the_line_breaks_of_all_strings_of_a_line) {
  const auto with_breaks = [](int count) {
    std::string line = "m f=\"\n\"";
    for (int i = 1; i < count; ++i) line += ",g=\"\n\"";
    return line + " 0\n";
  };
  EXPECT_EQ(find_line_protocol_end(with_breaks(1'000), false), with_breaks(1'000).size() - 1);
  EXPECT_EQ(find_line_protocol_end(with_breaks(1'002), false), std::string("m f=\"").size());
}

TEST(LineProtocolBounds, have_the_first_nanoseconds_come_back_to_their_microsecond) {
  for (const std::string time : {"-9223372036854775001", "-9223372036854775808"}) {
    const auto result = read("varve,key=f value=1 " + time + "\n");
    ASSERT_EQ(result.records, (Records{{"f", -9'223'372'036'854'776, 1.0}}));
    std::string line;
    append_line_protocol(line, result.records[0].view());
    EXPECT_EQ(line, "varve,key=f value=1 -9223372036854775806\n");
    EXPECT_EQ(read(line).records, result.records);
  }
}

TEST(LineProtocolBounds, have_a_refused_line_take_no_name) {
  MeasurementNames names;
  const std::string long_name(65'530, 'n');
  EXPECT_EQ(read("a,t=" + long_name + " b_c=1 0\n", &names).problems.size(), 1U);
  EXPECT_EQ(read("a b_c=1," + long_name + "=1 0\n", &names).problems.size(), 1U);
  EXPECT_TRUE(names.owed().empty());
  EXPECT_EQ(read("a_b c=1 0\n", &names).records, (Records{{"a_b_c", 0, 1.0}}))
      << "the name is still there to be had";
  EXPECT_TRUE(names.take_messages().empty());
}

}  // namespace
}  // namespace varve::tools
