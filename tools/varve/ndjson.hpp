#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tools/varve/record_reader.hpp"
#include "tools/varve/time_text.hpp"

namespace varve::tools {

// One JSON object per line:
// {"key":"plant/press1/temp","time":"2024-05-01T12:00:00.000000Z","value":22.5,"expires_at":...}
//
// Times are RFC 3339 texts or epoch numbers; expires_at is left out where a record stays. A number
// with a point or an exponent is a double, any other an int64; texts are bytes. What JSON has no
// word for is an object: {"base64":"..."} for bytes that are not UTF-8 (in keys too), and
// {"double":"inf"}, "-inf", "nan", or for another NaN its bits, "nan:fff8000000000000". So every
// value comes back as it was.

struct NdjsonOptions {
  TimeUnit time_unit = TimeUnit::microseconds;
  std::string prefix;  ///< Before every key.
};

/// Adds the record of one line. Members it does not know are passed over.
Parsed<void> parse_ndjson(std::string_view line, const NdjsonOptions& options, RecordList& records);

/// `input` outlives the reader.
std::unique_ptr<RecordReader> make_ndjson_reader(Input& input, NdjsonOptions options);

/// Adds the object, without a line break.
void append_ndjson(std::string& out, const RecordView& record, bool epoch_times);

/// A JSON text in its quotes. REQUIRES UTF-8.
void append_json_text(std::string& out, std::string_view text);
/// A value as above: number, true, text or object.
void append_json_value(std::string& out, const ValueView& value);

}  // namespace varve::tools
