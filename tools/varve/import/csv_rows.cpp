#include "tools/varve/import/csv_rows.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "tools/formats/matcher_text.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/series_name.hpp"
#include "tools/formats/tables/table_sample.hpp"
#include "tools/formats/tables/table_shape.hpp"
#include "tools/formats/time_format.hpp"
#include "tools/formats/time_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

bool is_number(ColumnType type) {
  return type == ColumnType::double_ || type == ColumnType::int64 || type == ColumnType::bool_;
}

bool is_empty(const CsvRow::Field& field) { return cell_text(field).empty() && !field.in_quotes; }

std::string in_column(std::string_view name, const std::string& text) {
  return "column " + quote(name) + ": " + text;
}

/// "nan:" and the bits in 16 hexadecimal digits: a NaN with other bits than the usual.
Parsed<double> parse_nan(std::string_view text) {
  const std::string_view digits = text.substr(4);
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  const auto value = std::bit_cast<double>(bits);
  if (digits.size() != 16 || error != std::errc() || end != digits.data() + digits.size() ||
      !std::isnan(value)) {
    return problem(quote(text) + " is no NaN: nan, or as nan:7ff8000000000001");
  }
  return value;
}

std::int64_t step_offset(std::uint64_t rows, Duration step) {
  std::int64_t offset = 0;
  if (__builtin_mul_overflow(static_cast<std::int64_t>(rows), step.count(), &offset)) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return offset;
}

}  // namespace

Parsed<CsvRows> CsvRows::make(const CsvOptions& options, CsvLayout layout) {
  TimeForm times = options.time;
  if (layout.is_export && !times.unit) times.unit = TimeUnit::microseconds;
  if (!layout.time_pattern.empty()) {
    VARVE_TRY(times.format, parse_time_format(layout.time_pattern));
  }
  return CsvRows(options, std::move(layout), std::move(times));
}

CsvRows::CsvRows(const CsvOptions& options, CsvLayout layout, TimeForm times)
    : layout_(std::move(layout)),
      prefix_(options.prefix),
      nulls_(options.nulls),
      type_(options.type.value_or(ColumnType::double_)),
      start_(options.start.value_or(0)),
      step_(options.step),
      times_(std::move(times)),
      mixed_(layout_.telling),
      value_(0.0) {
  nulls_first_ = std::ranges::any_of(
      nulls_, [](const std::string& text) { return parse_double(text).has_value(); });
  for (const CsvLayout::Series& series : layout_.series) keys_.push_back(prefix_ + series.name);
  if (layout_.is_export && !layout_.value && !options.type) {
    type_ = ColumnType::automatic;
    quotes_are_bytes_ = true;
  }
}

Parsed<bool> CsvRows::add(const CsvRow& row, std::uint64_t rows_before, RecordList& records,
                          std::vector<std::string>& bad_cells) {
  fault_.reset();
  if (std::ranges::all_of(row.fields(), is_empty)) return false;
  if (layout_.is_wide()) return add_wide(row.fields(), rows_before, records, bad_cells);
  if (!layout_.value) return problem("a row of a table that had none in its first bytes");
  return add_one(row.fields(), rows_before, records);
}

/// Full rows may have empty cells behind them; shorter ones are as the sample showed.
Parsed<void> CsvRows::check_width(const Fields& fields) const {
  const bool short_is_bad = fields.size() < layout_.columns && !layout_.short_rows;
  const bool long_is_bad =
      fields.size() > layout_.columns &&
      std::any_of(fields.begin() + static_cast<std::ptrdiff_t>(layout_.columns), fields.end(),
                  [](const CsvRow::Field& field) { return !cell_text(field).empty(); });
  if (!short_is_bad && !long_is_bad) return {};
  return problem(std::to_string(fields.size()) + " columns instead of " +
                 std::to_string(layout_.columns));
}

Parsed<bool> CsvRows::add_one(const Fields& fields, std::uint64_t rows_before,
                              RecordList& records) {
  if (fields.size() != layout_.columns) VARVE_CHECK(check_width(fields));
  const std::size_t last = std::max({*layout_.value, layout_.time.value_or(0),
                                     layout_.key.value_or(0), layout_.type.value_or(0)});
  if (last >= fields.size()) {
    return problem(std::to_string(fields.size()) + " columns instead of " +
                   std::to_string(layout_.columns));
  }
  const CsvRow::Field& cell = fields[*layout_.value];
  const bool has_labels = layout_.labels && !is_empty(fields[*layout_.labels]);
  if (is_empty(cell)) return has_labels ? add_labels(fields, records) : Parsed<bool>(false);

  ColumnType type = type_;
  if (layout_.type) {
    fault_ = layout_.type;
    VARVE_TRY(type, parse_column_type(cell_text(fields[*layout_.type])));
  }
  // What cannot be read is said of the time first, as it stands first in most rows.
  const auto ts = time_of(fields, rows_before);
  const auto found = read_value(cell, type);
  if (found && !*found) return has_labels ? add_labels(fields, records) : Parsed<bool>(false);
  fault_ = ts ? layout_.value : layout_.time;
  if (!ts) return std::unexpected(ts.error());
  if (!found) return std::unexpected(found.error());

  VARVE_CHECK(check_is_of_one_series(fields, *ts));
  fault_ = layout_.key;
  key_ = prefix_;
  if (layout_.key) {
    key_ += cell_text(fields[*layout_.key]);
    if (!layout_.label_templates.empty()) {
      records.describe_once(key_, [&] { return labels_of(fields, layout_.value_name); });
    }
  } else {
    VARVE_CHECK(check_key_is_whole(fields));
    VARVE_CHECK(make_key(fields, layout_.value_name, records));
  }
  Timestamp expires_at = never;
  if (layout_.expires_at && !is_empty(fields[*layout_.expires_at])) {
    VARVE_TRY(expires_at,
              parse_time(cell_text(fields[*layout_.expires_at]), TimeUnit::microseconds));
  }
  VARVE_CHECK(add_checked(records, key_, *ts, value_, expires_at));
  fault_ = layout_.labels;
  if (has_labels) VARVE_CHECK(add_labels(fields, records));
  return true;
}

/// Of an export: the labels of the row's series, in place of all that it has.
Parsed<bool> CsvRows::add_labels(const Fields& fields, RecordList& records) {
  VARVE_TRY(Labels labels, parse_labels_text(cell_text(fields[*layout_.labels])));
  if (const Status valid = varve::check(labels); !valid) return problem(valid.error().where);
  std::string key = prefix_ + std::string(cell_text(fields[*layout_.key]));
  VARVE_CHECK(check_key(key));
  records.describe(std::move(key), std::move(labels));
  return true;
}

bool CsvRows::holds_nothing(const Fields& fields) const {
  const auto is_nothing = [&](const CsvLayout::Series& series) {
    if (series.column >= fields.size()) return true;
    const std::string_view text = trimmed(cell_text(fields[series.column]));
    return text.empty() || is_null(text, type_);
  };
  return std::ranges::all_of(layout_.series, is_nothing) &&
         std::ranges::all_of(layout_.watched, is_nothing);
}

Parsed<bool> CsvRows::add_wide(const Fields& fields, std::uint64_t rows_before, RecordList& records,
                               std::vector<std::string>& bad_cells) {
  Parsed<void> width = {};
  if (fields.size() != layout_.columns) width = check_width(fields);
  const auto ts = layout_.grid ? Parsed<Timestamp>(0) : time_of(fields, rows_before);
  if (!width || !ts) {
    if (holds_nothing(fields)) return false;
    if (width) fault_ = layout_.time;
    return std::unexpected(!width ? width.error() : ts.error());
  }
  if (!layout_.watched.empty()) VARVE_CHECK(promote(fields));
  if (auto whole = check_key_is_whole(fields); !whole) {
    if (holds_nothing(fields)) return false;
    return std::unexpected(std::move(whole).error());
  }
  bool any = false;
  for (std::size_t i = 0; i < layout_.series.size(); ++i) {
    const CsvLayout::Series& series = layout_.series[i];
    if (series.column >= fields.size()) continue;
    const CsvRow::Field& field = fields[series.column];
    if (field.text.empty() && !field.in_quotes) continue;
    const auto found = read_value(field, type_of(field));
    if (found && !*found) continue;
    any = true;
    Parsed<void> added = {};
    if (!found) {
      added = std::unexpected(found.error());
    } else {
      added = add_cell(fields, i, *ts, records);
    }
    if (!added) bad_cells.push_back(in_column(series.name, added.error().text));
  }
  if (any) VARVE_CHECK(check_is_of_one_series(fields, *ts));
  return any;
}

Parsed<void> CsvRows::add_cell(const Fields& fields, std::size_t series, Timestamp ts,
                               RecordList& records) {
  if (layout_.grid) {
    time_ = trimmed(cell_text(fields[*layout_.time]));
    time_.append(" ").append(layout_.series[series].name);
    VARVE_TRY(ts, times_.read(time_));
  }
  if (layout_.key_template || !layout_.label_templates.empty()) {
    VARVE_CHECK(make_key(fields, layout_.series[series].name, records));
    return add_checked(records, key_, ts, value_);
  }
  // The keys and the sizes of numbers were checked when the layout was settled.
  if (value_.type() == ValueType::bytes) return add_checked(records, keys_[series], ts, value_);
  records.add(keys_[series], ts, value_);
  return {};
}

/// Fails for the whole table where this row shows that it is of another series than the one before.
Parsed<void> CsvRows::check_is_of_one_series(const Fields& fields, Timestamp ts) {
  if (!mixed_.is_watching()) return {};
  auto fault = mixed_.find(fields, ts, layout_.is_wide());
  if (!fault) return {};
  is_refused_ = true;
  return problem(*std::move(fault));
}

/// A key with a part that is missing would be that of rows which are of several series.
Parsed<void> CsvRows::check_key_is_whole(const Fields& fields) {
  if (!layout_.key_template) return {};
  const auto column = layout_.key_template->find_empty(fields);
  if (!column) return {};
  fault_ = column;
  return problem("column " + std::to_string(*column + 1) + ", a part of the key, is empty");
}

/// Takes the columns for series that were text so far, and hold a number in this row.
Parsed<void> CsvRows::promote(const Fields& fields) {
  for (std::size_t i = 0; i < layout_.watched.size();) {
    const CsvLayout::Series& series = layout_.watched[i];
    const std::string_view text = series.column < fields.size()
                                      ? trimmed(cell_text(fields[series.column]))
                                      : std::string_view();
    const bool may_be = !text.empty() && !is_null(text, type_) &&
                        text.find_first_not_of("0123456789+-.,eE") == std::string_view::npos;
    const auto plain = may_be ? plain_number(text, layout_.numbers, number_)
                              : Parsed<std::string_view>(std::string_view());
    if (!may_be || !plain || !parse_double(*plain) || !check_key(prefix_ + series.name)) {
      ++i;
      continue;
    }
    const auto same = std::ranges::find(layout_.series, series.name, &CsvLayout::Series::name);
    if (same != layout_.series.end()) {
      is_refused_ = true;
      return problem(same_name_text(*same, series));
    }
    mixed_.forget(series.column);
    keys_.push_back(prefix_ + series.name);
    layout_.series.push_back(series);
    layout_.watched.erase(layout_.watched.begin() + static_cast<std::ptrdiff_t>(i));
    std::erase_if(layout_.decisions, [](const std::string& decision) {
      return decision.starts_with(left_out_text({}));
    });
    if (!layout_.watched.empty()) layout_.decisions.push_back(left_out_text(layout_.watched));
  }
  return {};
}

Parsed<Timestamp> CsvRows::time_of(const Fields& fields, std::uint64_t rows_before) {
  if (!layout_.time) return saturating_add(start_, step_offset(rows_before, step_));
  if (*layout_.time >= fields.size()) return problem("a row without a time");
  // Also in quotes, programs pad cells with blanks.
  std::string_view text = trimmed(cell_text(fields[*layout_.time]));
  if (!layout_.interval.empty()) text = text.substr(0, text.find(layout_.interval));
  if (!layout_.clock) return times_.read(text);
  time_ = text;
  if (*layout_.clock < fields.size()) {
    time_.append(" ").append(trimmed(cell_text(fields[*layout_.clock])));
  }
  return times_.read(time_);
}

/// Puts the value of a cell into value_; false where the cell says that there is none.
Parsed<bool> CsvRows::read_value(const CsvRow::Field& field, ColumnType type) {
  if (type == ColumnType::double_ && layout_.numbers.is_plain() && !nulls_first_) {
    const std::string_view text = trimmed(field.text);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && !std::isnan(number)) {
      value_ = number;
      return true;
    }
  }
  return read_other_value(field, type);
}

Parsed<bool> CsvRows::read_other_value(const CsvRow::Field& field, ColumnType type) {
  std::string_view text = cell_text(field);
  if (is_number(type)) text = trimmed(text);
  if (text.empty() && (is_number(type) || !field.in_quotes)) return false;
  if (is_null(text, type)) return false;
  if (type == ColumnType::bytes) {
    value_ = field.text;
    return true;
  }
  const bool may_have_bits = type == ColumnType::double_ || quotes_are_bytes_;
  if (may_have_bits && text.starts_with("nan:")) {
    VARVE_TRY(value_, parse_nan(text));
    return true;
  }
  if (type == ColumnType::automatic) {
    const auto plain = plain_number(text, layout_.numbers, number_);
    const bool is_plain = layout_.numbers.is_plain() || !plain || !parse_double(*plain);
    VARVE_TRY(value_, parse_value(is_plain ? field.text : *plain, type));
    return true;
  }
  VARVE_TRY(const std::string_view plain, plain_number(text, layout_.numbers, number_));
  VARVE_TRY(value_, parse_value(plain, type));
  return true;
}

/// Makes key_ of templates, or of labels alone, and gives the series its labels.
Parsed<void> CsvRows::make_key(const Fields& fields, std::string_view name, RecordList& records) {
  key_ = prefix_;
  if (layout_.key_template) {
    layout_.key_template->append(key_, fields, name);
    if (!layout_.label_templates.empty()) {
      VARVE_CHECK(check_key(key_));
      records.describe_once(key_, [&] { return labels_of(fields, name); });
    }
    return {};
  }
  std::string texts(name);
  for (const CsvLayout::Label& label : layout_.label_templates) {
    texts += '\0';
    label.value.append(texts, fields, name);
  }
  auto known = keys_of_labels_.find(texts);
  if (known == keys_of_labels_.end()) {
    Labels labels = labels_of(fields, name);
    if (labels.value_of("__name__").empty()) labels.set("__name__", name);
    VARVE_TRY(std::string key, series_key(labels));
    known = keys_of_labels_.emplace(std::move(texts), std::move(key)).first;
    VARVE_CHECK(check_key(prefix_ + known->second));
    records.describe_once(prefix_ + known->second, [&] { return std::move(labels); });
  }
  key_ += known->second;
  return {};
}

/// Of an empty text there is no label.
Labels CsvRows::labels_of(const Fields& fields, std::string_view name) const {
  Labels labels;
  for (const CsvLayout::Label& label : layout_.label_templates) {
    std::string value;
    label.value.append(value, fields, name);
    if (!value.empty()) labels.set(label.name, value);
  }
  return labels;
}

ColumnType CsvRows::type_of(const CsvRow::Field& cell) const {
  return quotes_are_bytes_ && cell.in_quotes ? ColumnType::bytes : type_;
}

bool CsvRows::is_null(std::string_view text, ColumnType type) const {
  if (std::ranges::find(nulls_, text) != nulls_.end()) return true;
  return is_number(type) && is_usual_null(text);
}

}  // namespace varve::tools
