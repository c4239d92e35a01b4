// Lines of JSON as VictoriaMetrics exports them.

#include <gtest/gtest.h>

#include <limits>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;
using Descriptions = std::vector<Description>;

ReadResult read(std::string text) {
  return read_text([](Input& input) { return make_ndjson_reader(input, NdjsonOptions()); },
                   std::move(text));
}

std::string problem_of(std::string line) {
  const auto result = read(std::move(line));
  return result.problems.size() == 1 ? result.problems[0] : "";
}

TEST(MetricLines, are_read_without_any_option_and_named_by_their_labels) {
  const auto result = read(R"({"metric":{"job":"gw","__name__":"up"},"values":[1,0.5],)"
                           R"("timestamps":[1549891472010,1549891487724]})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records,
            (Records{{"up,job=gw", 1549891472010000, 1.0}, {"up,job=gw", 1549891487724000, 0.5}}));
  EXPECT_EQ(result.descriptions,
            (Descriptions{{"up,job=gw", {{"__name__", "up"}, {"job", "gw"}}, true}}));
}

TEST(MetricLines, have_doubles_but_for_whole_numbers_that_no_double_holds) {
  const auto result =
      read(R"({"metric":{"__name__":"a"},"values":[9007199254740993,null,"Infinity",-2],)"
           R"("timestamps":[1549891472001,1549891472002,1549891472003,1549891472004]})");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records,
            (Records{{"a", 1549891472001000, std::int64_t{9007199254740993}},
                     {"a", 1549891472003000, std::numeric_limits<double>::infinity()},
                     {"a", 1549891472004000, -2.0}}));
}

TEST(MetricLines, bring_nothing_where_anything_is_wrong_with_them) {
  const auto line = [](const std::string& metric, const std::string& values) {
    return R"({"metric":)" + metric + R"(,"values":)" + values +
           R"(,"timestamps":[1549891472001]})";
  };
  EXPECT_EQ(problem_of(line(R"({"__name__":"a"})", "[1,2]")),
            "1: not as many values as timestamps");
  EXPECT_EQ(problem_of(line(R"({"__name__":"a"})", "[]")), "1: not as many values as timestamps");
  EXPECT_EQ(problem_of(line(R"({"__name__":"a"})", "1")), "1: values are no array");
  EXPECT_EQ(problem_of(line(R"({"__name__":"a"})", "[true]")), "1: a value is no number");
  EXPECT_EQ(problem_of(line("{}", "[1]")), "1: a series without a name and labels");
  EXPECT_EQ(read(line(R"({"__name__":"a"})", "[1,2]")).descriptions, Descriptions{});
  EXPECT_EQ(read(line(R"({"__name__":"a"})", "[1,2]")).records, Records{});
}

TEST(MetricLines, are_bounded_in_what_their_keys_take) {
  std::string text = R"({"metric":{)";
  for (int i = 0; i < 10; ++i) {
    text += (i == 0 ? "\"l" : ",\"l") + std::to_string(i) + "\":\"" + std::string(4'000, 'x') + '"';
  }
  text += R"(},"values":[1)";
  std::string times = "1549891472010";
  for (int i = 1; i < 2'000; ++i) {
    text += ",1";
    times += ",1549891472010";
  }
  EXPECT_EQ(problem_of(text + R"(],"timestamps":[)" + times + "]}"),
            "1: a line of 2,000 values with a key of 40.0 KB; give fewer of them a line");
}

}  // namespace
}  // namespace varve::tools
