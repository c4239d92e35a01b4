// Any bytes are csv, or fail line by line. What was read, printed with its types and read again,
// is the same; and it does not matter in which pieces the bytes come.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/record_printer.hpp"
#include "tools/varve/import/csv_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve;
  using namespace varve::tools;
  if (size < 2) return 0;
  const std::uint8_t choice = data[0];
  const std::size_t piece = data[1] % 64 + std::size_t{1};
  const std::string text(reinterpret_cast<const char*>(data) + 2, size - 2);

  CsvOptions options;
  if ((choice & 1) != 0) options.key = "k";
  if ((choice & 2) != 0) options.wide = true;
  if ((choice & 4) != 0) options.type = ColumnType::automatic;
  if ((choice & 8) != 0) options.header = false;
  if ((choice & 16) != 0) options.start = 0;
  if ((choice & 32) != 0) options.key = "{1}/{column}";
  if ((choice & 64) != 0) options.time.unit = TimeUnit::microseconds;
  if ((choice & 128) != 0) options.nulls = {"0", "x"};
  const MakeReader make = [&](Input& input) { return make_csv_reader(input, options); };
  const ReadResult whole = read_text(make, text);
  const ReadResult pieces = read_text(make, text, piece);
  if (whole.records != pieces.records || whole.problems != pieces.problems ||
      whole.bad_cells != pieces.bad_cells || whole.failure != pieces.failure ||
      whole.decisions != pieces.decisions) {
    std::abort();
  }

  std::string printed;
  const PrintOptions print{RecordFormat::csv, false, true};
  append_header(printed, print);
  std::vector<Record> expected;
  for (const Record& record : whole.records) {
    // Of a NaN csv keeps only the sign.
    if (record.value().type() == ValueType::double_ && std::isnan(record.value().as_double())) {
      continue;
    }
    append_record(printed, record.view(), print);
    expected.push_back(record);
  }
  const ReadResult again =
      read_text([](Input& input) { return make_csv_reader(input, CsvOptions()); }, printed);
  if (again.records != expected) std::abort();
  return 0;
}
