#include "tools/varve/import/mixed_rows.hpp"

#include <utility>

#include "tools/formats/tables/table_sample.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"

namespace varve::tools {

MixedRows::MixedRows(const std::vector<CsvLayout::Series>& telling) {
  for (const CsvLayout::Series& series : telling) columns_.push_back({series});
}

int MixedRows::step_to(Timestamp ts) const {
  if (!last_ || ts == *last_) return 0;
  return ts > *last_ ? 1 : -1;
}

std::optional<std::string> MixedRows::find(const std::vector<CsvRow::Field>& row, Timestamp ts,
                                           bool is_wide) {
  const int step = step_to(ts);
  // One step back that no text goes with is somewhat out of order, and others may be.
  const bool turns = step != 0 && direction_ != 0 && step != direction_ && !has_turned_;
  const Column* found = nullptr;
  for (Column& column : columns_) {
    const std::size_t at = column.series.column;
    const std::string_view text =
        at < row.size() ? trimmed(cell_text(row[at])) : std::string_view();
    if (text == column.text) continue;
    const bool begins_anew = turns && column.is_constant && !text.empty() && !column.text.empty();
    if (found == nullptr && last_ && (ts == *last_ || begins_anew)) found = &column;
    if (last_) column.is_constant = false;
    column.text = text;
  }
  const bool is_same_time = last_ == ts;
  has_turned_ = has_turned_ || turns;
  if (direction_ == 0) direction_ = step;
  last_ = ts;
  if (found == nullptr) return {};
  const std::string time = quote(format_time_short(ts));
  return mixed_rows_text(is_same_time ? "two rows have the time " + time + " and"
                                      : "rows from where times begin anew, at " + time + ",",
                         found->series.name, is_wide);
}

void MixedRows::forget(std::size_t column) {
  std::erase_if(columns_, [column](const Column& one) { return one.series.column == column; });
}

}  // namespace varve::tools
