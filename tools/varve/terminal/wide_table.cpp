#include "tools/varve/terminal/wide_table.hpp"

#include <algorithm>
#include <utility>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/tables/wide_layout.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

/// So that it is known from the cell alone which type the value has (wide_layout.hpp).
void append_cell(std::string& out, const ValueView& value) {
  if (value.type() == ValueType::bytes) {
    append_csv_quoted(out, value.as_bytes());
  } else if (value.type() == ValueType::double_) {
    const std::size_t offset = out.size();
    append_exact_double(out, value.as_double());
    const bool is_as_an_int64 = out.find_first_not_of("-0123456789", offset) == std::string::npos;
    if (is_as_an_int64) out += ".0";
  } else {
    append_value(out, value);
  }
}

}  // namespace

void WideTable::add(std::uint32_t column, Timestamp ts, const ValueView& value) {
  const std::size_t offset = text_.size();
  append_cell(text_, value);
  // A value has at most 16 MiB, and its quotes at most as much again.
  cells_.push_back({ts, column, static_cast<std::uint32_t>(text_.size() - offset), offset});
}

void WideTable::clear() {
  cells_.clear();
  text_.clear();
}

Outcome<void> WideTable::print(std::uint32_t columns, bool epoch_times, Output& output) {
  std::ranges::sort(cells_, {}, [](const Cell& cell) { return std::pair(cell.ts, cell.column); });
  const std::string_view text = text_;
  for (std::size_t i = 0; i < cells_.size();) {
    const Timestamp ts = cells_[i].ts;
    std::string& out = output.text();
    if (epoch_times) {
      append_int64(out, ts);
    } else {
      append_time(out, ts);
    }
    std::uint32_t column = 0;  // That the row has come to.
    for (; i < cells_.size() && cells_[i].ts == ts; ++i) {
      out.append(cells_[i].column + 1 - column, ',');
      column = cells_[i].column + 1;
      out += text.substr(cells_[i].offset, cells_[i].size);
    }
    out.append(columns - column, ',');
    out += '\n';
    VARVE_CHECK(output.drain());
  }
  clear();
  return {};
}

void append_wide_header(std::string& out, const std::vector<std::string>& keys) {
  out += wide_mark;
  for (const std::string& key : keys) {
    out += ',';
    append_csv_field(out, key);
  }
  out += '\n';
}

}  // namespace varve::tools
