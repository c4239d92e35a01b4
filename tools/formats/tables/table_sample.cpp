#include "tools/formats/tables/table_sample.hpp"

#include <algorithm>
#include <compare>
#include <functional>
#include <map>
#include <utility>

namespace varve::tools {

namespace {

constexpr std::size_t cells_max = 400'000;
constexpr std::size_t delimiter_rows = 100;

/// How well a delimiter fits.
struct Fit {
  std::size_t rows = 0;     // That have the same number of columns.
  std::size_t columns = 0;  // Of those.

  friend auto operator<=>(const Fit&, const Fit&) = default;
};

Fit fit_of(std::string_view text, bool last, char delimiter) {
  const TableSample sample(text, last, delimiter, delimiter_rows);
  std::map<std::size_t, std::size_t> counts;
  for (const TableRow& row : sample.rows()) {
    if (row.cells.size() > 1) ++counts[row.cells.size()];
  }
  Fit best;
  for (const auto& [columns, rows] : counts) best = std::max(best, Fit{rows, columns});
  return best;
}

}  // namespace

std::size_t TableRow::filled() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      cells, [](const CsvRow::Field& field) { return !cell_text(field).empty(); }));
}

std::size_t TableRow::width() const {
  std::size_t size = cells.size();
  while (size > 0 && !cells[size - 1].in_quotes && cell_text(cells[size - 1]).empty()) --size;
  return size;
}

TableSample::TableSample(std::string_view text, bool last, char delimiter, std::size_t rows_max,
                         QuoteLimits limits) {
  CsvRow row(limits);
  std::size_t at = 0;
  std::uint64_t line = 1;
  std::size_t cells = 0;
  const auto is_of_text = [text](const char* begin) {
    return !std::less<>()(begin, text.data()) && !std::less<>()(text.data() + text.size(), begin);
  };
  while (at < text.size() && rows_.size() < rows_max && cells < cells_max) {
    const CsvScan scan = row.scan(text.substr(at), last, delimiter);
    if (scan == CsvScan::incomplete) break;
    at += row.size();
    line += row.line_breaks();
    if (scan == CsvScan::bad || row.blank()) continue;
    TableRow& kept = rows_.emplace_back(TableRow{at, line, row.fields()});
    for (CsvRow::Field& field : kept.cells) {
      // What was undoubled belongs to the row.
      if (!is_of_text(field.text.data())) field.text = unescaped_.emplace_back(field.text);
    }
    cells += kept.cells.size();
  }
}

bool has_separator_line(std::string_view text) {
  if (!text.starts_with("sep=") || text.size() < 6) return false;
  const std::string_view rest = text.substr(5, 2);
  return text[4] != '"' && text[4] != '\n' && (rest.starts_with('\n') || rest == "\r\n");
}

char sniff_delimiter(std::string_view text, bool last) {
  if (has_separator_line(text)) return text[4];
  // Of equal ones the first: a semicolon or a tab seldom stands in a cell, a comma often does.
  char best = ',';
  Fit best_fit;
  for (const char delimiter : {'\t', ';', ',', '|'}) {
    const Fit fit = fit_of(text, last, delimiter);
    if (fit > best_fit) {
      best = delimiter;
      best_fit = fit;
    }
  }
  return best;
}

}  // namespace varve::tools
