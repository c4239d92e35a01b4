#pragma once

#include <optional>
#include <string_view>

#include "tools/formats/tables/csv_layout.hpp"

namespace varve::tools {

// csv with a column for each series, as `--wide` writes it and import reads it back, is
//
//     time:wide,press1/temp,press1/state,"press1/on,off"
//     2024-05-01T12:00:00.000000Z,22.0,"idle",true
//     2024-05-01T12:01:00.000000Z,nan:7ff0000000000002,,
//
// where each cell says its type: bytes are in quotes, doubles have a point, an exponent or letters,
// whole numbers have neither, and true and false are bools. An empty cell is no record.

/// The first cell of its header.
inline constexpr std::string_view wide_mark = "time:wide";

/// The layout of such a table, whatever its series are called; `last` says that nothing follows the
/// text. None where the first cell is another, or options ask for more than some of the columns.
/// Fails where the header names what is no key or one twice; where it is not whole, the problem's
/// offset is the end of the text.
Parsed<std::optional<CsvLayout>> wide_layout(const CsvOptions& options, std::string_view text,
                                             bool last);

}  // namespace varve::tools
