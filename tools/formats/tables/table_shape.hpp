#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/tables/date_shape.hpp"
#include "tools/formats/tables/number_form.hpp"
#include "tools/formats/tables/table_sample.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

using TableRows = std::span<const TableRow>;

/// Where the table is in the rows of a sample.
struct TablePlace {
  std::optional<std::size_t> header;  ///< The row that names the columns.
  std::size_t data = 0;               ///< The first row behind it; as many as rows are: none.
};

/// What is known of it from options.
struct TableWish {
  std::optional<bool> header;             ///< There is one, in the first row; or there is none.
  std::vector<std::string> names;         ///< Columns that options name, numbers too.
  bool has_times = true;                  ///< Else no column holds them.
  std::size_t time_place = 0;             ///< Where a time is expected when nothing names it.
  std::size_t value_place = 0;            ///< The same of a value.
  ColumnType type = ColumnType::double_;  ///< Of the values.
};

/// Finds the header and the data, behind lines of other things. The header is the row that holds
/// the names which options ask for, or a usual name of a time (among the first 50 rows), or in the
/// first row `key` or `value`. Else the data begin with the first date of the column that has most
/// of them, and the header is the row above; where that gives two columns one name, the nearest
/// row above it whose names all differ. Else the first row is a header if what stands in the place
/// of the time is none.
TablePlace find_table(TableRows rows, const TableWish& wish);

/// What the cells of a column are, or a good part of them.
enum class ColumnKind : std::uint8_t {
  empty,
  number,  ///< At least one cell reads as a number.
  text,    ///< None does.
  moment,  ///< Dates with a time of day.
  date,
  clock,
  identifier,  ///< Whole numbers of over 15 digits, which a double does not hold.
};

/// The shape of the cell as a time; of an interval, of its beginning.
TimeShape shape_of(std::string_view cell);

/// Numbers of eight digits are dates where `digits_may_be_dates`.
ColumnKind column_kind(TableRows data, std::size_t column, const NumberForm& numbers,
                       bool digits_may_be_dates = true);

/// How many columns full rows have: as many as the header names, or as most rows have where those
/// are more; empty ones at the end do not count.
std::size_t count_columns(TableRows data, const TableRow* header);

/// What programs write for a number that is missing. States such as `unavailable` are not among
/// them: who has such cells shall know. Doubles that are no numbers are exported as `nan`.
bool is_usual_null(std::string_view text);

/// The usual names, of a header in small letters.
bool is_time_name(std::string_view name);

/// In small letters, without blanks around it.
std::string lower_name(std::string_view text);

/// Whether options mean a column by its number.
bool is_column_number(std::string_view column);

}  // namespace varve::tools
