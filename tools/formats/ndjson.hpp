#pragma once

#include <string>
#include <string_view>

#include "varve/labels.hpp"
#include "varve/record.hpp"
#include "varve/value.hpp"

namespace varve::tools {

// One JSON object per line:
// {"key":"plant/press1/temp","time":"2024-05-01T12:00:00.000000Z","value":22.5,"expires_at":...}
//
// Times are RFC 3339 texts or epoch numbers; expires_at is left out where a record stays. A number
// with a point or an exponent is a double, any other an int64; texts are bytes. What JSON has no
// word for is an object: {"base64":"..."} for bytes that are not UTF-8 (in keys too), and
// {"double":"inf"}, "-inf", "nan", or for another NaN its bits, "nan:fff8000000000000". So every
// value comes back as it was.
//
// Labels of a series are a line of their own, before its records:
// {"key":"plant/press1/temp","labels":{"room":"hall 2","unit":"C"},"leave_with_records":true}
//
// They replace all that the series has; an empty object takes them away. Names that are not UTF-8
// stand in base64 in an object "labels_base64" beside it. leave_with_records, left out where false,
// is as in Labels. A line may also be a record and bring its series' labels. Of two members of one
// name the last counts. tools/formats/readers/ndjson_reader.hpp reads it.

/// Adds the object, without a line break.
void append_ndjson(std::string& out, const RecordView& record, bool epoch_times);

/// The labels of a series, in the same way.
void append_ndjson_labels(std::string& out, std::string_view key, const Labels& labels);

/// A JSON text in its quotes. REQUIRES UTF-8.
void append_json_text(std::string& out, std::string_view text);
/// A value as above: number, true, text or object.
void append_json_value(std::string& out, const ValueView& value);

}  // namespace varve::tools
