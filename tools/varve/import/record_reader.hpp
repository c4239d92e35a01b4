#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/formats/record_list.hpp"
#include "tools/varve/import/input.hpp"
#include "tools/varve/terminal/failure.hpp"

namespace varve::tools {

/// What a reader says of one line (of csv: one row, which may span several).
struct ReadLine {
  std::uint64_t number = 0;                 ///< From 1, of its first line.
  std::optional<std::string> problem = {};  ///< What is wrong with it; all of it is left out.
  /// What is wrong with each cell that was left out of a line that is otherwise in:
  /// "column 'a': 'x' is no number".
  std::vector<std::string> bad_cells = {};
  std::optional<std::uint64_t> column = {};  ///< Of the problem, from 1 and in bytes, where known.
};

/// Reads one input, line by line, whatever its format. For one thread.
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  /// Adds the records of the next line that is not blank or a comment to `records`; nothing at
  /// the end. After a bad line the next call goes on with the one after it. Fails where the input
  /// cannot be read, or is not valid as a whole. Where Input::more() fails it passes that on, and
  /// adds nothing of a line that it has not read whole: after a pause it is called again.
  virtual Outcome<std::optional<ReadLine>> next(RecordList& records) = 0;

  /// What it found out about the input so far, a line each: "delimiter ';'". For people.
  virtual std::vector<std::string> decisions() const { return {}; }
};

/// The longest line that is taken: room for the largest value with every byte escaped.
inline constexpr std::size_t line_bytes_max = std::size_t{100} << 20;

}  // namespace varve::tools
