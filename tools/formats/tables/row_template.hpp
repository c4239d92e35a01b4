#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/parsed.hpp"
#include "tools/formats/readers/brace_template.hpp"

namespace varve::tools {

/// A key or the value of a label, with cells of the row in it: `meter/{ean}/{column}`. In braces
/// stands a column, by its name or its number from 1, or `column`, which is the name of the column
/// of the value. {{ and }} stand for the braces themselves.
class RowTemplate {
 public:
  static Parsed<RowTemplate> parse(std::string_view text);

  /// Where the column of a name is.
  using Find = std::function<Parsed<std::size_t>(const std::string& name)>;
  /// Finds the columns that are named. A table's own column `column` comes first. Fails naming
  /// what `find` does not know.
  Parsed<void> resolve(const Find& find);

  /// Of all columns, also those that are not resolved yet; without `column` itself.
  std::vector<std::string> names() const;
  /// Whether every row gives the same text.
  bool is_constant() const;
  /// Whether the text depends on the column of the value.
  bool names_column() const;
  /// Whether it takes cells of the row; once it is resolved.
  bool takes_cells() const;
  /// The first column that it takes of which a row has nothing.
  std::optional<std::size_t> find_empty(const std::vector<CsvRow::Field>& row) const;
  /// Whether it takes the cell of this column.
  bool uses(std::size_t column) const;

  /// Adds the text of a row. A column that the row lacks is empty.
  void append(std::string& out, const std::vector<CsvRow::Field>& row,
              std::string_view column_name) const;

 private:
  struct Part {
    TemplatePart said;
    std::optional<std::size_t> column;  // None in braces: the name of the value's column.
  };

  std::vector<Part> parts_;
};

}  // namespace varve::tools
