#include "tools/formats/readers/prometheus_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

using Records = std::vector<Record>;
using Texts = std::vector<std::string>;
using Descriptions = std::vector<Description>;

constexpr Timestamp now = 1714564800000000;

PrometheusOptions usual() {
  PrometheusOptions options;
  options.now = now;
  return options;
}

ReadResult read(std::string text, PrometheusOptions options = usual()) {
  return read_text([&](Input& input) { return make_prometheus_reader(input, options); },
                   std::move(text));
}

std::string problem_of(std::string line) {
  const auto result = read(std::move(line));
  return result.problems.size() == 1 ? result.problems[0] : "";
}

std::optional<std::size_t> offset_of(std::string_view line) {
  RecordList records;
  PrometheusReader reader(usual());
  const auto added = reader.read(line, records);
  return added ? std::nullopt : added.error().offset;
}

TEST(PrometheusText, has_the_prefix_in_the_name) {
  PrometheusOptions options = usual();
  options.prefix = "p/";
  const auto result = read("up{job=\"a\"} 1\n", options);
  EXPECT_EQ(result.descriptions,
            (Descriptions{{"p/up,job=a", {{"__name__", "p/up"}, {"job", "a"}}, true}}));
}

TEST(PrometheusText, takes_labels_beyond_the_limits_for_what_names_the_series) {
  const std::string value(5'000, 'x');
  EXPECT_EQ(read("up{job=\"" + value + "\"} 1\n").records,
            (Records{{"up,job=" + value, now, 1.0}}));
}

TEST(PrometheusText, makes_a_record_of_each_sample) {
  const auto result = read(
      "# HELP requests The number of requests.\n"
      "# TYPE requests counter\n"
      "requests{method=\"post\",code=\"200\"} 1027 1395066363000\n"
      "up 1\n"
      "\n"
      "# a comment\n"
      "  metric_without_timestamp_and_labels\t12.47  \n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"requests,code=200,method=post", 1395066363000000, 1027.0},
                                     {"up", now, 1.0},
                                     {"metric_without_timestamp_and_labels", now, 12.47}}));
  EXPECT_EQ(result.descriptions,
            (Descriptions{{"requests,code=200,method=post",
                           {{"__name__", "requests"}, {"code", "200"}, {"method", "post"}},
                           true},
                          {"up", {{"__name__", "up"}}, true},
                          {"metric_without_timestamp_and_labels",
                           {{"__name__", "metric_without_timestamp_and_labels"}},
                           true}}));
}

TEST(PrometheusText, takes_the_lines_of_a_histogram_as_they_are) {
  const auto result = read("h_bucket{le=\"+Inf\"} 2\nh_sum 1.5\nh_count 2\n");
  EXPECT_EQ(result.records,
            (Records{{"h_bucket,le=+Inf", now, 2.0}, {"h_sum", now, 1.5}, {"h_count", now, 2.0}}));
}

TEST(PrometheusText, describes_a_series_once_for_all_its_samples) {
  const auto result = read("a{b=\"c\"} 1 1395066363000\na{b=\"c\"} 2 1395066364000\n");
  EXPECT_EQ(result.records.size(), 2U);
  EXPECT_EQ(result.descriptions.size(), 1U);
}

TEST(PrometheusText, takes_values_that_are_no_numbers_elsewhere) {
  const auto result = read("a +Inf\nb -Inf\nc NaN\nd 1e-3\n");
  EXPECT_EQ(result.problems, Texts{});
  ASSERT_EQ(result.records.size(), 4U);
  EXPECT_EQ(result.records[0].value(), Value(std::numeric_limits<double>::infinity()));
  EXPECT_EQ(result.records[1].value(), Value(-std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(result.records[2].value().as_double()));
  EXPECT_EQ(result.records[3].value(), Value(0.001));
}

TEST(PrometheusText, resolves_escapes_in_the_values_of_labels) {
  const auto result = read(R"(a{path="C:\\DIR\\f.txt",error="say \"x}\"\n\d",} 1)");
  EXPECT_EQ(result.problems, Texts{});
  ASSERT_EQ(result.descriptions.size(), 1U);
  EXPECT_EQ(result.descriptions[0].labels,
            (Labels{{"__name__", "a"}, {"error", "say \"x}\"\n\\d"}, {"path", "C:\\DIR\\f.txt"}}));
}

TEST(PrometheusText, takes_blanks_and_a_name_in_quotes_in_the_braces) {
  const auto result =
      read("a { b = \"c\" , d=\"\" } 1\n{\"my.name\",\"x y\"=\"z\"} 2\n{e=\"f\"} 3\n");
  EXPECT_EQ(result.problems, Texts{});
  ASSERT_EQ(result.descriptions.size(), 3U);
  EXPECT_EQ(result.descriptions[0].labels, (Labels{{"__name__", "a"}, {"b", "c"}}));
  EXPECT_EQ(result.descriptions[1].labels, (Labels{{"__name__", "my.name"}, {"x y", "z"}}));
  EXPECT_EQ(result.descriptions[2].labels, (Labels{{"e", "f"}}));
}

TEST(PrometheusText, has_seconds_once_a_time_with_a_point_shows_open_metrics) {
  const auto result = read(
      "# TYPE foo counter\n"
      "foo_total 17.0 1520879607.789 # {trace_id=\"x\"} 0.67 1520879606.1\n"
      "foo_total 18.0 1520879608\n"
      "# EOF\n");
  EXPECT_EQ(result.problems, Texts{});
  EXPECT_EQ(result.records, (Records{{"foo_total", 1520879607789000, 17.0},
                                     {"foo_total", 1520879608000000, 18.0}}));
}

TEST(PrometheusText, has_seconds_behind_a_comment_that_only_open_metrics_has) {
  for (const char* const comment : {"# UNIT a seconds", "# TYPE a unknown", "# TYPE a info"}) {
    EXPECT_EQ(read(std::string(comment) + "\na 1 1520879607\n").records,
              (Records{{"a", 1520879607000000, 1.0}}));
  }
}

TEST(PrometheusText, says_how_it_takes_times) {
  PrometheusReader reader(usual());
  RecordList records;
  EXPECT_EQ(reader.decisions(), Texts{});
  ASSERT_TRUE(reader.read("a 1 1520879607.789", records));
  EXPECT_EQ(reader.decisions(), Texts{"times in seconds, as in OpenMetrics"});
}

TEST(PrometheusText, fails_as_a_whole_where_the_first_time_fits_no_unit) {
  const auto result = read("a 1 1520879607\na 2 1520879608\n");
  EXPECT_EQ(result.records, Records{});
  EXPECT_NE(result.failure, "");
}

TEST(PrometheusText, takes_the_unit_that_is_given) {
  PrometheusOptions options = usual();
  options.time.unit = TimeUnit::seconds;
  EXPECT_EQ(read("a 1 1520879607\n", options).records, (Records{{"a", 1520879607000000, 1.0}}));
}

TEST(PrometheusText, names_what_is_wrong) {
  EXPECT_EQ(problem_of("my-metric 1").substr(0, 29), "1: no sample; give name{label");
  EXPECT_EQ(problem_of("a").substr(0, 12), "1: no sample");
  EXPECT_EQ(problem_of("a{b=\"c\"}"), "1: no value behind the series");
  EXPECT_EQ(problem_of("a{b=\"c\" 1"), "1: no } behind the labels");
  EXPECT_EQ(problem_of("a{b=c} 1"), "1: the value of the label 'b' stands in no quotes");
  EXPECT_EQ(problem_of("a{b} 1"), "1: no = behind the label 'b'; give name=\"value\"");
  EXPECT_EQ(problem_of("a{1=\"c\"} 1"), "1: no label; give name=\"value\"");
  EXPECT_EQ(problem_of("a{b=\"c\" d=\"e\"} 1"), "1: neither a comma nor } behind a label");
  EXPECT_EQ(problem_of("a{b=\"c\",b=\"d\"} 1"), "1: two labels 'b'");
  EXPECT_EQ(problem_of("{} 1"), "1: a series without a name and labels");
  EXPECT_EQ(problem_of("a x"), "1: 'x' is no number");
  EXPECT_EQ(problem_of("a 1 1395066363000 7"), "1: more behind the time, which is no exemplar");
}

TEST(PrometheusText, says_where_a_line_is_wrong) {
  EXPECT_EQ(offset_of("a x"), 2U);
  EXPECT_EQ(offset_of("a{b=c} 1"), 4U);
  EXPECT_EQ(offset_of("a 1 yesterday"), 4U);
}

TEST(PrometheusText, goes_on_behind_a_bad_line) {
  const auto result = read("a x\nb 1\n");
  EXPECT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.records, (Records{{"b", now, 1.0}}));
}

TEST(PrometheusText, passes_over_a_byte_order_mark) {
  EXPECT_EQ(read("\xEF\xBB\xBFup 1\n").records, (Records{{"up", now, 1.0}}));
}

TEST(PrometheusText, keeps_apart_more_series_than_it_remembers) {
  std::string text;
  Records expected;
  for (int i = 0; i < 9'000; ++i) {
    const std::string value = std::string(2'500, 'x') + std::to_string(i % 4'500);
    text += "a{b=\"" + value + "\"} " + std::to_string(i) + '\n';
    expected.emplace_back("a,b=" + value, now, static_cast<double>(i));
  }
  EXPECT_EQ(read(std::move(text)).records, expected);
}

}  // namespace
}  // namespace varve::tools
