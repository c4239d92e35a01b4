// Any bytes are annotated csv, or fail row by row; it does not matter in which pieces the bytes
// come.

#include <cstdint>
#include <string>

#include "tests/fuzz/require.hpp"
#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/series_name.hpp"
#include "tools/varve/import/line_formats.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve;
  using namespace varve::tools;
  if (size < 2) return 0;
  const std::size_t piece = data[0] % 64 + std::size_t{1};
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const MakeReader make = [](Input& input) {
    return make_annotated_csv_reader(input, AnnotatedCsvOptions());
  };
  const ReadResult whole = read_text(make, text);
  const ReadResult pieces = read_text(make, text, piece);
  require(whole.problems == pieces.problems && whole.failure == pieces.failure);
  require(whole.records.size() == pieces.records.size());
  require(whole.descriptions == pieces.descriptions);
  for (const Description& description : whole.descriptions) {
    require(series_key(description.labels).value_or("") == description.key);
  }
  return 0;
}
