#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/formats/parsed.hpp"
#include "tools/varve/import/input.hpp"
#include "tools/varve/terminal/failure.hpp"

namespace varve::tools {

/// What import reads.
enum class InputFormat : std::uint8_t { csv, line_protocol, ndjson, prometheus, annotated_csv };

/// "csv", "lp", "ndjson", "prom" or "annotated".
Parsed<InputFormat> parse_input_format(std::string_view text);
std::string_view name_of(InputFormat format);

/// A format, and what tells of it, for people: "by its name", "by its first line".
struct FoundFormat {
  InputFormat format = InputFormat::csv;
  std::string by;
};

/// By the ending of a file's name: .csv, .tsv; .lp, .line; .ndjson, .jsonl, .json; .prom. Influx'
/// annotated csv shows in its first line alone.
std::optional<InputFormat> format_of_name(std::string_view name);
/// By what stands first in a text; none where nothing tells. `last` says that nothing follows the
/// text. Comments of no format in particular are passed over.
std::optional<InputFormat> format_of_text(std::string_view text, bool last);

/// By both; csv where neither tells. Reads of the input as far as its first line that tells, and
/// consumes nothing.
Outcome<FoundFormat> find_format(Input& input);

}  // namespace varve::tools
