// Any bytes are line protocol, or fail line by line. What was read, printed and read again, is the
// same; it does not matter in which pieces the bytes come; and any bytes as a key come back.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/line_protocol.hpp"
#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/series_name.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace {

using namespace varve;
using namespace varve::tools;

ReadResult read(const std::string& text, std::size_t piece = std::size_t{1} << 18) {
  LineProtocolOptions options;
  options.time.unit = TimeUnit::nanoseconds;
  return read_text([&](Input& input) { return make_line_protocol_reader(input, options); }, text,
                   piece);
}

/// Labels describe the keys that they make.
void check_descriptions(const ReadResult& result) {
  for (const Description& description : result.descriptions) {
    const auto key = series_key(description.labels);
    if (!key || *key != description.key) std::abort();
  }
}

/// As a line of measurement, tags and field, each series comes back to its key.
void print_by_labels(const ReadResult& result) {
  MeasurementNames names;
  std::string printed;
  std::vector<std::string> keys;
  for (const Description& description : result.descriptions) {
    const MeasurementNames::Point point = names.point_of(description.labels);
    const auto series = line_series(point.pair.measurement, point.tags);
    const auto field = line_field(point.pair.field);
    // Of a second pair the first one is not known here.
    if (!series || !field || point.is_second) continue;
    printed += *series + ' ' + *field + "=1 0\n";
    keys.push_back(description.key);
  }
  const ReadResult again = read(printed);
  if (!again.problems.empty() || again.records.size() != keys.size()) std::abort();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (again.records[i].key() != keys[i]) std::abort();
  }
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
  check_descriptions(whole);
  print_by_labels(whole);
  print_and_read_again(whole.records);
  if (text.size() <= 65'535) print_and_read_again({Record(text, 1, text)});
  return 0;
}
