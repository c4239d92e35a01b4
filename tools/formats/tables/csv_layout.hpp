#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/parsed.hpp"
#include "tools/formats/tables/number_form.hpp"
#include "tools/formats/tables/row_template.hpp"
#include "tools/formats/time_reader.hpp"
#include "tools/formats/value_text.hpp"
#include "varve/time.hpp"

namespace varve::tools {

/// Times as csv has them: numbers are microseconds unless a unit is given.
inline TimeForm csv_times() {
  TimeForm form{};
  form.unit_if_not_given = TimeUnit::microseconds;
  return form;
}

/// How csv is meant, as far as a person says it. What is left out is found in the first rows.
/// Columns are named by their header, or by their number from 1.
struct CsvOptions {
  /// A label that every row gives its series: a name, and the template of a value.
  struct LabelText {
    std::string name;
    std::string value;
  };

  std::optional<std::string> key;  ///< Of every row; a template (RowTemplate).
  std::vector<LabelText> labels;   ///< Without a key they name the series.
  std::optional<std::string> key_column;
  std::optional<std::string> time_column;  ///< Or a date and a time of day, joined: `Date+Time`.
  std::optional<std::string> value_column;
  std::vector<std::string> columns;       ///< Of a wide file: the series, and no others.
  std::vector<std::string> skip_columns;  ///< Taken for nothing.
  std::optional<ColumnType> type;         ///< None: as a column `type` says, else double.
  std::optional<bool> header;             ///< Whether the first row is one.
  std::uint64_t skip_rows = 0;            ///< Lines in front of the header.
  bool wide = false;                      ///< Every column but the time is a series.
  std::string prefix;                     ///< Before every key.
  std::optional<char> delimiter;
  std::optional<char> decimal;     ///< '.' or ','.
  std::vector<std::string> nulls;  ///< Texts that say that there is no value.
  TimeForm time = csv_times();
  /// For files without times: of the first row, and from row to row. Bad rows count.
  std::optional<Timestamp> start;
  Duration step{0};
};

/// What each column is, as options and the first rows say.
struct CsvLayout {
  /// One of a wide table.
  struct Series {
    std::size_t column = 0;
    std::string name;
  };
  struct Label {
    std::string name;
    RowTemplate value;
  };

  std::size_t begin = 0;         ///< In bytes: where the data begin in the text.
  std::uint64_t begin_line = 1;  ///< From 1.
  char delimiter = ',';
  bool header = false;
  bool is_export = false;   ///< As `varve export` writes it; wide where no column is the value.
  std::size_t columns = 0;  ///< Of a full row; what a row has beyond them is empty.
  bool short_rows = false;  ///< Rows leave out columns at their end.
  NumberForm numbers;

  std::optional<std::size_t> time;   ///< None: by start and step.
  std::optional<std::size_t> clock;  ///< A time of day that is joined to the date in `time`.
  std::string interval;              ///< What stands behind the beginning of a time; "" if none.
  std::string time_pattern;          ///< For TimeFormat; "" where nothing has to be said.
  std::string first_time;            ///< Of the data: what the first cell says.

  // Of rows with one value.
  std::optional<std::size_t> key;
  std::optional<std::size_t> value;
  std::string value_name;
  std::optional<std::size_t> type;
  std::optional<std::size_t> expires_at;
  std::optional<std::size_t> labels;

  // Of a wide table.
  std::vector<Series> series;
  std::vector<Series> watched;  ///< Columns of text, each a series from its first number on.
  /// Of rows that nothing else tells apart: what is no value and would show that two of one time
  /// are of two series (mixed_rows_text()).
  std::vector<Series> telling;
  bool grid = false;  ///< The names are times of day, and a row is a day of one series.

  std::optional<RowTemplate> key_template;
  std::vector<Label> label_templates;

  /// What was found, one line each, for a person: "delimiter ';'".
  std::vector<std::string> decisions;

  /// Whether its cells are a part of keys or labels, by a template.
  bool takes_for_names(std::size_t column) const;
  bool is_wide() const { return !series.empty() || !watched.empty(); }
};

/// Finds out what the table is from its first bytes, without a byte order mark; `last` says that
/// nothing follows them. It is a function of its arguments alone. Fails where options and rows do
/// not settle it, naming the option that does; more bytes may help unless `last`. Where not even a
/// first row of data is whole, the problem's offset is the end of the text: more is needed.
Parsed<CsvLayout> sniff_csv(const CsvOptions& options, std::string_view text, bool last);

/// For a person: of two columns of one name.
std::string same_name_text(const CsvLayout::Series& one, const CsvLayout::Series& other);
/// The decision that columns of text are left out.
std::string left_out_text(const std::vector<CsvLayout::Series>& watched);
inline constexpr std::string_view left_out_mark = "left out";  ///< With which such begin.
/// For a person: rows under one key that are of several series differ in the column; `what` says
/// which rows: "two rows have the time 'x' and".
std::string mixed_rows_text(const std::string& what, const std::string& column, bool is_wide);

/// How long a value in quotes may be: where values are texts as long as a value may be, with every
/// quote in it doubled; else no longer than a stray quote may hold up what follows.
QuoteLimits quote_limits(const CsvOptions& options, const CsvLayout& layout);

/// How many rows are looked at, at most.
inline constexpr std::size_t sniffed_rows_max = 20'000;

}  // namespace varve::tools
