#include "tools/formats/record_printer.hpp"

#include "tools/formats/choices.hpp"
#include "tools/formats/csv_row.hpp"
#include "tools/formats/line_protocol_text.hpp"
#include "tools/formats/matcher_text.hpp"
#include "tools/formats/ndjson.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

void append_csv_time(std::string& out, Timestamp ts, bool epoch) {
  if (epoch) {
    append_int64(out, ts);
  } else {
    append_time(out, ts);
  }
}

void append_csv_value(std::string& out, const ValueView& value, bool exact) {
  if (value.type() == ValueType::bytes) {
    append_csv_field(out, value.as_bytes());
  } else if (exact && value.type() == ValueType::double_) {
    append_exact_double(out, value.as_double());
  } else {
    append_value(out, value);
  }
}

/// Nothing where there are none.
void append_csv_labels(std::string& out, const Labels& labels) {
  if (labels.empty()) return;
  append_csv_field(out, labels_text(labels) + (labels.leaves_with_records() ? "+leave" : ""));
}

void append_csv(std::string& out, const RecordView& record, const PrintOptions& options,
                const Labels& labels) {
  append_csv_field(out, record.key());
  out += ',';
  append_csv_time(out, record.ts(), options.epoch_times);
  out += ',';
  append_csv_value(out, record.value(), options.is_whole);
  if (options.is_whole) {
    ((out += ',') += name_of(record.value().type())) += ',';
    if (record.expires_at() != never) {
      append_csv_time(out, record.expires_at(), options.epoch_times);
    }
    out += ',';
    append_csv_labels(out, labels);
  }
  out += '\n';
}

}  // namespace

Parsed<RecordFormat> parse_record_format(std::string_view text) {
  if (text == "csv") return RecordFormat::csv;
  if (text == "lp") return RecordFormat::line_protocol;
  if (text == "ndjson") return RecordFormat::ndjson;
  return problem(quote(text) + " is no format: " + one_of(record_format_words));
}

void append_header(std::string& out, const PrintOptions& options) {
  if (options.format != RecordFormat::csv) return;
  out += options.is_whole ? "key,time,value,type,expires_at,labels\n" : "key,time,value\n";
}

void append_record(std::string& out, const RecordView& record, const PrintOptions& options,
                   const Labels& labels) {
  switch (options.format) {
    case RecordFormat::csv: append_csv(out, record, options, labels); return;
    case RecordFormat::line_protocol: append_line_protocol(out, record); return;
    case RecordFormat::ndjson:
      if (!labels.empty()) append_labels_alone(out, record.key(), labels, options);
      append_ndjson(out, record, options.epoch_times);
      out += '\n';
      return;
  }
}

void append_labels_alone(std::string& out, std::string_view key, const Labels& labels,
                         const PrintOptions& options) {
  if (options.format == RecordFormat::ndjson) {
    append_ndjson_labels(out, key, labels);
    out += '\n';
  } else if (options.format == RecordFormat::csv && options.is_whole) {
    append_csv_field(out, key);
    out += ",,,,,";
    append_csv_labels(out, labels);
    out += '\n';
  }
}

}  // namespace varve::tools
