#include "tools/formats/tables/wide_layout.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/tables/table_shape.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

bool is_marked(std::string_view text) {
  if (!text.starts_with(wide_mark)) return false;
  const std::string_view rest = text.substr(wide_mark.size());
  return rest.empty() || rest.front() == ',' || rest.front() == '\n' || rest.front() == '\r';
}

/// Whether options say no more than which columns are series, as the mark does.
bool is_as_marked(const CsvOptions& options) {
  return !options.key && options.labels.empty() && !options.key_column && !options.time_column &&
         !options.value_column && options.header.value_or(true) && options.skip_rows == 0 &&
         options.delimiter.value_or(',') == ',' && options.decimal.value_or('.') == '.' &&
         !options.start;
}

/// The column of a series' name, or of its number from 1; the time is none.
Parsed<std::size_t> find_column(const std::vector<CsvRow::Field>& header,
                                const std::string& asked) {
  for (std::size_t column = 1; column < header.size(); ++column) {
    if (header[column].text == asked) return column;
  }
  const auto number = is_column_number(asked) ? parse_count(asked) : Parsed<std::uint64_t>(0);
  if (number && *number >= 2 && *number <= header.size()) {
    return static_cast<std::size_t>(*number - 1);
  }
  return problem("no column " + quote(asked) + " in the header");
}

/// Which columns are series.
Parsed<std::vector<bool>> taken_columns(const CsvOptions& options,
                                        const std::vector<CsvRow::Field>& header) {
  std::vector<bool> taken(header.size(), options.columns.empty());
  for (const std::string& name : options.columns) {
    VARVE_TRY(const std::size_t column, find_column(header, name));
    taken[column] = true;
  }
  for (const std::string& name : options.skip_columns) {
    VARVE_TRY(const std::size_t column, find_column(header, name));
    taken[column] = false;
  }
  return taken;
}

std::unexpected<Problem> named_twice(const std::string& name, std::size_t first,
                                     std::size_t second) {
  const std::string number = std::to_string(second + 1);
  return problem("the header names two columns " + quote(name) + " (" + std::to_string(first + 1) +
                 " and " + number + "): leave one out with --skip-column " + number);
}

std::unexpected<Problem> nameless(std::size_t column) {
  return problem("column " + std::to_string(column + 1) + " has no name");
}

Parsed<void> add_series(const CsvOptions& options, const std::vector<CsvRow::Field>& header,
                        CsvLayout& layout) {
  VARVE_TRY(const std::vector<bool> taken, taken_columns(options, header));
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t column = 1; column < header.size(); ++column) {
    if (!taken[column]) continue;
    const std::string name(header[column].text);
    if (name.empty()) return nameless(column);
    VARVE_CHECK(check_key(options.prefix + name));
    const auto [same, is_first] = known.emplace(header[column].text, column);
    if (!is_first) return named_twice(name, same->second, column);
    layout.series.push_back({column, name});
  }
  return {};
}

}  // namespace

Parsed<std::optional<CsvLayout>> wide_layout(const CsvOptions& options, std::string_view text,
                                             bool last) {
  if (!is_marked(text) || !is_as_marked(options)) return std::nullopt;
  // A key may hold line breaks, as many as it has bytes.
  constexpr auto any = std::numeric_limits<std::uint16_t>::max();
  CsvRow header(QuoteLimits{.bytes = std::size_t{2} * any, .lines = any});
  const CsvScan scan = header.scan(text, last, ',');
  if (scan == CsvScan::incomplete) return problem("no whole header", text.size());
  if (scan == CsvScan::bad) return problem(std::string("the header: ") + header.problem());

  CsvLayout layout;
  layout.begin = header.size();
  layout.begin_line = header.line_breaks() + 1;
  layout.header = true;
  layout.is_export = true;
  layout.columns = header.fields().size();
  layout.time = 0;
  VARVE_CHECK(add_series(options, header.fields(), layout));
  layout.decisions = {"as varve export --wide writes it: " +
                      counted(layout.series.size(), "series column")};
  return layout;
}

}  // namespace varve::tools
