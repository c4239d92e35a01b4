#include "tools/formats/tables/csv_table.hpp"

#include <algorithm>

#include "tools/formats/tables/table_sample.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

constexpr std::size_t listed_max = 12;

std::string listed_series(const CsvTable& table, const std::vector<CsvLayout::Series>& all) {
  std::vector<std::size_t> columns;
  for (const CsvLayout::Series& series : all) columns.push_back(series.column);
  return table.listed(columns);
}

std::string delimiter_text(char delimiter) {
  return delimiter == '\t' ? "tab" : quote(std::string_view(&delimiter, 1));
}

std::string time_text(const CsvTable& table, const CsvLayout& layout) {
  if (!layout.time) return "times: by --start and --step";
  std::string out = "time: column " + quote(table.title(*layout.time));
  if (layout.clock) out += " and " + quote(table.title(*layout.clock));
  if (!layout.time_pattern.empty()) out += ", as " + layout.time_pattern;
  if (!layout.interval.empty()) out += ", up to " + quote(layout.interval);
  if (!layout.first_time.empty()) out += ", first " + quote(layout.first_time);
  return out;
}

std::string number_text(const NumberForm& numbers) {
  std::string out = numbers.decimal == ',' ? "decimal comma" : "decimal point";
  if (numbers.grouping != '\0') {
    out +=
        std::string(", ") + (numbers.grouping == ',' ? "commas" : "points") + " between thousands";
  }
  return out;
}

}  // namespace

std::string_view CsvTable::name(std::size_t column) const {
  return header == nullptr ? std::string_view() : header->text(column);
}

std::string CsvTable::title(std::size_t column) const {
  const std::string_view text = name(column);
  return text.empty() ? std::to_string(column + 1) : std::string(text);
}

std::string CsvTable::listed() const {
  std::string out;
  for (std::size_t column = 0; column < first->cells.size(); ++column) {
    if (column == listed_max) return out + ", ...";
    out += (column == 0 ? "" : ", ") + printable(first->text(column));
  }
  return out;
}

std::string CsvTable::listed(const std::vector<std::size_t>& columns) const {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i == listed_max) return out + " and " + std::to_string(columns.size() - i) + " more";
    out += (i == 0 ? "" : ", ") + quote(title(columns[i]));
  }
  return out;
}

Parsed<std::size_t> CsvTable::find(const std::string& column) const {
  std::optional<std::size_t> found;
  for (std::size_t at = 0; header != nullptr && at < header->cells.size(); ++at) {
    if (header->text(at) != column) continue;
    if (found) {
      return problem("the header names two columns " + quote(column) + " (" +
                     std::to_string(*found + 1) + " and " + std::to_string(at + 1) +
                     "): say which by its number");
    }
    found = at;
  }
  if (found) return *found;
  if (is_column_number(column)) {
    const auto number = parse_count(column);
    const std::size_t size = std::max(columns(), first->cells.size());
    if (number && *number >= 1 && *number <= size) return static_cast<std::size_t>(*number - 1);
    return problem("there is no column " + column + ": the file has " + std::to_string(size));
  }
  return problem("there is no column " + quote(column) + " in the header: " + listed());
}

std::optional<std::size_t> CsvTable::find_name(std::string_view name_in_small) const {
  for (std::size_t at = 0; at < columns(); ++at) {
    if (lower_name(name(at)) == name_in_small) return at;
  }
  return {};
}

bool CsvTable::is_skipped(std::size_t column) const {
  return std::ranges::any_of(options.skip_columns, [&](const std::string& skipped) {
    return name(column) == skipped ||
           (is_column_number(skipped) && skipped == std::to_string(column + 1));
  });
}

void describe_layout(const CsvTable& table, CsvLayout& layout) {
  auto& out = layout.decisions;
  std::vector<std::string> lines = {"delimiter " + delimiter_text(layout.delimiter)};
  if (table.header != nullptr) {
    lines.push_back("header: " + table.listed());
  } else {
    lines.emplace_back("no header");
  }
  lines.push_back("data from line " + std::to_string(layout.begin_line));
  lines.push_back(time_text(table, layout));
  if (!layout.numbers.is_plain()) lines.push_back(number_text(layout.numbers));
  if (layout.grid) {
    lines.push_back("a row is a day of one series, a column a time of day");
  } else if (layout.is_wide()) {
    lines.push_back(counted(layout.series.size(), "column") +
                    ", each a series: " + listed_series(table, layout.series));
  } else if (layout.value) {
    lines.push_back("value: column " + quote(table.title(*layout.value)));
    if (layout.key) lines.push_back("key: column " + quote(table.title(*layout.key)));
    if (layout.type) lines.push_back("type: column " + quote(table.title(*layout.type)));
  }
  if (!layout.watched.empty()) {
    lines.push_back("left out, text: " + listed_series(table, layout.watched));
  }
  if (layout.short_rows) lines.emplace_back("rows may leave out columns at their end");
  // What settle_values() has to say comes behind.
  out.insert(out.begin(), lines.begin(), lines.end());
}

}  // namespace varve::tools
