#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/formats/tables/csv_layout.hpp"
#include "tools/varve/terminal/failure.hpp"

namespace CLI {
class App;
}

namespace varve::tools {

/// The options of `import` that are for csv alone, as they were written.
struct CsvOptionTexts {
  std::optional<std::string> key;  ///< A template still, {file} and {stem} among it.
  std::vector<std::string> labels;
  std::optional<std::string> key_column, time_column, value_column;
  std::vector<std::string> columns, skip_columns, nulls;
  std::optional<std::string> type, delimiter, decimal, start, step, skip_rows;
  bool header = false;
  bool no_header = false;
  bool wide = false;
};

/// All of them, in a group `csv` of the help.
void add_csv_options(CLI::App& command, CsvOptionTexts& texts);

/// What they say, with `times` and `prefix`, which are options of every format. The key is a
/// template still: with_file_name() before it is read. Fails with usage, naming the option.
Outcome<CsvOptions> csv_options_of(const CsvOptionTexts& texts, TimeForm times, std::string prefix,
                                   Timestamp now);

/// The template of a key with {file} and {stem} replaced by the file's name; braces in the name do
/// not count.
std::string with_file_name(const std::string& key, const std::string& file);

}  // namespace varve::tools
