#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/formats/record_list.hpp"
#include "tools/varve/import/record_reader.hpp"

namespace varve::tools {

/// How a format of one record group per line is read.
struct LineFormat {
  /// Where the line at the front of the text ends: at a line break, or at the end of the text if
  /// `last` says that nothing follows. npos: further on.
  std::function<std::size_t(std::string_view text, bool last)> find_end;
  /// Adds what the line holds. The line has no line break at its end, no blanks around it, and is
  /// not empty.
  std::function<Parsed<void>(std::string_view line, RecordList& records)> parse;
  /// Whether a line, without the blanks around it, is no record: a comment. Asked once of each, in
  /// their order. May be empty: none is.
  std::function<bool(std::string_view line)> passes_over;
  bool keeps_blanks = false;  ///< Blanks before and behind a line are given to parse().
  /// What is wrong with values that parse() left out of the last line, and with each alone. May be
  /// empty: it leaves out none.
  std::function<std::vector<std::string>()> take_bad_cells;
  /// Whether the last problem is one that no leaving out of lines mends. May be empty: none is.
  std::function<bool()> is_hopeless;
  /// As RecordReader::decisions(). May be empty.
  std::function<std::vector<std::string>()> decisions;
};

/// `input` outlives the reader.
std::unique_ptr<RecordReader> make_line_reader(Input& input, LineFormat format);

}  // namespace varve::tools
