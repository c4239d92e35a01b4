#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "varve/labels.hpp"
#include "varve/record.hpp"

namespace varve::tools {

/// The formats that import reads and export writes.
enum class RecordFormat : std::uint8_t { csv, line_protocol, ndjson };

/// "csv", "lp" or "ndjson".
Parsed<RecordFormat> parse_record_format(std::string_view text);

struct PrintOptions {
  RecordFormat format = RecordFormat::csv;
  bool epoch_times = false;  ///< Microseconds since 1970, not dates. Line protocol has its own.
  bool is_whole = false;     ///< csv: all that a record is, and labels, so that it all reads back.
};

// csv for people and other programs is key,time,value. Whole, as export writes it and import reads
// it back, it is
//
//     key,time,value,type,expires_at,labels
//     press1/temp,2024-05-01T12:00:00.000000Z,22.5,double,,"{room=""hall 2""}"
//     press1/temp,2024-05-01T12:01:00.000000Z,22.75,double,2024-06-01T12:01:00.000000Z,
//
// where expires_at is empty if the record stays, and labels stand in the first row of a series that
// has some, with "+leave" behind them if they leave with its last record. A row without time and
// value is about labels alone. A NaN of unusual bits has them: nan:fff8000000000001.

/// The first line: of csv its header, else nothing.
void append_header(std::string& out, const PrintOptions& options);
/// One line. `labels` are those of the series, for its first record: of whole csv and ndjson, which
/// has them on a line before.
void append_record(std::string& out, const RecordView& record, const PrintOptions& options,
                   const Labels& labels = {});
/// The labels of a series without records, in the same two formats; nothing in others.
void append_labels_alone(std::string& out, std::string_view key, const Labels& labels,
                         const PrintOptions& options);

}  // namespace varve::tools
