#include "tools/formats/tables/row_template.hpp"

#include <algorithm>
#include <utility>

#include "tools/formats/tables/table_sample.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr std::string_view value_column_name = "column";

}  // namespace

Parsed<RowTemplate> RowTemplate::parse(std::string_view text) {
  RowTemplate result;
  VARVE_TRY(BraceTemplate parts, parse_braces(text));
  for (TemplatePart& part : parts) result.parts_.push_back({std::move(part), {}});
  return result;
}

Parsed<void> RowTemplate::resolve(const Find& find) {
  for (Part& part : parts_) {
    if (!part.said.in_braces) continue;
    auto column = find(part.said.text);
    if (column) {
      part.column = *column;
    } else if (part.said.text != value_column_name) {
      return std::unexpected(std::move(column).error());
    }
  }
  return {};
}

std::vector<std::string> RowTemplate::names() const {
  std::vector<std::string> out;
  for (const Part& part : parts_) {
    if (part.said.in_braces && part.said.text != value_column_name) out.push_back(part.said.text);
  }
  return out;
}

bool RowTemplate::is_constant() const {
  return std::ranges::none_of(parts_, [](const Part& part) { return part.said.in_braces; });
}

bool RowTemplate::names_column() const {
  return std::ranges::any_of(parts_, [](const Part& part) {
    return part.said.in_braces && part.said.text == value_column_name && !part.column;
  });
}

bool RowTemplate::takes_cells() const {
  return std::ranges::any_of(parts_, [](const Part& part) { return part.column.has_value(); });
}

std::optional<std::size_t> RowTemplate::find_empty(const std::vector<CsvRow::Field>& row) const {
  for (const Part& part : parts_) {
    if (!part.column) continue;
    if (*part.column >= row.size() || cell_text(row[*part.column]).empty()) return part.column;
  }
  return {};
}

bool RowTemplate::uses(std::size_t column) const {
  return std::ranges::any_of(parts_, [column](const Part& part) { return part.column == column; });
}

void RowTemplate::append(std::string& out, const std::vector<CsvRow::Field>& row,
                         std::string_view column_name) const {
  for (const Part& part : parts_) {
    if (!part.said.in_braces) {
      out += part.said.text;
    } else if (!part.column) {
      out += column_name;
    } else if (*part.column < row.size()) {
      out += cell_text(row[*part.column]);
    }
  }
}

}  // namespace varve::tools
