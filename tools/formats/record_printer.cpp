#include "tools/formats/record_printer.hpp"

#include "tools/formats/csv_row.hpp"
#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/ndjson.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

void append_csv(std::string& out, const RecordView& record, const PrintOptions& options) {
  append_csv_field(out, record.key());
  out += ',';
  if (options.epoch_times) {
    append_int64(out, record.ts());
  } else {
    append_time(out, record.ts());
  }
  out += ',';
  if (record.value().type() == ValueType::bytes) {
    append_csv_field(out, record.value().as_bytes());
  } else {
    append_value(out, record.value());
  }
  if (options.with_type) (out += ',') += name_of(record.value().type());
  out += '\n';
}

}  // namespace

Parsed<RecordFormat> parse_record_format(std::string_view text) {
  if (text == "csv") return RecordFormat::csv;
  if (text == "lp") return RecordFormat::line_protocol;
  if (text == "ndjson") return RecordFormat::ndjson;
  return problem(quote(text) + " is no format: csv, lp or ndjson");
}

void append_header(std::string& out, const PrintOptions& options) {
  if (options.format != RecordFormat::csv) return;
  out += options.with_type ? "key,time,value,type\n" : "key,time,value\n";
}

void append_record(std::string& out, const RecordView& record, const PrintOptions& options) {
  switch (options.format) {
    case RecordFormat::csv: append_csv(out, record, options); return;
    case RecordFormat::line_protocol: append_line_protocol(out, record); return;
    case RecordFormat::ndjson:
      append_ndjson(out, record, options.epoch_times);
      out += '\n';
      return;
  }
}

}  // namespace varve::tools
