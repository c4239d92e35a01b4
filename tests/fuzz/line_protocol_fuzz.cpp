// Any bytes are line protocol, or fail line by line. What was read, printed and read again, is the
// same; it does not matter in which pieces the bytes come; and any bytes as a key come back.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/line_protocol.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace {

using namespace varve;
using namespace varve::tools;

ReadResult read(const std::string& text, std::size_t piece = std::size_t{1} << 18) {
  return read_text(
      [](Input& input) { return make_line_protocol_reader(input, LineProtocolOptions()); }, text,
      piece);
}

void print_and_read_again(const std::vector<Record>& records) {
  std::string printed;
  std::vector<Record> expected;
  for (const Record& record : records) {
    // Of a NaN only its sign is kept.
    if (record.value().type() == ValueType::double_ && std::isnan(record.value().as_double())) {
      continue;
    }
    append_line_protocol(printed, record.view());
    expected.push_back(record);
  }
  if (read(printed).records != expected) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] % 64 + std::size_t{1};
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ReadResult whole = read(text);
  const ReadResult pieces = read(text, piece);
  if (whole.records != pieces.records || whole.problems != pieces.problems ||
      whole.descriptions != pieces.descriptions) {
    std::abort();
  }
  print_and_read_again(whole.records);
  if (text.size() <= 65'535) print_and_read_again({Record(text, 1, text)});
  return 0;
}
