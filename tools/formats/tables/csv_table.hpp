#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/parsed.hpp"
#include "tools/formats/tables/csv_layout.hpp"
#include "tools/formats/tables/table_shape.hpp"

namespace varve::tools {

// The steps of sniff_csv(), each of which settles a part of the layout.

/// Where the parts of a row lie when nothing names them.
struct CsvPlaces {
  std::size_t columns = 0;
  std::size_t key = 0, time = 0, value = 0;
};
CsvPlaces places_of(const CsvOptions& options);

/// What the steps share: the rows, and what is known of their columns.
struct CsvTable {
  const CsvOptions& options;
  TableRows data;
  const TableRow* first = nullptr;   // Of all rows: for messages. Never null.
  const TableRow* header = nullptr;  // Null: there is none.
  std::vector<ColumnKind> kinds;     // One for each column.
  bool is_whole = true;              // Nothing follows the rows.

  std::size_t columns() const { return kinds.size(); }
  /// The name in the header; "" where it has none.
  std::string_view name(std::size_t column) const;
  /// For messages, and as the name of a series of a table without a header: its number.
  std::string title(std::size_t column) const;
  /// The names of all columns, for messages.
  std::string listed() const;
  std::string listed(const std::vector<std::size_t>& columns) const;

  /// The column that an option names, by name or else by number. Fails where there is none, or
  /// where two have the name.
  Parsed<std::size_t> find(const std::string& column) const;
  /// The first column whose name is this in small letters.
  std::optional<std::size_t> find_name(std::string_view name_in_small) const;
  bool is_skipped(std::size_t column) const;
  /// Whether one of the texts is its name or its number.
  bool is_named_by(const std::vector<std::string>& texts, std::size_t column) const;
};

/// Finds the columns of templates.
Parsed<void> settle_templates(const CsvTable& table, CsvLayout& layout);
/// Finds the time and its form. After settle_templates().
Parsed<void> settle_times(const CsvTable& table, CsvLayout& layout);
/// Finds key and value, or the series of a wide table. After settle_times().
Parsed<void> settle_values(const CsvTable& table, CsvLayout& layout);
/// Refuses rows of one time and one key that are of several series; else notes what would show
/// such rows further on. After the values are known.
Parsed<void> check_times_differ(const CsvTable& table, CsvLayout& layout);

/// Whether the column is something other than a value already.
bool is_used(const CsvTable& table, const CsvLayout& layout, std::size_t column);
/// Those of a kind that are not used.
std::vector<std::size_t> columns_of(const CsvTable& table, const CsvLayout& layout,
                                    ColumnKind kind);
/// What a row says as its time: of a grid, its day.
std::string time_text_of(const TableRow& row, const CsvLayout& layout);

/// Says what was found. Last.
void describe_layout(const CsvTable& table, CsvLayout& layout);

}  // namespace varve::tools
