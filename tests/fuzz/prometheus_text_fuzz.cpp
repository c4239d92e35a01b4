// Any bytes are the text format of Prometheus, or fail line by line. It does not matter in which
// pieces the bytes come; and a series that is written by its labels reads back as the same.

#include <cstdint>
#include <string>

#include "tests/fuzz/require.hpp"
#include "tests/tools/varve/import/reading.hpp"
#include "tools/varve/import/line_formats.hpp"

namespace {

using namespace varve;
using namespace varve::tools;

ReadResult read(const std::string& text, std::size_t piece = std::size_t{1} << 18) {
  return read_text(
      [](Input& input) {
        PrometheusOptions options;
        options.now = 7;
        return make_prometheus_reader(input, options);
      },
      text, piece);
}

void append_quoted(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '"';
}

/// All labels in quotes, so that any bytes may stand in them.
std::string line_of(const Description& description) {
  std::string out = "{";
  for (const Label& label : description.labels) {
    append_quoted(out, label.name());
    out += '=';
    append_quoted(out, label.value());
    out += ',';
  }
  return out + "} 1";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] % 64 + std::size_t{1};
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ReadResult whole = read(text);
  const ReadResult pieces = read(text, piece);
  require(whole.problems == pieces.problems && whole.failure == pieces.failure);
  require(whole.records.size() == pieces.records.size());
  require(whole.descriptions == pieces.descriptions);
  for (const Description& description : whole.descriptions) {
    const ReadResult again = read(line_of(description));
    require(again.problems.empty() && again.descriptions.size() == 1);
    require(again.descriptions[0] == description);
  }
  return 0;
}
