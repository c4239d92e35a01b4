#include "tools/formats/line_protocol.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;

ReadResult read(std::string text, LineProtocolOptions options = {}, std::size_t piece = 1 << 18) {
  return read_text([&](Input& input) { return make_line_protocol_reader(input, options); },
                   std::move(text), piece);
}

std::string problem_of(std::string text) {
  const auto result = read(std::move(text));
  return result.problems.size() == 1 ? result.problems[0] : "";
}

std::string written(const Record& record) {
  std::string out;
  append_line_protocol(out, record.view());
  return out;
}

TEST(LineProtocol, makes_a_record_of_every_field) {
  const auto result = read("cpu,host=a usage_idle=98.5,usage_user=1.25 1386018900000000000\n");
  EXPECT_EQ(result.records, (Records{{"cpu,host=a/usage_idle", 1'386'018'900'000'000, 98.5},
                                     {"cpu,host=a/usage_user", 1'386'018'900'000'000, 1.25}}));
}

TEST(LineProtocol, knows_every_type) {
  const auto result = read(R"(m a=1,b=2i,c=-3i,d=4u,e=t,f=FALSE,g="x, \"y\" \\ z=1",h=NaN 1000)");
  ASSERT_EQ(result.problems, Texts{});
  ASSERT_EQ(result.records.size(), 8U);
  EXPECT_EQ(result.records[0], Record("m/a", 1, 1.0));
  EXPECT_EQ(result.records[1], Record("m/b", 1, 2));
  EXPECT_EQ(result.records[2], Record("m/c", 1, -3));
  EXPECT_EQ(result.records[3], Record("m/d", 1, 4));
  EXPECT_EQ(result.records[4], Record("m/e", 1, true));
  EXPECT_EQ(result.records[5], Record("m/f", 1, false));
  EXPECT_EQ(result.records[6], Record("m/g", 1, R"(x, "y" \ z=1)"));
}

TEST(LineProtocol, sorts_tags_so_that_their_order_makes_no_other_series) {
  const auto result = read("m,b=2,a=1 f=1 0\nm,a=1,b=2 f=2 0\n");
  EXPECT_EQ(result.records, (Records{{"m,a=1,b=2/f", 0, 1.0}, {"m,a=1,b=2/f", 0, 2.0}}));
}

TEST(LineProtocol, makes_labels_of_tags_once_for_each_series) {
  const auto result = read(
      "cpu,host=a,k\\=y=a\\,\\ b\\c idle=1,used=2 0\n"
      "cpu,k\\=y=a\\,\\ b\\c,host=a idle=1 1000\n"
      "cpu,host=b idle=x 0\n"
      "cpu idle=1 0\n"
      "varve,key=flat value=1,other=1 0\n");
  const Labels labels = {{"host", "a"}, {"k=y", "a, b\\c"}};
  EXPECT_EQ(result.descriptions,
            (std::vector<Description>{{R"(cpu,host=a,k\=y=a\,\ b\c/idle)", labels, true},
                                      {R"(cpu,host=a,k\=y=a\,\ b\c/used)", labels, true},
                                      {"varve,key=flat/other", {{"key", "flat"}}, true}}));
}

TEST(LineProtocol, keeps_escapes_in_keys) {
  const auto result = read(R"(my\ disk,path=/home\,x,k\=y=a\ b used\ now=1 0)");
  EXPECT_EQ(result.records, (Records{{R"(my\ disk,k\=y=a\ b,path=/home\,x/used\ now)", 0, 1.0}}));
}

TEST(LineProtocol, tells_a_slash_in_a_field_from_the_one_before_it) {
  const auto result = read("disk,path=/home used/now=1 0\n");
  EXPECT_EQ(result.records, (Records{{"disk,path=/home/used\\/now", 0, 1.0}}));
  EXPECT_EQ(written(result.records[0]), "disk,path=/home used/now=1 0\n");
}

TEST(LineProtocol, reads_times_in_nanoseconds_unless_told) {
  EXPECT_EQ(read("m f=1 1999\n").records, (Records{{"m/f", 1, 1.0}}));
  EXPECT_EQ(read("m f=1 -1\n").records, (Records{{"m/f", -1, 1.0}}));
  LineProtocolOptions options;
  options.time_unit = TimeUnit::seconds;
  EXPECT_EQ(read("m f=1 2\n", options).records, (Records{{"m/f", 2'000'000, 1.0}}));
}

TEST(LineProtocol, takes_now_for_a_line_without_a_time) {
  LineProtocolOptions options;
  options.now = 77;
  EXPECT_EQ(read("m f=1", options).records, (Records{{"m/f", 77, 1.0}}));
}

TEST(LineProtocol, passes_over_comments_and_blank_lines) {
  const auto result = read("# a comment with a \" quote\n\n  \nm f=1 0\r\n");
  EXPECT_EQ(result.records.size(), 1U);
  EXPECT_EQ(result.problems, Texts{});
}

TEST(LineProtocol, lets_strings_hold_line_breaks_and_counts_them) {
  const auto result = read("m f=\"two\nlines\" 0\nm g=x 0\n");
  EXPECT_EQ(result.records, (Records{{"m/f", 0, "two\nlines"}}));
  EXPECT_EQ(result.problems, (Texts{"3: 'x' is no number"}));
}

TEST(LineProtocol, gives_up_one_line_for_a_string_that_never_closes) {
  const auto result = read("m f=\"oops 0\nm g=1 0\n");
  EXPECT_EQ(result.problems, (Texts{"1: a string that never closes"}));
  EXPECT_EQ(result.records, (Records{{"m/g", 0, 1.0}}));
}

TEST(LineProtocol, names_what_is_wrong) {
  EXPECT_EQ(problem_of("m"), "1: no field");
  EXPECT_EQ(problem_of("m f"), "1: no field");
  EXPECT_EQ(problem_of("m f= 0"), "1: a field without a value");
  EXPECT_EQ(problem_of("m =1 0"), "1: a field without a name");
  EXPECT_EQ(problem_of("m f=1, 0"), "1: no field");
  EXPECT_EQ(problem_of(",a=b f=1"), "1: no measurement");
  EXPECT_EQ(problem_of("m,a f=1"), "1: 'a' is no tag");
  EXPECT_EQ(problem_of("m,a= f=1"), "1: 'a=' is no tag");
  EXPECT_EQ(problem_of("m,a=1,a=2 f=1"), "1: two tags 'a'");
  EXPECT_EQ(problem_of("m f=1 12x"), "1: '12x' is no number");
  EXPECT_EQ(problem_of("m f=18446744073709551615u 0"),
            "1: '18446744073709551615' is beyond what an int64 holds");
  EXPECT_EQ(problem_of("m f=\"a\"b 0"), "1: text behind a closing quote");
}

TEST(LineProtocol, leaves_out_every_field_of_a_bad_line) {
  EXPECT_EQ(read("m a=1,b=x 0\nm c=1 0\n").records, (Records{{"m/c", 0, 1.0}}));
}

TEST(LineProtocol, gives_the_same_however_the_bytes_come_in) {
  const std::string text =
      "# c\nm,b=1\\ 2 f=\"a\\\\\\\"\nb\",g=2i 1000\r\n\nm h=tx 0\nm i=true 3000";
  const auto whole = read(text);
  ASSERT_EQ(whole.records.size(), 3U);
  ASSERT_EQ(whole.problems, (Texts{"5: 'tx' is no number"}));
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    const auto result = read(text, {}, piece);
    EXPECT_EQ(result.records, whole.records) << piece;
    EXPECT_EQ(result.problems, whole.problems) << piece;
  }
}

TEST(LineProtocol, writes_keys_of_its_form_naturally) {
  EXPECT_EQ(written({"cpu,host=a/usage_idle", 5, 98.5}), "cpu,host=a usage_idle=98.5 5000\n");
  EXPECT_EQ(written({"plant/press1/temp", -5, 22}), "plant/press1 temp=22i -5000\n");
  EXPECT_EQ(written({"m/f", 0, "a \"b\" \\"}), "m f=\"a \\\"b\\\" \\\\\" 0\n");
}

TEST(LineProtocol, writes_other_keys_as_a_tag_of_its_own) {
  EXPECT_EQ(written({"temp", 1, 1.5}), "varve,key=temp value=1.5 1000\n");
  EXPECT_EQ(written({"a b/c", 1, true}), "varve,key=a\\ b/c value=true 1000\n");
  EXPECT_EQ(written({"m,b=1,a=2/f", 1, 1.5}), "varve,key=m\\,b\\=1\\,a\\=2/f value=1.5 1000\n");
}

TEST(LineProtocol, reads_back_every_key_it_writes) {
  for (const std::string key : {"temp",        "a/b",
                                "/",           "a/",
                                "/a",          "//",
                                "a//b",        "#/x",
                                "m,a=1/f",     "m,b=1,a=2/f",
                                "m,a/f",       "m,a=/f",
                                "a b/c",       "a\\ b/c",
                                "a\\/b",       "a\\\\/b",
                                "\\",          "\\/",
                                "x/\\",        "x/a\\\\",
                                "a\nb/c",      "varve,key=x/value",
                                "varve,key=x", "varve,key=x,y=z/value",
                                "a/b=c",       "a/b\\=c",
                                "a=b/c",       "\"/\"",
                                " /x",         "\t/x",
                                "x/ ",         "\r/x",
                                "x/\r",        "m,a=1\\/f",
                                "value",       "varve/value"}) {
    const Record record(key, -12'345'678, 1.5);
    EXPECT_EQ(read(written(record)).records, (Records{record})) << written(record);
  }
}

TEST(LineProtocol, writes_every_moment_there_is) {
  for (const Timestamp ts : {std::numeric_limits<Timestamp>::min(), Timestamp{-1}, Timestamp{0},
                             std::numeric_limits<Timestamp>::max()}) {
    const Record record("m/f", ts, 1.5);
    EXPECT_EQ(read(written(record)).records, (Records{record}));
  }
}

std::optional<std::size_t> offset_of_problem(std::string_view line) {
  RecordList records;
  const auto parsed = parse_line_protocol(line, {}, records);
  EXPECT_FALSE(parsed);
  return parsed ? std::nullopt : parsed.error().offset;
}

TEST(LineProtocol, says_where_in_the_line_the_problem_is) {
  EXPECT_EQ(offset_of_problem(",a=b f=1"), 0U);
  EXPECT_EQ(offset_of_problem("m,a=1,b f=1"), 6U);
  EXPECT_EQ(offset_of_problem("m,b=1,a=1,b=2 f=1"), 10U);
  EXPECT_EQ(offset_of_problem("m f=1,g=x"), 8U);
  EXPECT_EQ(offset_of_problem("m f=1,=2"), 6U);
  EXPECT_EQ(offset_of_problem("m f=1,a\\/b=2"), 6U);
  EXPECT_EQ(offset_of_problem("m f=1,g=\"x"), 8U);
  EXPECT_EQ(offset_of_problem("m f=\"a\"b 0"), 7U);
  EXPECT_EQ(offset_of_problem("m f=1  12x"), 7U);
}

}  // namespace
}  // namespace varve::tools
