#include <algorithm>
#include <span>

#include "tools/varve/import/csv_reader.hpp"

namespace varve::tools {

namespace {

using Fields = std::vector<CsvRow::Field>;
using Names = std::span<const std::string_view>;

constexpr std::string_view key_names[] = {"key"};
constexpr std::string_view time_names[] = {"time", "timestamp", "ts", "datetime", "date"};
constexpr std::string_view value_names[] = {"value"};
constexpr std::string_view type_names[] = {"type"};

std::string lower(std::string_view text) {
  std::string out(trimmed(text));
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::optional<std::size_t> find_name(const Fields& first, Names names) {
  for (const std::string_view name : names) {
    const auto found = std::ranges::find_if(
        first, [name](const CsvRow::Field& field) { return lower(field.text) == name; });
    if (found != first.end()) return static_cast<std::size_t>(found - first.begin());
  }
  return {};
}

bool is_number(const std::string& column) {
  return !column.empty() && column.find_first_not_of("0123456789") == std::string::npos;
}

std::string listed(const Fields& first) {
  std::string out;
  for (const CsvRow::Field& field : first) out += (out.empty() ? "" : ", ") + printable(field.text);
  return out;
}

/// The column that an option names.
Parsed<std::size_t> find_asked(const std::string& column, const Fields& first) {
  const auto found = std::ranges::find_if(
      first, [&](const CsvRow::Field& field) { return trimmed(field.text) == column; });
  if (found != first.end()) return static_cast<std::size_t>(found - first.begin());
  if (is_number(column)) {
    const auto number = parse_int64(column);
    if (number && *number >= 1 && static_cast<std::size_t>(*number) <= first.size()) {
      return static_cast<std::size_t>(*number - 1);
    }
    return problem("there is no column " + column + ": the file has " +
                   std::to_string(first.size()));
  }
  return problem("there is no column " + quote(column) + " in the header: " + listed(first));
}

/// Where the parts of a row lie when nothing names them.
struct Places {
  std::size_t columns = 0;
  std::size_t key = 0, time = 0, value = 0;
};

Places places_of(const CsvOptions& options) {
  Places places;
  if (!options.key && !options.wide) places.key = places.columns++;
  if (!options.start) places.time = places.columns++;
  places.value = places.columns++;
  return places;
}

bool is_header(const CsvOptions& options, const Fields& first) {
  for (const auto* column : {&options.key_column, &options.time_column, &options.value_column}) {
    if (*column && !is_number(**column)) return true;
  }
  for (const Names names : {Names(key_names), Names(time_names), Names(value_names)}) {
    if (find_name(first, names)) return true;
  }
  const Places places = places_of(options);
  const auto field = [&](const std::optional<std::string>& asked, std::size_t place) {
    if (asked) place = find_asked(*asked, first).value_or(place);
    return place < first.size() ? trimmed(first[place].text) : std::string_view();
  };
  if (!options.start)
    return !parse_time(field(options.time_column, places.time), options.time_unit);
  const ColumnType type = options.type.value_or(ColumnType::double_);
  return !parse_value(field(options.value_column, places.value), type);
}

}  // namespace

Parsed<CsvLayout> csv_layout(const CsvOptions& options, const Fields& first) {
  CsvLayout layout;
  layout.columns = first.size();
  layout.header = !options.no_header && is_header(options, first);
  const Places places = places_of(options);

  std::string why;
  const auto find = [&](const char* option, const std::optional<std::string>& asked, Names names,
                        std::size_t place) -> std::optional<std::size_t> {
    if (asked) {
      if (const auto column = find_asked(*asked, first))
        return *column;
      else
        why = column.error().text;
      return {};
    }
    if (layout.header) {
      if (const auto column = find_name(first, names)) return column;
    }
    if (first.size() == places.columns || (options.wide && place < first.size())) return place;
    if (why.empty()) {
      why = "which column is the " + std::string(names.front()) + "? Say it with " + option +
            "; the first row is: " + listed(first);
    }
    return {};
  };

  if (!options.start) {
    layout.time = find("--time-column", options.time_column, time_names, places.time);
    if (!layout.time) return problem(why);
  }
  if (options.wide) {
    if (!layout.header) return problem("--wide needs a header, which names the series");
    for (std::size_t column = 0; column < first.size(); ++column) {
      if (column == layout.time) continue;
      if (first[column].text.empty()) return problem("the header has a column without a name");
      layout.series.push_back({column, std::string(first[column].text)});
    }
    if (layout.series.empty()) return problem("the header names no series");
    return layout;
  }
  if (!options.key) {
    layout.key = find("--key-column (or give one key to all rows with --key)", options.key_column,
                      key_names, places.key);
    if (!layout.key) return problem(why);
  }
  if (layout.header && !options.type) layout.type = find_name(first, type_names);
  layout.value = find("--value-column", options.value_column, value_names, places.value);
  if (!layout.value) return problem(why);
  return layout;
}

}  // namespace varve::tools
