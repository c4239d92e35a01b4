#include "tools/varve/import/input_format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace varve::tools {
namespace {

TEST(InputFormat, is_known_by_the_ending_of_a_name) {
  EXPECT_EQ(format_of_name("meters.csv"), InputFormat::csv);
  EXPECT_EQ(format_of_name("METERS.TSV"), InputFormat::csv);
  EXPECT_EQ(format_of_name("dir.csv/points.lp"), InputFormat::line_protocol);
  EXPECT_EQ(format_of_name("a.jsonl"), InputFormat::ndjson);
  EXPECT_EQ(format_of_name("node.prom"), InputFormat::prometheus);
  EXPECT_EQ(format_of_name("stdin"), std::nullopt);
  EXPECT_EQ(format_of_name("values.txt"), std::nullopt);
}

TEST(InputFormat, is_known_by_the_first_line) {
  const std::vector<std::pair<std::string, std::optional<InputFormat>>> cases = {
      {"{\"key\":\"a\"}\n", InputFormat::ndjson},
      {"\xEF\xBB\xBF\n  {\"key\":\"a\"}\n", InputFormat::ndjson},
      {"cpu,host=a usage=5 1714521600000000000\n", InputFormat::line_protocol},
      {"cpu usage=5\n", InputFormat::line_protocol},
      {"my\\ cpu,host=two\\ words usage=\"a b\"\n", InputFormat::line_protocol},
      {"> cpu,host=a usage=5 1714521600000000000\n", InputFormat::line_protocol},
      {"# DDL\nCREATE DATABASE x\n", InputFormat::line_protocol},
      {"# varve: times in ns\nup value=1 5\n", InputFormat::line_protocol},
      {"# a note\ncpu usage=5\n", InputFormat::line_protocol},
      {"# HELP up Whether it is up.\nup 1\n", InputFormat::prometheus},
      {"up 1\n", InputFormat::prometheus},
      {"up{job=\"a = b\"} 1 1714521600000\n", InputFormat::prometheus},
      {"up{job=\"}\"} NaN\n", InputFormat::prometheus},
      {"#group,false,true\n", InputFormat::annotated_csv},
      {"#datatype,string,long\r\n", InputFormat::annotated_csv},
      {"time,value\n1,2\n", std::nullopt},
      {"2024-05-01 12:00:00,5\n", std::nullopt},
      {"Date;Time;Meter = A\n", std::nullopt},
      {"Datum Zeit Wert\n", std::nullopt},
      {"12.5\n", std::nullopt},
      {"# only notes\n", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [text, format] : cases) EXPECT_EQ(format_of_text(text, true), format) << text;
}

TEST(InputFormat, is_not_told_by_half_a_line) {
  EXPECT_EQ(format_of_text("cpu usage=5", false), std::nullopt);
  EXPECT_EQ(format_of_text("cpu usage=5", true), InputFormat::line_protocol);
}

TEST(InputFormat, of_an_input_is_csv_where_nothing_tells) {
  Input input = Input::of("time,value\n", 4);
  const FoundFormat found = find_format(input).value();
  EXPECT_EQ(found.format, InputFormat::csv);
  EXPECT_EQ(input.window().substr(0, 11), "time,value\n") << "nothing is consumed";
}

TEST(InputFormat, has_a_name_that_is_read_back) {
  for (const char* const name : {"csv", "lp", "ndjson", "prom", "annotated"}) {
    EXPECT_EQ(name_of(parse_input_format(name).value()), name);
  }
  EXPECT_EQ(parse_input_format("xml").error().text,
            "'xml' is no format: csv, lp, ndjson, prom or annotated");
}

}  // namespace
}  // namespace varve::tools
