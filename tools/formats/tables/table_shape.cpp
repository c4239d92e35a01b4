#include "tools/formats/tables/table_shape.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>

#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

namespace {

constexpr std::size_t header_rows = 50;  // Among which it is looked for by names.
constexpr std::size_t date_rows = 500;   // And dates.
constexpr std::size_t date_columns = 64;
constexpr std::size_t other_headers = 10;  // Rows above one that gives a name twice.
constexpr std::size_t exact_digits = 15;
constexpr std::size_t date_digits = 8;  // 20240501

/// Of columns of other languages only what is no word of something else.
constexpr std::array<std::string_view, 14> time_names = {
    "time",      "timestamp", "ts",    "datetime",  "date",        "date/time", "date time",
    "date_time", "_time",     "datum", "zeitpunkt", "zeitstempel", "fecha",     "utc"};

constexpr std::array<std::string_view, 10> usual_nulls = {"-",    "--",   "NA",   "N/A",  "n/a",
                                                          "#N/A", "null", "NULL", "None", "NaN"};

bool has_dates(const TableRow& row) {
  return std::ranges::any_of(row.cells, [](const CsvRow::Field& field) {
    const TimeShape shape = shape_of(cell_text(field));
    return shape == TimeShape::moment || shape == TimeShape::date;
  });
}

bool holds(const TableRow& row, std::string_view name) {
  return std::ranges::any_of(
      row.cells, [name](const CsvRow::Field& field) { return cell_text(field) == name; });
}

bool holds_time_name(const TableRow& row) {
  return std::ranges::any_of(row.cells, [](const CsvRow::Field& field) {
    return is_time_name(lower_name(cell_text(field)));
  });
}

bool holds_key_or_value(const TableRow& row) {
  return std::ranges::any_of(row.cells, [](const CsvRow::Field& field) {
    const std::string name = lower_name(cell_text(field));
    return name == "key" || name == "value";
  });
}

/// The column that has most dates.
std::optional<std::size_t> find_date_column(TableRows rows) {
  std::map<std::size_t, std::size_t> dates;
  for (const TableRow& row : rows.first(std::min(rows.size(), date_rows))) {
    for (std::size_t column = 0; column < std::min(row.cells.size(), date_columns); ++column) {
      const TimeShape shape = shape_of(row.text(column));
      if (shape == TimeShape::moment || shape == TimeShape::date) ++dates[column];
    }
  }
  std::optional<std::size_t> best;
  for (const auto& [column, count] : dates) {
    if (!best || count > dates[*best]) best = column;
  }
  return best;
}

std::optional<std::size_t> find_header_by_names(TableRows rows, const TableWish& wish) {
  std::vector<std::string> asked;
  std::ranges::copy_if(wish.names, std::back_inserter(asked),
                       [](const std::string& name) { return !is_column_number(name); });
  const TableRows first = rows.first(std::min(rows.size(), header_rows));
  const auto index_of = [&](const auto& row) {
    return static_cast<std::size_t>(row - first.begin());
  };
  if (!asked.empty()) {
    const auto row = std::ranges::find_if(first, [&](const TableRow& candidate) {
      return std::ranges::all_of(asked,
                                 [&](const std::string& name) { return holds(candidate, name); });
    });
    if (row != first.end()) return index_of(row);
  }
  const auto may_be = [](const TableRow& candidate) {
    return candidate.filled() > 1 && holds_time_name(candidate) && !has_dates(candidate);
  };
  // Lines such as `Time zone,UTC` stand above tables: the name is best over the dates.
  if (const auto dates = find_date_column(rows)) {
    const auto row = std::ranges::find_if(first, [&](const TableRow& candidate) {
      const bool is_over = is_time_name(lower_name(candidate.text(*dates)));
      return may_be(candidate) && (is_over || holds_key_or_value(candidate));
    });
    if (row != first.end()) return index_of(row);
  }
  const auto row = std::ranges::find_if(first, may_be);
  if (row != first.end()) return index_of(row);
  if (!rows.empty() && holds_key_or_value(rows.front())) return 0;
  return {};
}

/// The names of a row, but for one column.
std::multiset<std::string_view> names_of(const TableRow& row, std::size_t without) {
  std::multiset<std::string_view> names;
  for (std::size_t column = 0; column < row.cells.size(); ++column) {
    const std::string_view name = row.text(column);
    if (column != without && !name.empty()) names.insert(name);
  }
  return names;
}

bool are_different(const std::multiset<std::string_view>& names) {
  return std::ranges::adjacent_find(names) == names.end();
}

bool may_be_header(const TableRow& row) {
  return row.filled() > 0 && !has_dates(row) &&
         std::ranges::any_of(row.cells, [](const CsvRow::Field& field) {
           const std::string_view text = cell_text(field);
           return !text.empty() && !parse_double(text);
         });
}

/// Whether a row has units, or the like, for the names in the row above: it alone says nothing of
/// the time.
bool is_of_units(TableRows rows, std::size_t row, std::size_t time_column) {
  if (row == 0 || !rows[row].text(time_column).empty()) return false;
  const TableRow& above = rows[row - 1];
  return !above.text(time_column).empty() && above.filled() > rows[row].filled() &&
         may_be_header(above) && are_different(names_of(above, time_column));
}

std::optional<std::size_t> find_header_above(TableRows rows, std::size_t data,
                                             std::size_t time_column) {
  if (data == 0) return {};
  const std::size_t nearest = data - 1;
  if (!may_be_header(rows[nearest])) return {};
  if (is_of_units(rows, nearest, time_column)) return nearest - 1;
  if (rows[nearest].filled() < 2 && rows[data].filled() > 1) return {};
  const auto names = names_of(rows[nearest], time_column);
  if (are_different(names)) return nearest;
  for (std::size_t row = nearest; row-- > 0 && nearest - row <= other_headers;) {
    const auto others = names_of(rows[row], time_column);
    if (others.size() >= names.size() && are_different(others) && may_be_header(rows[row])) {
      return row;
    }
  }
  return nearest;
}

/// Without names and dates: whether the first row is one.
bool is_header_by_place(const TableRow& row, const TableWish& wish) {
  if (!wish.has_times) return !parse_value(row.text(wish.value_place), wish.type);
  // Of which unit numbers are is another question: seconds may have a fraction, and others be
  // large.
  const std::string_view time = row.text(wish.time_place);
  return !parse_time(time, TimeUnit::seconds) && !parse_time(time, TimeUnit::nanoseconds);
}

}  // namespace

TablePlace find_table(TableRows rows, const TableWish& wish) {
  if (rows.empty()) return {};
  if (wish.header) return *wish.header ? TablePlace{0, 1} : TablePlace{{}, 0};
  if (const auto header = find_header_by_names(rows, wish)) return {header, *header + 1};
  if (wish.has_times) {
    if (const auto column = find_date_column(rows)) {
      const auto first = std::ranges::find_if(rows, [&](const TableRow& row) {
        const TimeShape shape = shape_of(row.text(*column));
        const bool dated = shape == TimeShape::moment || shape == TimeShape::date;
        return dated && (row.filled() > 1 || row.cells.size() == 1);
      });
      if (first != rows.end()) {
        const auto data = static_cast<std::size_t>(first - rows.begin());
        return {find_header_above(rows, data, *column), data};
      }
    }
  }
  return is_header_by_place(rows.front(), wish) ? TablePlace{0, 1} : TablePlace{{}, 0};
}

TimeShape shape_of(std::string_view cell) {
  cell = trimmed(cell);
  const TimeShape shape = time_shape(cell);
  return shape == TimeShape::none && find_interval(cell) ? TimeShape::moment : shape;
}

ColumnKind column_kind(TableRows data, std::size_t column, const NumberForm& numbers,
                       bool digits_may_be_dates) {
  std::map<TimeShape, std::size_t> shapes;
  std::size_t filled = 0;
  std::size_t long_numbers = 0;
  bool number = false;
  std::string scratch;
  for (const TableRow& row : data) {
    const std::string_view cell = trimmed(row.text(column));
    if (cell.empty()) continue;
    ++filled;
    const bool digits = cell.find_first_not_of("0123456789") == std::string_view::npos;
    const bool is_counter = digits && cell.size() == date_digits && !digits_may_be_dates;
    ++shapes[is_counter ? TimeShape::none : shape_of(cell)];
    if (digits && cell.size() > exact_digits) ++long_numbers;
    if (number || !(cell.front() == '-' || cell.front() == '+' || cell.front() == '.' ||
                    (cell.front() >= '0' && cell.front() <= '9'))) {
      continue;
    }
    const auto plain = plain_number(cell, numbers, scratch);
    number = plain && parse_double(*plain);
  }
  if (filled == 0) return ColumnKind::empty;
  const std::size_t dated = shapes[TimeShape::moment] + shapes[TimeShape::date];
  // Between the rows of data may stand other lines, and a second header.
  if (3 * dated > filled) {
    return shapes[TimeShape::moment] > 0 ? ColumnKind::moment : ColumnKind::date;
  }
  if (2 * shapes[TimeShape::clock] > filled) return ColumnKind::clock;
  if (2 * long_numbers > filled) return ColumnKind::identifier;
  return number ? ColumnKind::number : ColumnKind::text;
}

std::size_t count_columns(TableRows data, const TableRow* header) {
  std::map<std::size_t, std::size_t> counts;
  std::size_t rows = 0;
  for (const TableRow& row : data) {
    // A line of other things is none.
    if (row.filled() < 2 && row.cells.size() > 1) continue;
    ++counts[row.width()];
    ++rows;
  }
  std::size_t seen = 0;
  for (const auto& [width, count] : counts) {
    if (10 * count >= rows) seen = std::max(seen, width);
  }
  if (rows == 0) {
    for (const TableRow& row : data) seen = std::max(seen, row.cells.size());
  }
  if (header == nullptr) return seen;
  const std::size_t named = header->width();
  const auto wider = static_cast<std::size_t>(
      std::ranges::count_if(data, [named](const TableRow& row) { return row.width() > named; }));
  return 2 * wider > data.size() ? std::max(seen, named) : named;
}

bool is_usual_null(std::string_view text) {
  return std::ranges::find(usual_nulls, text) != usual_nulls.end();
}

bool is_time_name(std::string_view name) {
  return std::ranges::find(time_names, name) != time_names.end();
}

std::string lower_name(std::string_view text) {
  std::string out(trimmed(text));
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool is_column_number(std::string_view column) {
  return !column.empty() && column.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace varve::tools
