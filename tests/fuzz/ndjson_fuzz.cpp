// Any bytes are a line of JSON, or fail with a reason. What was read, printed and read again, is
// the same, bit for bit.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/ndjson.hpp"
#include "tools/varve/import/line_formats.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve::tools;
  const MakeReader make = [](Input& input) { return make_ndjson_reader(input, NdjsonOptions()); };
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
  if (again.records != first.records || again.descriptions != first.descriptions) std::abort();
  return 0;
}
