#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/tables/csv_layout.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// Looks at the rows of a table, which come under one key, for such as are of several series after
/// all: behind those by which the layout was settled. It sees two: a row with the time of the row
/// before and another text, as where several meters take turns; and times that begin anew in the
/// row in which a text changes that was the same so far, as where one meter follows the other. For
/// one thread.
class MixedRows {
 public:
  MixedRows() = default;
  /// Of the columns whose texts would show it.
  explicit MixedRows(const std::vector<CsvLayout::Series>& telling);

  bool is_watching() const { return !columns_.empty(); }
  /// Takes the next row that holds a value; where it is of another series than the one before it,
  /// says so, with the option that names the series.
  std::optional<std::string> find(const std::vector<CsvRow::Field>& row, Timestamp ts,
                                  bool is_wide);
  /// A column has turned out to hold values.
  void forget(std::size_t column);

 private:
  struct Column {
    CsvLayout::Series series;
    std::string text = {};  // Of the row before.
    bool is_constant = true;
  };

  /// 1 where times rise, -1 where they fall, 0 where they do neither.
  int step_to(Timestamp ts) const;

  std::vector<Column> columns_;
  std::optional<Timestamp> last_;
  int direction_ = 0;        // Of the first step.
  bool has_turned_ = false;  // Since then.
};

}  // namespace varve::tools
