#include "tools/varve/import/line_formats.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "tools/formats/line_break.hpp"
#include "tools/formats/record_list.hpp"
#include "tools/varve/import/line_reader.hpp"

namespace varve::tools {

namespace {

/// Of a reader that remembers something from line to line.
template <class Reader>
LineFormat format_of(const std::shared_ptr<Reader>& reader,
                     std::size_t (*find_end)(std::string_view text, bool last)) {
  LineFormat format;
  format.find_end = find_end;
  format.parse = [reader](std::string_view line, RecordList& records) {
    return reader->read(line, records);
  };
  format.is_hopeless = [reader] { return reader->is_time_unfit(); };
  return format;
}

}  // namespace

std::unique_ptr<RecordReader> make_ndjson_reader(Input& input, NdjsonOptions options) {
  const auto reader = std::make_shared<NdjsonReader>(std::move(options));
  LineFormat format = format_of(reader, find_line_break);
  format.take_bad_cells = [reader] { return reader->take_bad_values(); };
  return make_line_reader(input, std::move(format));
}

std::unique_ptr<RecordReader> make_prometheus_reader(Input& input, PrometheusOptions options) {
  const auto reader = std::make_shared<PrometheusReader>(std::move(options));
  LineFormat format = format_of(reader, find_line_break);
  format.decisions = [reader] { return reader->decisions(); };
  return make_line_reader(input, std::move(format));
}

std::unique_ptr<RecordReader> make_annotated_csv_reader(Input& input, AnnotatedCsvOptions options) {
  const auto reader = std::make_shared<AnnotatedCsvReader>(std::move(options));
  LineFormat format = format_of(reader, find_annotated_csv_end);
  format.keeps_blanks = true;
  return make_line_reader(input, std::move(format));
}

}  // namespace varve::tools
