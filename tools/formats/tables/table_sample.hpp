#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

/// What a cell says: without blanks around it unless they are in quotes, and out of ="...", with
/// which spreadsheets are kept from taking a long number for one.
inline std::string_view cell_text(const CsvRow::Field& field) {
  if (field.in_quotes) return field.text;
  std::string_view text = trimmed(field.text);
  if (text.size() >= 3 && text.starts_with("=\"") && text.ends_with('"')) {
    text = text.substr(2, text.size() - 3);
  }
  return text;
}

/// One row of a sample.
struct TableRow {
  std::size_t end = 0;         ///< In bytes, from the front of the text: behind its line break.
  std::uint64_t end_line = 1;  ///< From 1: the line behind it.
  std::vector<CsvRow::Field> cells;

  /// "" where the row is shorter.
  std::string_view text(std::size_t column) const {
    return column < cells.size() ? cell_text(cells[column]) : std::string_view();
  }
  /// How many cells hold something.
  std::size_t filled() const;
  /// How many there are without the empty ones at the end.
  std::size_t width() const;
};

/// The first rows of a text that are neither blank nor bad, whole ones alone. The text outlives
/// it.
class TableSample {
 public:
  /// `last` says that nothing follows the text.
  TableSample(std::string_view text, bool last, char delimiter, std::size_t rows_max,
              QuoteLimits limits = {});
  TableSample(const TableSample&) = delete;
  TableSample& operator=(const TableSample&) = delete;
  ~TableSample() = default;

  const std::vector<TableRow>& rows() const { return rows_; }

 private:
  std::vector<TableRow> rows_;
  std::deque<std::string> unescaped_;
};

/// What stands between the columns: a comma, a semicolon, a tab or a bar. What Excel's first line
/// `sep=;` says; else the one by which most of the first rows have the same number of columns, more
/// than one, and of several such the one that makes more columns.
char sniff_delimiter(std::string_view text, bool last);

/// Whether the text begins with a line `sep=;`.
bool has_separator_line(std::string_view text);

}  // namespace varve::tools
