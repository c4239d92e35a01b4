#include "tools/formats/ndjson.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;
using Descriptions = std::vector<Description>;

/// Whose times are of the years around 1970.
NdjsonOptions in_microseconds() {
  NdjsonOptions options;
  options.time.unit = TimeUnit::microseconds;
  return options;
}

ReadResult read(std::string text, NdjsonOptions options = in_microseconds()) {
  return read_text([&](Input& input) { return make_ndjson_reader(input, options); },
                   std::move(text));
}

std::string problem_of(std::string line) {
  const auto result = read(std::move(line));
  return result.problems.size() == 1 ? result.problems[0] : "";
}

std::string written(const Record& record, bool epoch = false) {
  std::string out;
  append_ndjson(out, record.view(), epoch);
  return out;
}

TEST(Ndjson, tells_types_by_how_values_are_written) {
  const auto result = read(R"({"key":"k","time":1,"value":22.5})"
                           "\n"
                           R"({"key":"k","time":2,"value":22})"
                           "\n"
                           R"({"key":"k","time":3,"value":1e3})"
                           "\n"
                           R"({"key":"k","time":4,"value":false})"
                           "\n"
                           R"({"key":"k","time":5,"value":"on \u00e9"})"
                           "\n"
                           R"({"key":"k","time":6,"value":{"base64":"//4="}})"
                           "\n"
                           R"({"key":"k","time":7,"value":{"double":"-inf"}})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"k", 1, 22.5},
                                     {"k", 2, 22},
                                     {"k", 3, 1000.0},
                                     {"k", 4, false},
                                     {"k", 5, "on \u00e9"},
                                     {"k", 6, "\xff\xfe"},
                                     {"k", 7, -std::numeric_limits<double>::infinity()}}));
}

TEST(Ndjson, takes_times_as_texts_and_numbers_and_an_expiry) {
  const auto result =
      read(R"({"key":"k","time":"1970-01-01T00:00:01Z","value":1,"expires_at":2000000})"
           "\n"
           R"({"key":"k","time":5,"value":1,"expires_at":null})");
  EXPECT_EQ(result.records, (Records{{"k", 1'000'000, 1, 2'000'000}, {"k", 5, 1}}));
  NdjsonOptions options;
  options.time.unit = TimeUnit::seconds;
  EXPECT_EQ(read(R"({"key":"k","time":1.5,"value":1})", options).records,
            (Records{{"k", 1'500'000, 1}}));
}

TEST(Ndjson, passes_over_members_it_does_not_know) {
  const auto result = read(
      R"({"unit":"C","key":"k","tags":{"a":[1,{"value":3}],"time":9},"time":1,"list":[[]],"value":2})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"k", 1, 2}}));
}

TEST(Ndjson, names_what_is_wrong) {
  EXPECT_EQ(problem_of("x"), "1: no JSON at byte 1");
  EXPECT_EQ(problem_of("[]"), "1: no JSON object");
  EXPECT_EQ(problem_of("5"), "1: no JSON object");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1})"), "1: no value");
  EXPECT_EQ(problem_of(R"({"time":1,"value":1})"), "1: no key");
  EXPECT_EQ(problem_of(R"({"key":"k","value":1})"), "1: no time");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":null})"), "1: no value");
  EXPECT_EQ(problem_of(R"({"key":7,"time":1,"value":1})"), "1: key is no text");
  EXPECT_EQ(problem_of(R"({"key":"","time":1,"value":1})"), "1: an empty key");
  EXPECT_EQ(problem_of(R"({"key":"k","time":true,"value":1})"), "1: time is no time");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":[1]})"), "1: an array");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":{"hex":"00"}})"), "1: an object with 'hex'");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":{}})"), "1: no value");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":{"base64":"x"}})"), "1: 'x' is no base64");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":{"double":"1.5"}})"),
            "1: '1.5' is no double");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":9223372036854775808})"),
            "1: '9223372036854775808' is beyond what an int64 holds");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":99999999999999999999999})"),
            "1: '99999999999999999999999' is beyond what an int64 holds");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":1} x)"), "1: no JSON at byte 32");
}

TEST(Ndjson, takes_labels_on_lines_of_their_own) {
  const auto result = read(
      R"({"key":"k","labels":{"unit":"C","room":"hall 2"},"leave_with_records":true})"
      "\n"
      R"({"labels":{"a":{"base64":"//4="}},"labels_base64":{"/w==":"x"},"key":{"base64":"/w=="}})"
      "\n"
      R"({"key":"k","labels":{},"leave_with_records":true})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, Records{});
  EXPECT_EQ(result.descriptions,
            (Descriptions{{"k", Labels({{"room", "hall 2"}, {"unit", "C"}}).leave_with_records()},
                          {"\xff", {{"a", "\xff\xfe"}, {"\xff", "x"}}},
                          {"k", {}}}));
}

TEST(Ndjson, takes_labels_beside_a_record) {
  NdjsonOptions options = in_microseconds();
  options.prefix = "p/";
  const auto result =
      read(R"({"key":"k","time":1,"value":2,"labels":{"a":"b"},"leave_with_records":false})"
           "\n"
           R"({"key":"k","time":2,"value":2,"labels":null})",
           options);
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"p/k", 1, 2}, {"p/k", 2, 2}}));
  EXPECT_EQ(result.descriptions, (Descriptions{{"p/k", {{"a", "b"}}}}));
}

TEST(Ndjson, names_what_is_wrong_with_labels) {
  const auto problem = [](const std::string& members) {
    return problem_of("{\"key\":\"k\"," + members + '}');
  };
  EXPECT_EQ(problem(R"("labels":"a=b")"), "1: labels are no object");
  EXPECT_EQ(problem(R"("labels":[])"), "1: labels are no object");
  EXPECT_EQ(problem(R"("labels":null)"), "1: no time");
  EXPECT_EQ(problem(R"("labels":{"a":5})"), "1: the label 'a' is no text");
  EXPECT_EQ(problem(R"("labels":{"a":null})"), "1: the label 'a' is no text");
  EXPECT_EQ(problem(R"("labels":{"a":["b"]})"), "1: an array");
  EXPECT_EQ(problem(R"("labels":{"a":{"double":"inf"}})"), "1: the label 'a' is no text");
  EXPECT_EQ(problem(R"("labels":{"a":{"b":"c"}})"), "1: an object with 'b'");
  EXPECT_EQ(problem(R"("labels":{"a":{"base64":{}}})"), "1: an object in an object");
  EXPECT_EQ(problem(R"("labels":{"a":{"base64":"x"}})"), "1: the label 'a': 'x' is no base64");
  EXPECT_EQ(problem(R"("labels_base64":{"x":"a"})"), "1: labels_base64: 'x' is no base64");
  EXPECT_EQ(problem(R"("labels":{"":"a"})"), "1: labels: an empty name");
  EXPECT_EQ(problem(R"("labels":{"a":""})").substr(0, 34), "1: labels: 'a' has an empty value,");
  EXPECT_EQ(problem(R"("labels":{"a":"b"},"labels_base64":{"YQ==":"c"})"), "1: labels: 'a' twice");
  EXPECT_EQ(problem(R"("labels":{"a":")" + std::string(5000, 'x') + R"("})"),
            "1: labels: the value of 'a' of 5000 bytes, at most 4096");
  EXPECT_EQ(problem(R"("labels":{"a":"b"},"leave_with_records":1)"),
            "1: leave_with_records is neither true nor false");
  EXPECT_EQ(problem(R"("labels":{"a":"b"},"value":1)"), "1: no time");
  EXPECT_EQ(problem_of(R"({"labels":{"a":"b"}})"), "1: no key");
  EXPECT_EQ(problem_of(R"({"key":"","labels":{"a":"b"}})"), "1: an empty key");
  EXPECT_EQ(read(R"({"key":"k","time":1,"value":{},"labels":{"a":"b"}})").descriptions,
            Descriptions{});
}

TEST(Ndjson, brings_labels_back) {
  const std::vector<Description> all = {
      {"k", Labels({{"a", "b\"\n"}, {"room", "hall 2"}}).leave_with_records()},
      {"\xff", {{"a", "\xff"}}},
      {"c", {{"\xfe", "1"}, {"\xff", "\xff"}, {"\xc3\xa9", "\xc3\xa9"}}},
      {"d", {}}};
  std::string text;
  for (const Description& one : all) {
    append_ndjson_labels(text, one.key, one.labels);
    text += '\n';
  }
  EXPECT_EQ(text.substr(0, text.find('\n')),
            R"({"key":"k","labels":{"a":"b\"\n","room":"hall 2"},"leave_with_records":true})");
  const auto result = read(text);
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.descriptions, all);
}

TEST(Ndjson, counts_lines_and_goes_on_behind_a_bad_one) {
  const auto result = read("\n{\n{\"key\":\"k\",\"time\":1,\"value\":2}\n");
  EXPECT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].substr(0, 3), "2: ");
  EXPECT_EQ(result.records, (Records{{"k", 1, 2}}));
}

TEST(Ndjson, stands_deep_nesting) {
  EXPECT_EQ(problem_of(std::string(100'000, '[')), "1: no JSON object");
  EXPECT_NE(problem_of(R"({"x":)" + std::string(100'000, '[')), "");
}

TEST(Ndjson, lets_the_last_of_two_members_of_one_name_count) {
  const auto result = read(R"({"key":"a","time":1,"value":5,"key":"b","value":"x","value":7})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"b", 1, 7}}));
}

TEST(Ndjson, knows_members_whose_names_have_escapes) {
  EXPECT_EQ(read(R"({"k\u0065y":"a\tb","time":1,"val\u0075e":"\ud83d\ude00"})").records,
            (Records{{"a\tb", 1, "\xF0\x9F\x98\x80"}}));
}

TEST(Ndjson, keeps_every_whole_number_of_64_bits_and_refuses_longer_ones_by_name) {
  const auto result = read(R"({"key":"k","time":1,"value":9007199254740993})"
                           "\n"
                           R"({"key":"k","time":2,"value":-9223372036854775808})"
                           "\n"
                           R"({"key":"k","time":3,"value":18446744073709551615})");
  EXPECT_EQ(result.records, (Records{{"k", 1, std::int64_t{9007199254740993}},
                                     {"k", 2, std::numeric_limits<std::int64_t>::min()}}));
  EXPECT_EQ(result.problems, (Texts{"3: '18446744073709551615' is beyond what an int64 holds"}));
}

TEST(Ndjson, names_numbers_that_are_too_large_or_no_numbers_of_json) {
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":1e400})"),
            "1: '1e400' is beyond what a double holds");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":-Infinity})").substr(0, 39),
            "1: '-Infinity' is no number of JSON: gi");
  EXPECT_EQ(problem_of(R"({"key":"k","time":1,"value":NaN})").substr(0, 33),
            "1: 'NaN' is no number of JSON: gi");
}

TEST(Ndjson, fails_as_a_whole_where_the_first_time_fits_no_unit) {
  const auto result = read(R"({"key":"k","time":1714564800,"value":1})"
                           "\n"
                           R"({"key":"k","time":1714564801,"value":1})",
                           NdjsonOptions());
  EXPECT_EQ(result.records, Records{});
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_NE(result.failure, "");
}

TEST(Ndjson, takes_an_expiry_of_any_size_beside_a_time_of_these_years) {
  const auto result =
      read(R"({"key":"k","time":1714564800000000,"value":1,"expires_at":5})", NdjsonOptions());
  EXPECT_EQ(result.records, (Records{{"k", 1714564800000000, 1, 5}}));
}

TEST(Ndjson, says_which_option_tells_what_foreign_members_are) {
  EXPECT_NE(problem_of(R"({"time":1,"temperature":21.5})").find("--map"), std::string::npos);
}

TEST(Ndjson, writes_one_object_per_record) {
  EXPECT_EQ(written({"plant/t1", 0, 22.0, 5}),
            R"({"key":"plant/t1","time":"1970-01-01T00:00:00.000000Z","value":22.0,)"
            R"("expires_at":"1970-01-01T00:00:00.000005Z"})");
  EXPECT_EQ(written({"k\"\\\n", 7, 22}, true), R"({"key":"k\"\\\n","time":7,"value":22})");
  EXPECT_EQ(written({"\xff", 7, "\x01"}, true),
            R"({"key":{"base64":"/w=="},"time":7,"value":"\u0001"})");
}

TEST(Ndjson, brings_doubles_back_bit_for_bit) {
  for (const double value :
       {0.0, -0.0, 1e300, -5e-324, 1e16, std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN(),
        std::bit_cast<double>(std::uint64_t{0xfff8000000000000}),
        std::bit_cast<double>(std::uint64_t{0x7ff0000000000001})}) {
    const Record record("k", 1, value);
    EXPECT_EQ(read(written(record)).records, (Records{record})) << written(record);
  }
}

TEST(Ndjson, says_where_a_line_is_no_json) {
  RecordList records;
  EXPECT_EQ(parse_ndjson("x", {}, records).error().offset, 0U);
  EXPECT_EQ(parse_ndjson(R"({"key":"k","time":1 5})", {}, records).error().offset, 20U);
  EXPECT_EQ(parse_ndjson(R"({"key":"k"})", {}, records).error().offset, std::nullopt);
  EXPECT_EQ(
      parse_ndjson(R"({"key":"k","time":"2024-05-01","value":[]})", {}, records).error().offset,
      39U);
}

}  // namespace
}  // namespace varve::tools
