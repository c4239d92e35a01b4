#include "tools/formats/tables/csv_layout.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "tools/formats/tables/csv_table.hpp"
#include "tools/formats/tables/table_sample.hpp"
#include "tools/formats/tables/wide_layout.hpp"
#include "varve/try.hpp"
#include "varve/value.hpp"

namespace varve::tools {

namespace {

constexpr std::string_view export_header = "key,time,value,type,expires_at,labels";

/// Whether no option says what the table is.
bool is_plain(const CsvOptions& options) {
  return !options.key && options.labels.empty() && !options.key_column && !options.time_column &&
         !options.value_column && options.columns.empty() && options.skip_columns.empty() &&
         options.header.value_or(true) && options.skip_rows == 0 && !options.wide &&
         options.delimiter.value_or(',') == ',' && !options.start;
}

/// Behind the first line, where it is this one.
std::optional<std::size_t> behind_line(std::string_view text, std::string_view line) {
  if (!text.starts_with(line)) return {};
  const std::string_view rest = text.substr(line.size());
  if (rest.empty()) return text.size();
  if (rest.starts_with('\n')) return line.size() + 1;
  if (rest.starts_with("\r\n")) return line.size() + 2;
  return {};
}

CsvLayout export_layout(std::size_t begin) {
  CsvLayout layout;
  layout.begin = begin;
  layout.begin_line = 2;
  layout.header = true;
  layout.is_export = true;
  layout.columns = 6;
  layout.key = 0;
  layout.time = 1;
  layout.value = 2;
  layout.type = 3;
  layout.expires_at = 4;
  layout.labels = 5;
  layout.decisions = {"as varve export writes it: key, time, value, type, expires_at, labels"};
  return layout;
}

/// Behind so many lines; npos where the text has not so many.
std::size_t behind_lines(std::string_view text, std::uint64_t lines) {
  std::size_t at = 0;
  for (; lines > 0; --lines) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) return at;
    ++at;
  }
  return at;
}

/// The names by which options mean columns.
Parsed<std::vector<std::string>> asked_names(const CsvOptions& options, TableRows rows) {
  std::vector<std::string> names;
  for (const auto* column : {&options.key_column, &options.value_column}) {
    if (*column) names.push_back(**column);
  }
  if (options.time_column) {
    const std::string& time = *options.time_column;
    const std::size_t plus = time.find('+');
    const bool is_one =
        plus == std::string::npos || std::ranges::any_of(rows, [&](const auto& row) {
          return std::ranges::any_of(
              row.cells, [&](const CsvRow::Field& field) { return cell_text(field) == time; });
        });
    if (is_one) {
      names.push_back(time);
    } else {
      names.push_back(time.substr(0, plus));
      names.push_back(time.substr(plus + 1));
    }
  }
  names.insert(names.end(), options.columns.begin(), options.columns.end());
  names.insert(names.end(), options.skip_columns.begin(), options.skip_columns.end());
  const auto add_template = [&](const std::string& text) -> Parsed<void> {
    VARVE_TRY(const RowTemplate row_template, RowTemplate::parse(text));
    for (std::string& name : row_template.names()) names.push_back(std::move(name));
    return {};
  };
  if (options.key) VARVE_CHECK(add_template(*options.key));
  for (const CsvOptions::LabelText& label : options.labels) {
    VARVE_CHECK(add_template(label.value));
  }
  return names;
}

TableWish wish_of(const CsvOptions& options, std::vector<std::string> names) {
  const CsvPlaces places = places_of(options);
  TableWish wish;
  wish.header = options.header;
  wish.names = std::move(names);
  wish.has_times = !options.start;
  wish.time_place = places.time;
  wish.value_place = places.value;
  wish.type = options.type.value_or(ColumnType::double_);
  const auto place = [](const std::optional<std::string>& column, std::size_t& at) {
    if (!column || !is_column_number(*column)) return;
    const auto number = parse_count(*column);
    if (number && *number > 0) at = static_cast<std::size_t>(*number - 1);
  };
  place(options.time_column, wish.time_place);
  place(options.value_column, wish.value_place);
  return wish;
}

/// Whether the table may be one of Varve's own, which hold anything in keys and values.
bool is_ours(const CsvTable& table) {
  return table.header != nullptr && table.header->text(0) == "key" &&
         table.header->text(1) == "time" && table.header->text(2) == "value";
}

/// Of our own tables it is known, whatever texts are among their values.
Parsed<NumberForm> number_form_of(const CsvTable& table, const CsvLayout& layout) {
  const CsvOptions& options = table.options;
  const std::size_t columns = layout.columns;
  if (is_ours(table) && !options.decimal) return NumberForm();
  const auto votes_of = [&](bool asked_alone) {
    NumberFormVotes votes;
    for (std::size_t column = 0; column < columns; ++column) {
      const bool is_asked = !asked_alone || table.is_named_by(options.columns, column);
      if (table.is_skipped(column) || !is_asked) continue;
      NumberFormVotes of_column;
      for (const TableRow& row : table.data) {
        const std::string_view cell = trimmed(row.text(column));
        if (time_shape(cell) == TimeShape::none) of_column.add(cell);
      }
      votes.add_column(of_column);
    }
    return votes;
  };
  const NumberFormVotes votes = votes_of(false);
  if (options.decimal) return votes.decide_grouping(*options.decimal);
  auto form = votes.decide(layout.delimiter);
  return form || options.columns.empty() ? form : votes_of(true).decide(layout.delimiter);
}

/// Where rows have more columns than the header has names, a name may be that of another column.
Parsed<void> check_header_width(const CsvTable& table, const std::vector<std::string>& asked) {
  if (table.header == nullptr || !table.options.columns.empty()) return {};
  for (std::size_t column = table.header->cells.size(); column < table.columns(); ++column) {
    const std::string number = std::to_string(column + 1);
    if (table.kinds[column] == ColumnKind::empty) continue;
    if (std::ranges::find(asked, number) != asked.end()) continue;
    return problem("the header names " + std::to_string(table.header->cells.size()) +
                   " columns and the rows have " + std::to_string(table.columns()) +
                   ": numbers with a decimal comma that are not in quotes, or names that begin " +
                   "one column later? --skip-column " + number +
                   " if that column is to be left out");
  }
  return {};
}

std::unexpected<Problem> not_utf8(const char* what) {
  return problem(std::string(what) + " not in UTF-8: iconv -f WINDOWS-1252 -t UTF-8 FILE | " +
                 "varve import ... -");
}

Parsed<void> check_header_text(const TableRow* header) {
  if (header == nullptr) return {};
  const bool is_text = std::ranges::all_of(
      header->cells, [](const CsvRow::Field& field) { return is_utf8(field.text); });
  if (!is_text) return not_utf8("the header is");
  return {};
}

/// Of the cells that name series.
Parsed<void> check_key_texts(const CsvTable& table, const CsvLayout& layout) {
  if (is_ours(table)) return {};
  for (std::size_t column = 0; column < table.columns(); ++column) {
    const bool is_in_key = column == layout.key || layout.takes_for_names(column);
    if (!is_in_key) continue;
    const bool is_text = std::ranges::all_of(
        table.data, [column](const TableRow& row) { return is_utf8(row.text(column)); });
    if (!is_text) return not_utf8("keys are");
  }
  return {};
}

/// Whether 20240501 would be a date there, and not the reading of a counter: in the first column,
/// or in one with a name that says so, or where there are no names.
bool may_hold_dates_in_digits(const CsvTable& table, std::size_t column) {
  if (column == 0 || table.header == nullptr) return true;
  const std::string name = lower_name(table.name(column));
  const auto& asked = table.options.time_column;
  if (asked && asked->find(table.title(column)) != std::string::npos) return true;
  constexpr std::array<std::string_view, 10> parts = {"date", "datum", "time",   "zeit", "day",
                                                      "tag",  "fecha", "giorno", "jour", "dag"};
  return is_time_name(name) || std::ranges::any_of(parts, [&name](std::string_view part) {
           return name.find(part) != std::string::npos;
         });
}

/// Whether enough rows leave out columns at their end for that to be the writer's way.
bool has_short_rows(TableRows data, const CsvLayout& layout) {
  const auto count = static_cast<std::size_t>(std::ranges::count_if(data, [&](const TableRow& row) {
    return row.cells.size() > 1 && row.cells.size() < layout.columns &&
           (!layout.time || !row.text(*layout.time).empty());
  }));
  return count >= 2 && 20 * count >= data.size();
}

/// The rows without lines of other things, in which one cell alone holds something.
std::vector<TableRow> full_rows(TableRows data, std::size_t columns) {
  std::vector<TableRow> rows;
  std::ranges::copy_if(data, std::back_inserter(rows),
                       [columns](const TableRow& row) { return columns < 2 || row.filled() > 1; });
  return rows;
}

/// `end` is where the whole text ends, for what is missing behind it.
Parsed<CsvLayout> sniff_rows(const CsvOptions& options, const TableSample& sample, bool last,
                             std::size_t end, CsvLayout layout) {
  const TableRows rows = sample.rows();
  if (rows.empty()) {
    if (!last) return problem("no whole row in the first bytes", end);
    return layout;
  }
  VARVE_TRY(const std::vector<std::string> names, asked_names(options, rows));
  const TablePlace place = find_table(rows, wish_of(options, names));
  const TableRows data = rows.subspan(place.data);
  if (data.empty() && !last) return problem("no row behind the header in the first bytes", end);
  const TableRow* const header = place.header ? &rows[*place.header] : nullptr;
  VARVE_CHECK(check_header_text(header));
  layout.header = header != nullptr;
  layout.columns = count_columns(data, header);
  const std::vector<TableRow> full = full_rows(data, layout.columns);
  CsvTable table{options, full, header != nullptr ? header : &rows.front(), header, {}, last};
  VARVE_TRY(layout.numbers, number_form_of(table, layout));
  for (std::size_t column = 0; column < layout.columns; ++column) {
    table.kinds.push_back(
        column_kind(full, column, layout.numbers, may_hold_dates_in_digits(table, column)));
  }
  // What is between the rows before the data and the first of them may be a bad one.
  if (place.data > 0) {
    layout.begin += rows[place.data - 1].end;
    layout.begin_line += rows[place.data - 1].end_line - 1;
  }
  VARVE_CHECK(check_header_width(table, names));
  VARVE_CHECK(settle_templates(table, layout));
  VARVE_CHECK(settle_times(table, layout));
  layout.short_rows = has_short_rows(full, layout);
  VARVE_CHECK(settle_values(table, layout));
  VARVE_CHECK(check_key_texts(table, layout));
  describe_layout(table, layout);
  return layout;
}

}  // namespace

CsvPlaces places_of(const CsvOptions& options) {
  CsvPlaces places;
  const bool has_key = options.key || !options.labels.empty();
  if (!has_key && !options.wide && options.columns.empty()) places.key = places.columns++;
  if (!options.start) places.time = places.columns++;
  places.value = places.columns++;
  return places;
}

bool CsvLayout::takes_for_names(std::size_t column) const {
  if (key_template && key_template->uses(column)) return true;
  return std::ranges::any_of(label_templates,
                             [column](const Label& label) { return label.value.uses(column); });
}

QuoteLimits quote_limits(const CsvOptions& options, const CsvLayout& layout) {
  const bool has_text = layout.is_export || layout.type || options.type == ColumnType::bytes ||
                        options.type == ColumnType::automatic;
  if (!has_text) return {};
  return {.bytes = 2 * Value::size_max, .lines = 2 * Value::size_max};
}

Parsed<CsvLayout> sniff_csv(const CsvOptions& options, std::string_view text, bool last) {
  if (is_plain(options)) {
    if (const auto begin = behind_line(text, export_header);
        begin && (last || *begin < text.size())) {
      return export_layout(*begin);
    }
  }
  VARVE_TRY(std::optional<CsvLayout> wide, wide_layout(options, text, last));
  if (wide) return *std::move(wide);
  CsvLayout layout;
  const bool is_ours = text.starts_with("key,time,value");
  layout.delimiter = options.delimiter.value_or(is_ours ? ',' : sniff_delimiter(text, last));
  const std::uint64_t lines =
      std::max<std::uint64_t>(options.skip_rows, has_separator_line(text) ? 1 : 0);
  const std::size_t begin = behind_lines(text, lines);
  if (begin == std::string_view::npos) {
    if (!last) {
      return problem("fewer than " + std::to_string(lines) + " lines in the first bytes",
                     text.size());
    }
    layout.begin = text.size();
    return layout;
  }
  layout.begin = begin;
  layout.begin_line = lines + 1;
  const TableSample sample(text.substr(begin), last, layout.delimiter, sniffed_rows_max,
                           quote_limits(options, layout));
  return sniff_rows(options, sample, last, text.size(), std::move(layout));
}

}  // namespace varve::tools
