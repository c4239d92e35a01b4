#include <algorithm>
#include <map>
#include <utility>

#include "tools/formats/tables/csv_table.hpp"
#include "tools/formats/tables/date_shape.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr std::size_t pattern_rows_max = sniffed_rows_max;

bool is_dated(ColumnKind kind) { return kind == ColumnKind::moment || kind == ColumnKind::date; }

/// --time-column: one column, or two with a plus between.
Parsed<void> take_asked(const CsvTable& table, const std::string& asked, CsvLayout& layout) {
  auto one = table.find(asked);
  const std::size_t plus = asked.find('+');
  if (one || plus == std::string::npos) {
    if (!one) return std::unexpected(std::move(one).error());
    layout.time = *one;
    return {};
  }
  VARVE_TRY(layout.time, table.find(asked.substr(0, plus)));
  VARVE_TRY(layout.clock, table.find(asked.substr(plus + 1)));
  return {};
}

/// Of the columns with a usual name the first that holds dates; else the first that may hold
/// numbers.
std::optional<std::size_t> find_named(const CsvTable& table) {
  std::optional<std::size_t> best;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    if (!is_time_name(lower_name(table.name(column))) || table.is_skipped(column)) continue;
    const ColumnKind kind = table.kinds[column];
    if (kind == ColumnKind::moment) return column;
    if (!best || (is_dated(kind) && !is_dated(table.kinds[*best]))) best = column;
  }
  if (best && table.kinds[*best] == ColumnKind::clock) return {};
  return best;
}

std::optional<std::size_t> find_dated(const CsvTable& table) {
  for (std::size_t column = 0; column < table.columns(); ++column) {
    if (is_dated(table.kinds[column]) && !table.is_skipped(column)) return column;
  }
  return {};
}

/// Where a time is expected, if the table has as many columns as nothing but key, time and value.
std::optional<std::size_t> find_by_place(const CsvTable& table) {
  const CsvPlaces places = places_of(table.options);
  const bool has_key_place = places.time != 0;
  const bool keyed = !has_key_place || table.header == nullptr || table.columns() == 0 ||
                     table.kinds[places.key] == ColumnKind::text ||
                     table.kinds[places.key] == ColumnKind::identifier;
  if (table.columns() == places.columns && keyed) return places.time;
  const bool wide = table.options.wide || !table.options.columns.empty();
  if (wide && places.time < table.columns()) return places.time;
  return {};
}

/// The times of day beside a column of dates: the next one behind it, else the first.
std::optional<std::size_t> find_clock(const CsvTable& table, std::size_t date) {
  std::optional<std::size_t> first;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    if (table.kinds[column] != ColumnKind::clock || table.is_skipped(column)) continue;
    if (column > date) return column;
    if (!first) first = column;
  }
  return first;
}

/// Whether a form that was given is of a date alone. The names of forms take a time of day too.
bool is_of_dates(const TimeForm& times) {
  if (!times.format) return false;
  const std::string& text = times.format->text();
  if (text.find('%') == std::string::npos) return false;
  for (const std::string_view part : {"%H", "%I", "%k", "%l", "%T", "%R"}) {
    if (text.find(part) != std::string::npos) return false;
  }
  return true;
}

bool is_grid(const CsvTable& table, std::size_t date) {
  if (table.header == nullptr || table.kinds[date] != ColumnKind::date) return false;
  std::size_t clocks = 0;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    const std::string_view name = table.name(column);
    if (column == date || name.empty()) continue;
    if (!clock_of_day(name)) return false;
    ++clocks;
  }
  return clocks > 1;
}

/// What the rows say as their time, put together.
std::vector<std::string> time_cells(const CsvTable& table, const CsvLayout& layout) {
  std::string_view of_day;
  for (std::size_t column = 0; layout.grid && column < table.columns() && of_day.empty();
       ++column) {
    if (column != *layout.time) of_day = clock_of_day(table.name(column)).value_or("");
  }
  std::vector<std::string> cells;
  for (const TableRow& row : table.data.first(std::min(table.data.size(), pattern_rows_max))) {
    std::string_view text = row.text(*layout.time);
    if (!layout.interval.empty()) text = text.substr(0, text.find(layout.interval));
    if (text.empty()) continue;
    std::string& cell = cells.emplace_back(text);
    if (layout.clock) cell.append(" ").append(row.text(*layout.clock));
    if (layout.grid) cell.append(" ").append(of_day);
  }
  return cells;
}

std::string interval_of(const CsvTable& table, std::size_t column) {
  std::map<std::string_view, std::size_t> found;
  for (const TableRow& row : table.data) {
    if (const auto between = find_interval(row.text(column))) ++found[*between];
  }
  for (const auto& [between, count] : found) {
    if (2 * count > table.data.size() / 2) return std::string(between);
  }
  return {};
}

}  // namespace

Parsed<void> settle_times(const CsvTable& table, CsvLayout& layout) {
  const CsvOptions& options = table.options;
  if (options.start) return {};
  if (options.time_column) {
    VARVE_CHECK(take_asked(table, *options.time_column, layout));
  } else {
    layout.time = find_named(table);
    if (!layout.time) layout.time = find_dated(table);
    if (!layout.time) layout.time = find_by_place(table);
  }
  if (!layout.time) {
    return problem("which column is the time? Say it with --time-column; the first row is: " +
                   table.listed());
  }
  // A column that is asked for may lie behind those that the rows have.
  if (*layout.time >= table.columns()) return {};
  layout.grid = !layout.clock && is_grid(table, *layout.time);
  if (!layout.clock && !layout.grid && !is_of_dates(options.time) &&
      table.kinds[*layout.time] == ColumnKind::date) {
    layout.clock = find_clock(table, *layout.time);
  }
  if (!layout.clock && !layout.grid) layout.interval = interval_of(table, *layout.time);

  const std::vector<std::string> cells = time_cells(table, layout);
  if (!cells.empty()) layout.first_time = cells.front();
  if (options.time.format) return {};
  VARVE_TRY(layout.time_pattern, time_pattern(cells));
  if (layout.time_pattern.empty()) layout.time_pattern = year_pattern(cells);
  // Numbers whose unit is said are no dates.
  const bool digits = layout.time_pattern.starts_with("%Y%m") || layout.time_pattern == "%Y";
  if (options.time.unit && digits) layout.time_pattern.clear();
  return {};
}

}  // namespace varve::tools
