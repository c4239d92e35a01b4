#include "tools/varve/import/line_formats.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/formats/line_break.hpp"
#include "tools/formats/line_protocol_text.hpp"
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

/// Line protocol as programs hand it out.
class LineProtocolLines {
 public:
  explicit LineProtocolLines(LineProtocolOptions options) : parser_(std::move(options)) {}

  Parsed<void> read(std::string_view line, RecordList& records) {
    bad_fields_.clear();
    auto parsed = parser_.parse(line, records, bad_fields_);
    // No line that is printed so is one as it stands, whatever its measurement.
    if (parsed || !line.starts_with(printed)) return parsed;
    bad_fields_.clear();
    return part_at(printed.size(),
                   parser_.parse(line.substr(printed.size()), records, bad_fields_));
  }
  /// Comments, of which one says the unit of times, and the statements with which influx_inspect
  /// export begins.
  bool passes_over(std::string_view line) {
    if (line == line_times_comment) parser_.take_unit(TimeUnit::nanoseconds);
    return line.starts_with('#') || line.starts_with("CREATE DATABASE ") ||
           line.starts_with("CREATE RETENTION POLICY ");
  }
  std::vector<std::string> take_bad_fields() { return std::exchange(bad_fields_, {}); }
  bool is_time_unfit() const { return parser_.is_time_unfit(); }

 private:
  static constexpr std::string_view printed = "> ";  // Before each line of telegraf --test.

  LineProtocolParser parser_;
  std::vector<std::string> bad_fields_;
};

}  // namespace

std::unique_ptr<RecordReader> make_line_protocol_reader(Input& input, LineProtocolOptions options) {
  const auto lines = std::make_shared<LineProtocolLines>(std::move(options));
  LineFormat format = format_of(lines, find_line_protocol_end);
  format.passes_over = [lines](std::string_view line) { return lines->passes_over(line); };
  format.take_bad_cells = [lines] { return lines->take_bad_fields(); };
  return make_line_reader(input, std::move(format));
}

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
