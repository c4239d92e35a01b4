#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/output.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve::tools {

/// csv of one row for each time and one column for each series, as wide_layout() knows it. It holds
/// the cells of the rows that are to be written, and nothing else.
class WideTable {
 public:
  /// One cell more, in any order; no two have the same time and column.
  void add(std::uint32_t column, Timestamp ts, const ValueView& value);
  /// One without anything in it, so that there is a row.
  void add_empty(std::uint32_t column, Timestamp ts) { cells_.push_back({ts, column, 0, 0}); }
  std::size_t size() const { return cells_.size(); }
  void clear();

  /// Writes the rows by time, each with so many columns behind that, and forgets their cells.
  Outcome<void> print(std::uint32_t columns, bool epoch_times, Output& output);

 private:
  struct Cell {
    Timestamp ts;
    std::uint32_t column;
    std::uint32_t size;
    std::size_t offset;  // In text_.
  };

  std::vector<Cell> cells_;
  std::string text_;
};

/// "time:wide,press1/temp,press2/temp": the header of such rows.
void append_wide_header(std::string& out, const std::vector<std::string>& keys);

}  // namespace varve::tools
