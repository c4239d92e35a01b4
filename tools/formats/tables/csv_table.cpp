#include "tools/formats/tables/csv_table.hpp"

#include <algorithm>

#include "tools/formats/tables/table_sample.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

constexpr std::size_t listed_max = 12;

std::string listed_names(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == listed_max) return out + " and " + std::to_string(names.size() - i) + " more";
    if (i != 0) out += ", ";
    out += quote(names[i]);
  }
  return out;
}

std::string listed_series(const std::vector<CsvLayout::Series>& all) {
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const CsvLayout::Series& series : all) names.push_back(series.name);
  return listed_names(names);
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
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const std::size_t column : columns) names.push_back(title(column));
  return listed_names(names);
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
  return is_named_by(options.skip_columns, column);
}

bool CsvTable::is_named_by(const std::vector<std::string>& texts, std::size_t column) const {
  return std::ranges::any_of(texts, [&](const std::string& text) {
    return name(column) == text || (is_column_number(text) && text == std::to_string(column + 1));
  });
}

bool is_used(const CsvTable& table, const CsvLayout& layout, std::size_t column) {
  return column == layout.time || column == layout.clock || column == layout.key ||
         column == layout.type || layout.takes_for_names(column) || table.is_skipped(column);
}

std::vector<std::size_t> columns_of(const CsvTable& table, const CsvLayout& layout,
                                    ColumnKind kind) {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    if (table.kinds[column] == kind && !is_used(table, layout, column)) columns.push_back(column);
  }
  return columns;
}

std::string time_text_of(const TableRow& row, const CsvLayout& layout) {
  std::string_view text = trimmed(row.text(*layout.time));
  if (!layout.interval.empty()) text = text.substr(0, text.find(layout.interval));
  std::string out(text);
  if (layout.clock && !out.empty()) out.append(" ").append(trimmed(row.text(*layout.clock)));
  return out;
}

std::string same_name_text(const CsvLayout::Series& one, const CsvLayout::Series& other) {
  const std::string second = std::to_string(other.column + 1);
  return "the header names two columns " + quote(other.name) + " (" +
         std::to_string(one.column + 1) + " and " + second +
         "): leave one out with --skip-column " + second + ", or choose with --columns";
}

std::string left_out_text(const std::vector<CsvLayout::Series>& watched) {
  return std::string(left_out_mark) + ", text: " + listed_series(watched);
}

std::string mixed_rows_text(const std::string& what, const std::string& column, bool is_wide) {
  return what + " differ in " + quote(column) + ": name the series by it, with --key '{" + column +
         (is_wide ? "}/{column}'" : "}'") + ", or leave it out with --skip-column '" + column + "'";
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
                    ", each a series: " + listed_series(layout.series));
  } else if (layout.value) {
    lines.push_back("value: column " + quote(table.title(*layout.value)));
    if (layout.key) lines.push_back("key: column " + quote(table.title(*layout.key)));
    if (layout.type) lines.push_back("type: column " + quote(table.title(*layout.type)));
  }
  if (!layout.watched.empty()) {
    lines.push_back(left_out_text(layout.watched));
  }
  if (layout.short_rows) lines.emplace_back("rows may leave out columns at their end");
  // What settle_values() has to say comes behind.
  out.insert(out.begin(), lines.begin(), lines.end());
}

}  // namespace varve::tools
