#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tools/formats/record_list.hpp"
#include "tools/varve/import/input.hpp"
#include "tools/varve/terminal/failure.hpp"

namespace varve::tools {

/// What a reader says of one line (of csv: one row, which may span several).
struct ReadLine {
  std::uint64_t number = 0;            ///< From 1, of its first line.
  std::optional<std::string> problem;  ///< What is wrong with it; its records are left out.
};

/// Reads one input, line by line, whatever its format. For one thread.
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  /// Adds the records of the next line that is not blank or a comment to `records`; nothing at
  /// the end. After a bad line the next call goes on with the one after it. Fails where the input
  /// cannot be read, or is not valid as a whole.
  virtual Outcome<std::optional<ReadLine>> next(RecordList& records) = 0;
};

/// The longest line that is taken: room for the largest value with every byte escaped.
inline constexpr std::size_t line_bytes_max = std::size_t{100} << 20;

}  // namespace varve::tools
