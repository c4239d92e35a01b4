#include <algorithm>
#include <map>
#include <utility>

#include "tools/formats/record_limits.hpp"
#include "tools/formats/tables/csv_table.hpp"
#include "tools/formats/tables/date_shape.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

using Columns = std::vector<std::size_t>;

/// Whether values may be other than numbers, so that columns of text are values too.
bool takes_text(const CsvOptions& options) {
  return options.type && *options.type != ColumnType::double_ && *options.type != ColumnType::int64;
}

/// A column `type` is one of types where most of its cells are such.
std::optional<std::size_t> find_type(const CsvTable& table) {
  const auto column = table.find_name("type");
  if (!column || table.options.type || table.is_skipped(*column)) return {};
  std::size_t types = 0;
  for (const TableRow& row : table.data) {
    if (parse_column_type(row.text(*column))) ++types;
  }
  if (2 * types <= table.data.size() && !table.data.empty()) return {};
  return column;
}

/// Columns that tell rows apart and are no values: for advice.
std::string telling_columns(const CsvTable& table, const CsvLayout& layout) {
  std::string out;
  for (const ColumnKind kind : {ColumnKind::text, ColumnKind::identifier}) {
    for (const std::size_t column : columns_of(table, layout, kind)) {
      const std::string_view before = table.data.front().text(column);
      const bool differs = std::ranges::any_of(
          table.data, [&](const TableRow& row) { return row.text(column) != before; });
      if (differs) out += '{' + table.title(column) + '}';
    }
  }
  return out;
}

std::unexpected<Problem> no_key(const CsvTable& table, const CsvLayout& layout) {
  const std::string columns = table.data.empty() ? "" : telling_columns(table, layout);
  std::string advice = columns;
  for (std::size_t at = advice.find("}{"); at != std::string::npos; at = advice.find("}{", at)) {
    advice.replace(at, 2, "}/{");
  }
  return problem(
      "which column is the key? Say it with --key-column (or give one key to all rows with --key" +
      (advice.empty() ? std::string() : ", a key of columns as --key '" + advice + "'") +
      "); the first row is: " + table.listed());
}

/// Says which columns are left out, and why.
void leave_out(const CsvTable& table, CsvLayout& layout, const Columns& columns, const char* why) {
  if (columns.empty()) return;
  layout.decisions.push_back(std::string(left_out_mark) + ", " + why + ": " +
                             table.listed(columns));
}

std::unexpected<Problem> out_of_order(const std::string& name, std::size_t column) {
  return problem("the columns are times of day, and " + quote(name) +
                 " comes behind a later one: --skip-column " + std::to_string(column + 1) +
                 " leaves it out");
}

/// Every column that holds numbers, or may.
void take_series(const CsvTable& table, CsvLayout& layout) {
  Columns nameless;
  Columns times;
  Columns identifiers;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    if (is_used(table, layout, column)) continue;
    const ColumnKind kind = table.kinds[column];
    const CsvLayout::Series series{column, table.title(column)};
    if (table.header != nullptr && table.name(column).empty()) {
      if (kind != ColumnKind::empty) nameless.push_back(column);
    } else if (takes_text(table.options) || kind == ColumnKind::number ||
               kind == ColumnKind::empty) {
      layout.series.push_back(series);
    } else if (kind == ColumnKind::text) {
      layout.watched.push_back(series);
    } else {
      (kind == ColumnKind::identifier ? identifiers : times).push_back(column);
    }
  }
  leave_out(table, layout, nameless, "without a name (--columns takes them by number)");
  leave_out(table, layout, times, "times");
  leave_out(table, layout, identifiers, "numbers of over 15 digits (--columns takes them)");
}

Parsed<void> take_asked_series(const CsvTable& table, CsvLayout& layout) {
  for (const std::string& name : table.options.columns) {
    VARVE_TRY(const std::size_t column, table.find(name));
    const bool twice = std::ranges::any_of(
        layout.series, [column](const CsvLayout::Series& other) { return other.column == column; });
    if (!twice) layout.series.push_back({column, table.title(column)});
    layout.columns = std::max(layout.columns, column + 1);
  }
  return {};
}

Parsed<void> check_names_differ(const CsvLayout& layout) {
  std::map<std::string_view, const CsvLayout::Series*> columns;
  for (const CsvLayout::Series& series : layout.series) {
    const auto [other, is_new] = columns.try_emplace(series.name, &series);
    if (!is_new) return problem(same_name_text(*other->second, series));
  }
  return {};
}

/// Of columns whose names are times of day all that are, whatever they hold. A day may end with
/// 00:00, which is that of the next one.
Parsed<void> take_times_of_day(const CsvTable& table, CsvLayout& layout) {
  Columns others;
  int before = 0;
  for (std::size_t column = 0; column < table.columns(); ++column) {
    if (is_used(table, layout, column)) continue;
    const auto clock = clock_of_day(table.name(column));
    if (!clock) {
      if (table.kinds[column] != ColumnKind::empty) others.push_back(column);
      continue;
    }
    std::string name(*clock);
    const int minute = minute_of_day(name);
    const bool is_midnight =
        minute == 0 && before > 0 && name.find(' ') == std::string::npos && name.back() == '0';
    if (is_midnight) name.replace(0, name.find(':'), "24");
    const auto& asked = table.options.columns;
    if (!asked.empty() && !table.is_named_by(asked, column)) continue;
    if (minute < before && !is_midnight) {
      return out_of_order(name, column);
    }
    before = is_midnight ? minutes_in_day : minute;
    layout.series.push_back({column, std::move(name)});
  }
  leave_out(table, layout, others, "no times of day");
  return {};
}

/// Whether a column of text says more than that there is no number.
bool has_texts(const CsvTable& table, const CsvLayout& layout) {
  return std::ranges::any_of(layout.watched, [&](const CsvLayout::Series& series) {
    return std::ranges::any_of(table.data, [&](const TableRow& row) {
      const std::string_view text = trimmed(row.text(series.column));
      return !text.empty() && !is_usual_null(text) &&
             std::ranges::find(table.options.nulls, text) == table.options.nulls.end();
    });
  });
}

Parsed<void> settle_wide(const CsvTable& table, CsvLayout& layout) {
  if (layout.grid) {
    VARVE_CHECK(take_times_of_day(table, layout));
  } else if (table.options.columns.empty()) {
    take_series(table, layout);
  } else {
    VARVE_CHECK(take_asked_series(table, layout));
  }
  if (!layout.is_wide()) {
    return problem("no column holds values; the first row is: " + table.listed());
  }
  if (layout.series.empty() && has_texts(table, layout)) {
    return problem("no column holds numbers; --type bytes or auto takes texts; the first row is: " +
                   table.listed());
  }
  if (layout.grid) {
    if (!layout.key_template && layout.label_templates.empty()) {
      return problem(
          "the columns are times of day, so all values are of one series: give its key " +
          std::string("with --key"));
    }
    return check_times_differ(table, layout);
  }
  VARVE_CHECK(check_names_differ(layout));
  if (layout.key_template && !layout.key_template->names_column() &&
      layout.series.size() + layout.watched.size() > 1) {
    return problem("--key gives " + std::to_string(layout.series.size()) +
                   " columns one key: put {column} into it, or choose one with --value-column");
  }
  if (!layout.key_template && layout.label_templates.empty()) {
    for (const CsvLayout::Series& series : layout.series) {
      auto fits = check_key(table.options.prefix + series.name);
      if (!fits) return std::unexpected(std::move(fits).error());
    }
  }
  return check_times_differ(table, layout);
}

/// "12.5 kWh", and not the "7M1" of a meter's name.
bool is_number_with_unit(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  const std::size_t unit = text.find_first_not_of("0123456789.,");
  return unit != 0 && unit != std::string_view::npos && digits.contains(text.front()) &&
         text.find_first_of(digits, unit) == std::string_view::npos;
}

/// Columns of text most of whose cells are numbers with a unit: any may be the value.
Columns columns_with_units(const CsvTable& table, const CsvLayout& layout) {
  Columns columns = columns_of(table, layout, ColumnKind::text);
  std::erase_if(columns, [&](std::size_t column) {
    std::ptrdiff_t balance = 0;
    for (const TableRow& row : table.data) {
      const std::string_view text = trimmed(row.text(column));
      if (text.empty()) continue;
      balance += is_number_with_unit(text) ? 1 : -1;
    }
    return balance <= 0;
  });
  return columns;
}

Parsed<std::size_t> find_value(const CsvTable& table, const CsvLayout& layout) {
  const CsvPlaces places = places_of(table.options);
  const Columns numbers = columns_of(table, layout, ColumnKind::number);
  const Columns with_units = columns_with_units(table, layout);
  if (numbers.size() == 1 && with_units.empty()) return numbers.front();
  if (table.columns() == places.columns && !is_used(table, layout, places.value)) {
    return places.value;
  }
  return problem("which column is the value? Say it with --value-column" +
                 (numbers.empty() || !with_units.empty()
                      ? std::string()
                      : ", or put {column} into --key for all of " + table.listed(numbers)) +
                 "; the first row is: " + table.listed());
}

/// Whether nothing but the places of key, time and value says what they are, and may.
bool goes_by_place(const CsvTable& table, const CsvLayout& layout) {
  const CsvPlaces places = places_of(table.options);
  if (table.columns() != places.columns) return false;
  if (!table.options.start && layout.time != places.time) return false;
  return table.header == nullptr || table.kinds[places.key] == ColumnKind::text ||
         table.kinds[places.key] == ColumnKind::identifier;
}

}  // namespace

Parsed<void> settle_templates(const CsvTable& table, CsvLayout& layout) {
  const auto find = [&table](const std::string& name) -> Parsed<std::size_t> {
    auto column = table.find(name);
    if (!column) {
      return problem("{" + name + "}: " + column.error().text +
                     "; {file} and {stem} stand for the file's name in --key");
    }
    return column;
  };
  if (table.options.key) {
    VARVE_TRY(layout.key_template, RowTemplate::parse(*table.options.key));
    VARVE_CHECK(layout.key_template->resolve(find));
  }
  for (const CsvOptions::LabelText& label : table.options.labels) {
    VARVE_TRY(RowTemplate value, RowTemplate::parse(label.value));
    VARVE_CHECK(value.resolve(find));
    layout.label_templates.push_back({label.name, std::move(value)});
  }
  return {};
}

Parsed<void> settle_values(const CsvTable& table, CsvLayout& layout) {
  const CsvOptions& options = table.options;
  const bool wants_wide = options.wide || !options.columns.empty() || layout.grid ||
                          (layout.key_template && layout.key_template->names_column());
  if (wants_wide && !options.value_column) return settle_wide(table, layout);

  const bool keyed = options.key || !options.labels.empty();
  if (options.key_column) {
    VARVE_TRY(layout.key, table.find(*options.key_column));
  } else if (!keyed) {
    layout.key = table.find_name("key");
  }
  layout.type = find_type(table);
  if (options.value_column) {
    VARVE_TRY(layout.value, table.find(*options.value_column));
  } else {
    layout.value = table.find_name("value");
    if (layout.value && is_used(table, layout, *layout.value)) layout.value.reset();
  }
  if (!keyed && !layout.key) {
    if (goes_by_place(table, layout)) {
      layout.key = places_of(options).key;
    } else if (layout.value || table.header == nullptr) {
      return no_key(table, layout);
    } else {
      layout.type.reset();
      return settle_wide(table, layout);
    }
  }
  if (!layout.value) {
    VARVE_TRY(layout.value, find_value(table, layout));
  }
  layout.value_name = table.title(*layout.value);
  return check_times_differ(table, layout);
}

}  // namespace varve::tools
