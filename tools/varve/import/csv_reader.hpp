#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/formats/csv_row.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/import/record_reader.hpp"

namespace varve::tools {

/// How csv is meant. Columns are named by their header, or by their number from 1.
struct CsvOptions {
  std::optional<std::string> key;  ///< Of every row.
  std::optional<std::string> key_column;
  std::optional<std::string> time_column;
  std::optional<std::string> value_column;
  std::optional<ColumnType> type;  ///< None: as a column `type` says, else double.
  bool no_header = false;
  bool wide = false;   ///< Every column but the time is a series, named by its header.
  std::string prefix;  ///< Before every key.
  char delimiter = ',';
  TimeUnit time_unit = TimeUnit::microseconds;
  /// For files without times: of the first row, and from row to row. Bad rows count.
  std::optional<Timestamp> start;
  Duration step{0};
};

/// What each column is, as options and first row say.
struct CsvLayout {
  struct Series {
    std::size_t column;
    std::string name;
  };

  bool header = false;
  std::size_t columns = 0;
  std::optional<std::size_t> key;
  std::optional<std::size_t> time;
  std::optional<std::size_t> value;
  std::optional<std::size_t> type;
  std::vector<Series> series;  // Of a wide file.
};

/// The first row is a header if a column is asked for by name, if it holds one of the usual names
/// (key, time, timestamp, ts, date, datetime, value), or if its time (without times: its value)
/// cannot be read as one. Columns not asked for are found by those names, else by their place:
/// [key,] time, value. Fails where that does not settle it.
Parsed<CsvLayout> csv_layout(const CsvOptions& options, const std::vector<CsvRow::Field>& first);

/// Reads csv. `input` outlives the reader.
std::unique_ptr<RecordReader> make_csv_reader(Input& input, CsvOptions options);

}  // namespace varve::tools
