#pragma once

#include <cstdint>
#include <string>

#include "tools/formats/parsed.hpp"
#include "varve/record.hpp"

namespace varve::tools {

/// The formats that import reads and export writes.
enum class RecordFormat : std::uint8_t { csv, line_protocol, ndjson };

/// "csv", "lp" or "ndjson".
Parsed<RecordFormat> parse_record_format(std::string_view text);

struct PrintOptions {
  RecordFormat format = RecordFormat::csv;
  bool epoch_times =
      false;               ///< Microseconds since 1970 instead of dates. Line protocol has its own.
  bool with_type = false;  ///< csv: a fourth column, so that mixed types read back.
};

/// The first line: of csv its header, else nothing.
void append_header(std::string& out, const PrintOptions& options);
/// One line.
void append_record(std::string& out, const RecordView& record, const PrintOptions& options);

}  // namespace varve::tools
