#include "tools/formats/readers/annotated_csv.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "tools/formats/line_break.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

// How far a quoted cell may go until its quote counts as one that never closes.
constexpr std::size_t quoted_bytes_max = std::size_t{1} << 20;
constexpr std::size_t quoted_lines_max = 1'000;

bool has_cell(const std::vector<CsvRow::Field>& fields, std::string_view text) {
  return std::ranges::any_of(
      fields, [text](const CsvRow::Field& field) { return trimmed(field.text) == text; });
}

/// As a header has it: what stands in quotes is a text.
bool is_bare(const CsvRow::Field& field, std::string_view text) {
  return !field.in_quotes && trimmed(field.text) == text;
}

bool has_bare_cell(const std::vector<CsvRow::Field>& fields, std::string_view text) {
  return std::ranges::any_of(fields, [text](const auto& field) { return is_bare(field, text); });
}

/// Blanks behind the quote that ends the last cell are not of it.
std::string_view without_blanks_behind_a_quote(std::string_view row) {
  if (!row.ends_with(' ') && !row.ends_with('\t')) return row;
  const std::size_t end = row.find_last_not_of(" \t");
  const bool is_quote = end != std::string_view::npos && row[end] == '"';
  return is_quote ? row.substr(0, end + 1) : row;
}

/// Of a cell in its row; none where its doubled quotes made it a text of its own.
std::optional<std::size_t> offset_in(std::string_view row, std::string_view cell) {
  const std::less_equal<const char*> at_most{};
  if (!at_most(row.data(), cell.data()) || !at_most(cell.data(), row.data() + row.size()))
    return {};
  return static_cast<std::size_t>(cell.data() - row.data());
}

}  // namespace

AnnotatedCsvReader::AnnotatedCsvReader(AnnotatedCsvOptions options)
    : options_(std::move(options)),
      names_(options_.names != nullptr ? *options_.names : own_names_),
      times_(options_.time) {}

Parsed<void> AnnotatedCsvReader::read(std::string_view row, RecordList& records) {
  row = without_blanks_behind_a_quote(row);
  if (row_.scan(row, true, ',') != CsvScan::row) return problem(row_.problem());
  const Fields& fields = row_.fields();
  if (fields.size() > columns_max) {
    return problem(std::to_string(fields.size()) + " columns; at most " +
                   std::to_string(columns_max));
  }
  if (!fields[0].in_quotes && trimmed(fields[0].text).starts_with('#')) {
    return read_annotation(fields);
  }
  if (awaits_header_ || is_header_again(fields)) return read_header(fields);
  return read_record(row, fields, records);
}

Parsed<void> AnnotatedCsvReader::read_annotation(const Fields& fields) {
  if (!awaits_header_) {
    groups_.clear();
    types_.clear();
    defaults_.clear();
    columns_.clear();
    awaits_header_ = true;
  }
  const std::string_view name = trimmed(fields[0].text);
  if (name == "#group") {
    groups_.clear();
    for (const auto& field : fields) groups_.push_back(trimmed(field.text) == "true");
  } else if (name == "#default") {
    defaults_.clear();
    for (const auto& field : fields) defaults_.emplace_back(field.text);
  } else if (name == "#datatype") {
    types_.assign(1, Type::unknown);
    for (std::size_t i = 1; i < fields.size(); ++i) {
      VARVE_TRY(const Type type, parse_type(trimmed(fields[i].text)));
      types_.push_back(type);
    }
  } else {
    return problem(quote(name) + " is none of #group, #datatype and #default");
  }
  return {};
}

Parsed<AnnotatedCsvReader::Type> AnnotatedCsvReader::parse_type(std::string_view text) {
  struct Name {
    std::string_view text;
    Type type;
  };
  static constexpr auto names = std::to_array<Name>({{"", Type::unknown},
                                                     {"string", Type::text},
                                                     {"double", Type::double_},
                                                     {"long", Type::int64},
                                                     {"unsignedLong", Type::unsigned_long},
                                                     {"boolean", Type::boolean},
                                                     {"base64Binary", Type::base64},
                                                     {"duration", Type::other}});
  if (text.starts_with("dateTime")) return Type::other;
  const auto* const found = std::ranges::find(names, text, &Name::text);
  if (found != names.end()) return found->type;
  return problem(quote(text) + " is no type: string, double, long, unsignedLong, boolean, " +
                 "base64Binary, duration or dateTime:RFC3339");
}

/// Two answers one after another may have one header each and no annotations. The columns of the
/// second may be others, in another order.
bool AnnotatedCsvReader::is_header_again(const Fields& fields) const {
  if (!has_bare_cell(fields, "_time")) return false;
  if (has_bare_cell(fields, "_value")) return true;
  if (!time_ || *time_ >= fields.size()) return false;
  // Of a table without _value: what stands where the time does is the name of a column.
  return std::ranges::any_of(
      columns_, [&](const Column& column) { return is_bare(fields[*time_], column.name); });
}

bool AnnotatedCsvReader::is_group_key(std::size_t index) const {
  return index >= groups_.size() || groups_[index];
}

AnnotatedCsvReader::Role AnnotatedCsvReader::role_of(std::size_t index, const Column& column,
                                                     bool pivoted) const {
  const std::string& name = column.name;
  if (name == "_time") return Role::time;
  if (name == "_value") return Role::value;
  if (name == "_measurement") return Role::measurement;
  if (name == "_field") return Role::field_name;
  if (name.empty() || name.starts_with('_') || name == "result" || name == "table") {
    return Role::passed_over;
  }
  const bool is_text = column.type == Type::text || column.type == Type::unknown;
  if (is_text && (!pivoted || is_group_key(index))) return Role::tag;
  return pivoted && column.type != Type::other ? Role::value : Role::passed_over;
}

Parsed<void> AnnotatedCsvReader::read_header(const Fields& fields) {
  awaits_header_ = false;
  columns_.clear();
  group_ = {};
  time_.reset();
  const bool has_time = has_cell(fields, "_time");
  is_error_ = !has_time && has_cell(fields, "error") && has_cell(fields, "reference");
  if (is_error_) return {};
  if (!has_time) {
    return problem("no annotated csv: the header has no column _time");
  }
  const bool pivoted = !has_cell(fields, "_value");
  bool has_value = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    Column column;
    column.name = trimmed(fields[i].text);
    if (i < types_.size()) column.type = types_[i];
    if (i < defaults_.size() && i > 0) column.if_empty = defaults_[i];
    column.role = role_of(i, column, pivoted);
    if (column.role == Role::time) time_ = i;
    has_value = has_value || column.role == Role::value;
    columns_.push_back(std::move(column));
  }
  if (has_value) return {};
  columns_.clear();
  return problem("the header has neither a column _value nor columns of numbers");
}

std::string_view AnnotatedCsvReader::cell(const Fields& fields, std::size_t index) const {
  const CsvRow::Field& field = fields[index];
  const bool is_empty = field.text.empty() && !field.in_quotes;
  return is_empty ? std::string_view(columns_[index].if_empty) : field.text;
}

Parsed<void> AnnotatedCsvReader::read_record(std::string_view row, const Fields& fields,
                                             RecordList& records) {
  if (is_error_) {
    const std::string_view text = fields[fields.size() > 1 ? 1 : 0].text;
    return problem("the query had failed: " + quote(text));
  }
  if (columns_.empty()) return problem("a row without a header");
  if (fields.size() != columns_.size()) {
    return problem(std::to_string(fields.size()) + " columns instead of " +
                   std::to_string(columns_.size()));
  }
  const std::string_view time = trimmed(cell(fields, *time_));
  if (time.empty()) return problem("no time", offset_in(row, fields[*time_].text));
  VARVE_TRY(const Timestamp ts, part_at(offset_in(row, time).value_or(0), times_.read(time)));
  find_group(fields);
  std::vector<Column*> added;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    if (column.role != Role::value) continue;
    const std::string_view text = cell(fields, i);
    if (text.empty() && !fields[i].in_quotes) continue;
    auto value = value_of(text, column.type);
    if (!value) {
      return problem("column " + quote(column.name) + ": " + value.error().text,
                     offset_in(row, text));
    }
    if (column.series.key.empty()) VARVE_CHECK(make_series(column));
    VARVE_CHECK(add_checked(records, column.series.key, ts, *value));
    added.push_back(&column);
  }
  // A name is given for good, so all of the row is known to be good before the first of them.
  for (Column* const column : added) {
    if (!column->is_named) {
      const MeasurementNames::Pair pair = pair_of(*column);
      names_.give_name(pair.measurement, pair.field);
      column->is_named = true;
    }
    records.describe_once(column->series.key, [column] { return column->series.labels; });
  }
  return {};
}

void AnnotatedCsvReader::find_group(const Fields& fields) {
  std::string text;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Role role = columns_[i].role;
    if (role != Role::tag && role != Role::measurement && role != Role::field_name) continue;
    const std::string_view part = cell(fields, i);
    ((text += std::to_string(part.size())) += ':') += part;
  }
  if (text == group_.text) return;
  group_ = {};
  group_.text = std::move(text);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].series = {};
    columns_[i].is_named = false;
    const std::string_view part = cell(fields, i);
    if (columns_[i].role == Role::measurement) group_.measurement = part;
    if (columns_[i].role == Role::field_name) group_.field = part;
    if (columns_[i].role == Role::tag && !part.empty()) {
      group_.tags.emplace_back(columns_[i].name, std::string(part));
    }
  }
}

/// Of the values of a column, in the group of this row.
MeasurementNames::Pair AnnotatedCsvReader::pair_of(const Column& column) const {
  std::string_view measurement = group_.measurement;
  std::string_view field = group_.field;
  if (field.empty()) field = column.name == "_value" ? "value" : std::string_view(column.name);
  // What a query left of the two may be one of them: then that is the name.
  if (measurement.empty()) measurement = std::exchange(field, "value");
  return {options_.prefix + std::string(measurement), std::string(field)};
}

/// Makes the column's series in the group of this row. Nothing gets a name by it.
Parsed<void> AnnotatedCsvReader::make_series(Column& column) {
  const auto& [measurement, field] = pair_of(column);
  VARVE_TRY(const Labels labels,
            names_.labels_without_naming(measurement, field, Labels(group_.tags)));
  VARVE_TRY(LabelledSeries series,
            labelled_series(std::vector<Label>(labels.begin(), labels.end()), {}));
  group_.bytes += bytes_of(series);
  if (group_.bytes > line_series_bytes_max) {
    return problem("keys and labels of over " + format_bytes(line_series_bytes_max) +
                   " in one row");
  }
  column.series = std::move(series);
  return {};
}

Parsed<ValueView> AnnotatedCsvReader::value_of(std::string_view text, Type type) {
  switch (type) {
    case Type::unknown: return parse_value(text, ColumnType::automatic);
    case Type::double_: return parse_value(text, ColumnType::double_);
    case Type::int64:
    case Type::unsigned_long: return parse_value(text, ColumnType::int64);
    case Type::boolean: return parse_value(text, ColumnType::bool_);
    case Type::text:
    case Type::other: return ValueView(text);
    case Type::base64: break;
  }
  VARVE_TRY(bytes_, decode_base64(trimmed(text)));
  return ValueView(bytes_);
}

std::size_t find_annotated_csv_end(std::string_view text, bool last) {
  bool in_quotes = false;
  bool begins_cell = true;
  std::size_t lines = 0;  // Of this row, as far as quotes made it go.
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_quotes) {
      if (c == '\n') ++lines;
      if (at >= quoted_bytes_max || lines > quoted_lines_max) return find_line_break(text, last);
      if (c != '"') continue;
      if (at + 1 < text.size() && text[at + 1] == '"') {
        ++at;
      } else {
        in_quotes = false;
      }
      continue;
    }
    if (c == '\n') return at;
    in_quotes = c == '"' && begins_cell;
    begins_cell = c == ',';
  }
  if (!last) return std::string_view::npos;
  return in_quotes ? find_line_break(text, last) : text.size();
}

}  // namespace varve::tools
