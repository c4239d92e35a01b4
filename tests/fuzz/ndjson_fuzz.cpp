// Any bytes are a line of JSON, or fail with a reason. What was read, printed and read again, is
// the same, bit for bit.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "tests/fuzz/require.hpp"
#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/ndjson.hpp"
#include "tools/varve/import/line_formats.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve::tools;
  const MakeReader make = [](Input& input) {
    NdjsonOptions options;
    options.time.unit = TimeUnit::microseconds;
    return make_ndjson_reader(input, std::move(options));
  };
  const ReadResult first = read_text(make, std::string(reinterpret_cast<const char*>(data), size));
  std::string printed;
  for (const auto& description : first.descriptions) {
    append_ndjson_labels(printed, description.key, description.labels);
    printed += '\n';
  }
  for (const auto& record : first.records) {
    append_ndjson(printed, record.view(), size % 2 == 0);
    printed += '\n';
  }
  const ReadResult again = read_text(make, printed);
  require(again.problems.empty());
  require(again.records == first.records);
  // Labels that name a series are printed as ones that replace what it has.
  require(std::ranges::equal(again.descriptions, first.descriptions,
                             [](const Description& a, const Description& b) {
                               return a.key == b.key && a.labels == b.labels;
                             }));
  return 0;
}
