// A real scrape, where it lies beside the checkout: every sample of it becomes a record.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace varve::tools {
namespace {

TEST(PrometheusData, becomes_a_record_for_each_line_that_is_no_comment) {
  std::ifstream file(VARVE_DATA "/prometheus/alltypes.237mfs.prom.txt");
  if (!file) GTEST_SKIP() << "there is no such file beside the checkout";
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::size_t samples = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    if (text[at] != '#' && text[at] != '\n') ++samples;
  }
  const auto result = read_text(
      [](Input& input) { return make_prometheus_reader(input, PrometheusOptions()); }, text);
  EXPECT_EQ(result.problems, std::vector<std::string>());
  EXPECT_EQ(result.records.size(), samples);
  std::set<std::string> keys;
  for (const Record& record : result.records) keys.insert(record.key());
  EXPECT_EQ(keys.size(), samples);
  EXPECT_EQ(result.descriptions.size(), samples);
}

}  // namespace
}  // namespace varve::tools
