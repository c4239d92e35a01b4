#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "tools/formats/tables/csv_table.hpp"
#include "tools/formats/time_format.hpp"
#include "tools/formats/time_reader.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

using Columns = std::vector<std::size_t>;

/// Of so many rows one may have the time of another: clocks are set back once a year.
constexpr std::size_t rows_by_twin = 20;

/// Whether rows of one time are of one series, whatever else they say.
bool is_checked(const CsvTable& table, const CsvLayout& layout) {
  if (!layout.time || layout.key || !table.options.columns.empty() || table.data.empty()) {
    return false;
  }
  if (layout.key_template && layout.key_template->takes_cells()) return false;
  return std::ranges::none_of(layout.label_templates, [](const CsvLayout::Label& label) {
    return label.value.takes_cells();
  });
}

/// Of each row, as an import reads it: so an hour that clocks show twice is two in its zone. Of a
/// grid the day is enough.
std::vector<std::optional<Timestamp>> moments_of(const CsvTable& table, const CsvLayout& layout) {
  std::vector<std::optional<Timestamp>> moments(table.data.size());
  TimeForm form = table.options.time;
  if (!layout.time_pattern.empty()) {
    auto format = parse_time_format(layout.time_pattern);
    if (!format) return moments;
    form.format = *std::move(format);
  }
  TimeReader times(std::move(form));
  for (std::size_t i = 0; i < moments.size() && !times.is_refused(); ++i) {
    std::string text = time_text_of(table.data[i], layout);
    if (layout.grid) text.append(" ").append(layout.series.front().name);
    if (const auto ts = times.read(text)) moments[i] = *ts;
  }
  return moments;
}

Columns telling_of(const CsvTable& table, const CsvLayout& layout) {
  Columns telling = columns_of(table, layout, ColumnKind::text);
  const Columns identifiers = columns_of(table, layout, ColumnKind::identifier);
  telling.insert(telling.end(), identifiers.begin(), identifiers.end());
  std::erase_if(telling, [&](std::size_t column) { return column == layout.value; });
  return telling;
}

bool differ(const TableRow& one, const TableRow& other, std::size_t column) {
  return trimmed(one.text(column)) != trimmed(other.text(column));
}

/// Whether one of two rows of one time would take a value of the other away.
bool are_in_conflict(const CsvLayout& layout, const TableRow& one, const TableRow& other) {
  const auto is_value = [](std::string_view text) {
    return !trimmed(text).empty() && !is_usual_null(trimmed(text));
  };
  const auto conflicts = [&](std::size_t column) {
    return is_value(one.text(column)) && is_value(other.text(column)) && differ(one, other, column);
  };
  if (layout.value) return conflicts(*layout.value);
  return std::ranges::any_of(
      layout.series, [&](const CsvLayout::Series& series) { return conflicts(series.column); });
}

/// A column of whole numbers in which two rows differ, and which is not all that they hold: the
/// number of a meter, an hour.
std::optional<std::size_t> find_telling_number(const CsvTable& table, const CsvLayout& layout,
                                               const TableRow& one, const TableRow& other) {
  if (!layout.value && layout.series.size() < 2) return {};
  for (const std::size_t column : columns_of(table, layout, ColumnKind::number)) {
    if (column == layout.value || layout.grid || !differ(one, other, column)) continue;
    const bool is_whole = std::ranges::all_of(table.data, [column](const TableRow& row) {
      return trimmed(row.text(column)).find_first_not_of("0123456789") == std::string_view::npos;
    });
    if (is_whole) return column;
  }
  return {};
}

/// Rows of one time whose values are not the same.
struct Twins {
  std::size_t rows = 0;
  const TableRow* first = nullptr;  // Of one such pair.
  const TableRow* second = nullptr;
};

Parsed<void> check_twins(const CsvTable& table, const CsvLayout& layout, const Twins& twins) {
  if (rows_by_twin * twins.rows <= table.data.size()) return {};
  const auto column = find_telling_number(table, layout, *twins.first, *twins.second);
  if (!column && layout.value) return {};  // It is said how many took the place of others.
  std::string text = std::to_string(twins.rows) + " of " + std::to_string(table.data.size()) +
                     " rows have a time that another row has, such as " +
                     quote(time_text_of(*twins.first, layout)) + ", and other values: ";
  const std::string behind = layout.value || layout.grid ? "}'" : "}/{column}'";
  if (!column) {
    return problem(text + "name the series by a column with --key '{NAME" + behind +
                   ", or take all as they are with --columns");
  }
  const std::string name = table.title(*column);
  if (!layout.clock) {
    text += "if " + quote(name) + " belongs to the time, join it with --time-column '" +
            table.title(*layout.time) + '+' + name + "'; ";
  }
  text += "if it tells series apart, name them by it with --key '{" + name + behind;
  return problem(text + (layout.value ? "; else leave it out with --skip-column '" + name + "'"
                                      : "; else take all as they are with --columns"));
}

}  // namespace

Parsed<void> check_times_differ(const CsvTable& table, CsvLayout& layout) {
  if (!is_checked(table, layout)) return {};
  const Columns telling = telling_of(table, layout);
  const auto moments = moments_of(table, layout);
  const bool is_wide = layout.is_wide() && !layout.grid;
  struct Seen {
    const TableRow* row = nullptr;
    bool is_twin = false;
  };
  std::map<Timestamp, Seen> rows;
  Twins twins;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    if (!moments[i]) continue;
    const TableRow& row = table.data[i];
    const auto [at, is_new] = rows.try_emplace(*moments[i], Seen{&row, false});
    if (is_new) continue;
    Seen& before = at->second;
    for (const std::size_t column : telling) {
      if (!differ(row, *before.row, column)) continue;
      return problem(
          mixed_rows_text("two rows have the time " + quote(time_text_of(row, layout)) + " and",
                          table.title(column), is_wide));
    }
    if (!are_in_conflict(layout, row, *before.row)) continue;
    twins.rows += before.is_twin ? 1 : 2;
    before.is_twin = true;
    if (twins.first == nullptr) twins = {twins.rows, before.row, &row};
  }
  if (twins.rows > 0) {
    if (auto fits = check_twins(table, layout, twins); !fits) return fits;
  }
  // A grid has one time in each row for many values; a series of its own is told by nothing else.
  for (const std::size_t column : telling) {
    const bool is_series = std::ranges::any_of(
        layout.series, [column](const CsvLayout::Series& one) { return one.column == column; });
    if (!layout.grid && !is_series) layout.telling.push_back({column, table.title(column)});
  }
  return {};
}

}  // namespace varve::tools
