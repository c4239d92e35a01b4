#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "tools/formats/tables/csv_table.hpp"
#include "tools/formats/tables/date_shape.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr std::size_t pattern_rows_max = sniffed_rows_max;

constexpr std::size_t rows_of_years = 3;

/// Names of a time of day beside a date.
constexpr std::array<std::string_view, 12> clock_names = {
    "time", "hora", "heure", "uhrzeit",    "zeit",       "hour",
    "tid",  "ora",  "hours", "start time", "local time", "time of day"};
/// Parts of names of what only looks like one.
constexpr std::array<std::string_view, 7> other_clocks = {
    "duration", "dauer", "elapsed", "sunrise", "sunset", "sonnenauf", "sonnenunter"};

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

/// The name in small letters, without what stands behind it in brackets.
std::string bare_name(const CsvTable& table, std::size_t column) {
  const std::string name = lower_name(table.name(column));
  return std::string(trimmed(std::string_view(name).substr(0, name.find_first_of("([", 1))));
}

bool has_clock_name(const CsvTable& table, std::size_t column) {
  return std::ranges::find(clock_names, bare_name(table, column)) != clock_names.end();
}

/// Times of day that are none of the row: how long something was, and when the sun rose.
bool has_other_name(const CsvTable& table, std::size_t column) {
  const std::string name = lower_name(table.name(column));
  return std::ranges::any_of(other_clocks, [&name](std::string_view part) {
    return name.find(part) != std::string::npos;
  });
}

/// The times of day beside a column of dates: in the next column behind it, or in one that is
/// called so. Where no names say what they are, in any.
std::optional<std::size_t> find_clock(const CsvTable& table, const CsvLayout& layout,
                                      std::size_t date) {
  std::optional<std::size_t> first;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    if (table.kinds[column] != ColumnKind::clock || table.is_skipped(column) ||
        layout.takes_for_names(column)) {
      continue;
    }
    const bool is_next = column == date + 1 && !has_other_name(table, column);
    if (table.header != nullptr && !is_next && !has_clock_name(table, column)) continue;
    if (column > date) return column;
    if (!first) first = column;
  }
  return first;
}

std::unexpected<Problem> unread_clock(const std::string& date, const std::string& name) {
  return problem(quote(date) + " holds days alone, and " + quote(name) +
                 " is no time of day in a usual form: join them with --time-column '" + date + '+' +
                 name +
                 "' and say the form with --time-format, such as '%Y-%m-%d %H', or leave it " +
                 "out with --skip-column '" + name + "'");
}

/// Beside days alone, a column that is called a time of day and does not read as one: each row
/// would be at midnight.
Parsed<void> check_clock_is_read(const CsvTable& table, const CsvLayout& layout) {
  const CsvOptions& options = table.options;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    const ColumnKind kind = table.kinds[column];
    const bool may_be =
        kind == ColumnKind::number || kind == ColumnKind::text || kind == ColumnKind::identifier;
    const bool is_asked = options.columns.empty() || table.is_named_by(options.columns, column);
    const auto is_named = [&](const std::optional<std::string>& asked) {
      return asked && table.is_named_by({*asked}, column);
    };
    const bool is_value = is_named(options.value_column) || is_named(options.key_column);
    if (column == layout.time || !may_be || !is_asked || is_value || table.is_skipped(column) ||
        layout.takes_for_names(column) || !has_clock_name(table, column)) {
      continue;
    }
    return unread_clock(table.title(*layout.time), table.title(column));
  }
  return {};
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

/// Whether the columns are times of day. Those that name series or are left out do not count, nor
/// do texts; numbers of something else are left out by somebody's word alone.
Parsed<bool> find_grid(const CsvTable& table, const CsvLayout& layout, std::size_t date) {
  const CsvOptions& options = table.options;
  if (table.header == nullptr || options.value_column || table.kinds[date] != ColumnKind::date) {
    return false;
  }
  std::size_t clocks = 0;
  std::vector<std::size_t> others;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    const std::string_view name = table.name(column);
    if (column == date || name.empty() || table.is_skipped(column)) continue;
    if (clock_of_day(name)) {
      ++clocks;
    } else if (table.kinds[column] == ColumnKind::number && !layout.takes_for_names(column) &&
               (options.columns.empty() || table.is_named_by(options.columns, column))) {
      others.push_back(column);
    }
  }
  if (clocks < 2 || others.size() >= clocks) return false;
  if (others.empty()) return true;
  const std::string name = table.title(others.front());
  return problem("columns are times of day, and " + quote(name) + " is none: --skip-column '" +
                 name + "' leaves it out, --key '{" + name + "}' names the series by it");
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
    std::string cell = time_text_of(row, layout);
    if (cell.empty()) continue;
    if (layout.grid) cell.append(" ").append(of_day);
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::string interval_of(const CsvTable& table, std::size_t column) {
  std::map<std::string_view, std::size_t> found;
  for (const TableRow& row : table.data) {
    if (const auto between = find_interval(trimmed(row.text(column)))) ++found[*between];
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
  if (!layout.clock) {
    VARVE_TRY(layout.grid, find_grid(table, layout, *layout.time));
  }
  if (!layout.clock && !layout.grid && !is_of_dates(options.time) &&
      table.kinds[*layout.time] == ColumnKind::date) {
    layout.clock = find_clock(table, layout, *layout.time);
    if (!layout.clock && !options.time_column) VARVE_CHECK(check_clock_is_read(table, layout));
  }
  if (!layout.clock && !layout.grid) layout.interval = interval_of(table, *layout.time);

  const std::vector<std::string> cells = time_cells(table, layout);
  if (!cells.empty()) layout.first_time = cells.front();
  if (options.time.format) return {};
  VARVE_TRY(layout.time_pattern, time_pattern(cells));
  if (layout.time_pattern.empty()) layout.time_pattern = year_pattern(cells);
  const bool may_be_years = layout.time_pattern == "%Y" && !options.time.unit;
  if (may_be_years && !table.is_whole && cells.size() < rows_of_years) {
    return problem("whether the first times are years or other numbers needs more rows");
  }
  // Numbers whose unit is said are no dates.
  const bool digits = layout.time_pattern.starts_with("%Y%m") || layout.time_pattern == "%Y";
  if (options.time.unit && digits) layout.time_pattern.clear();
  return {};
}

}  // namespace varve::tools
