#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "tools/formats/record_list.hpp"
#include "tools/formats/time_text.hpp"

namespace varve::tools {

// Influx line protocol: "cpu,host=a usage_idle=98.5,usage_user=1.2 1386018900000000000".
//
// Every field is a record. Its key is the measurement with its tags, sorted by name and with their
// escapes as written, a slash, and the field: "cpu,host=a/usage_idle". A slash in a field's name
// becomes \/. Times are nanoseconds unless told, cut to microseconds. Floats are doubles, 12i and
// 12u int64 (where it fits), booleans bools, "strings" bytes.
//
// The tags are also the labels of the series they stand in, where it has none: host="a".
//
// Keys that are not of this form are written as "varve,key=<the key> value=..." and read back from
// it: commas, blanks, equal signs and backslashes with a backslash before them, line breaks as \n.

struct LineProtocolOptions {
  TimeUnit time_unit = TimeUnit::nanoseconds;
  Timestamp now = 0;   ///< For lines without a time.
  std::string prefix;  ///< Before every key.
};

/// Adds the records of one line, and the labels of series that the list meets for the first time.
/// A problem says where in the line it is.
Parsed<void> parse_line_protocol(std::string_view line, const LineProtocolOptions& options,
                                 RecordList& records);

/// The end of the first line: strings may hold line breaks. A string that never closes is cut at
/// the first line break, so that it costs one line. As find_line_break().
std::size_t find_line_protocol_end(std::string_view text, bool last);

/// Adds one line. NaN and inf are written as such, which Influx itself does not take.
void append_line_protocol(std::string& out, const RecordView& record);

}  // namespace varve::tools
