#include "tools/varve/commands/csv_options.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <utility>

#include "tools/formats/matcher_text.hpp"
#include "tools/formats/record_limits.hpp"
#include "tools/formats/tables/row_template.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/commands/selection.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

constexpr const char* group = "csv";

/// "a,b" as two texts; a comma in one of them has a backslash before it.
std::vector<std::string> split(const std::vector<std::string>& lists) {
  std::vector<std::string> out;
  for (const std::string& list : lists) {
    out.emplace_back();
    for (std::size_t at = 0; at < list.size(); ++at) {
      if (list[at] == ',') {
        out.emplace_back();
      } else {
        if (list[at] == '\\' && at + 1 < list.size() && list[at + 1] == ',') ++at;
        out.back() += list[at];
      }
    }
  }
  return out;
}

Outcome<char> delimiter_of(const std::string& text) {
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() != 1) {
    return usage("--delimiter: " + quote(text) + " is not one character, or tab");
  }
  if (text[0] == '"' || text[0] == '\n' || text[0] == '\r') {
    return usage("--delimiter: not this one");
  }
  return text[0];
}

Outcome<char> decimal_of(const std::string& text) {
  if (text == "," || text == "comma") return ',';
  if (text == "." || text == "point") return '.';
  return usage("--decimal: " + quote(text) + " is neither a comma nor a point");
}

Outcome<void> take_key(const CsvOptionTexts& texts, CsvOptions& options) {
  options.key = texts.key;
  if (options.key) {
    VARVE_TRY(const RowTemplate key, option_value("--key", RowTemplate::parse(*options.key)));
    if (key.is_constant()) {
      std::string text;
      key.append(text, {}, {});
      VARVE_CHECK(option_value("--key", check_key(options.prefix + text)));
    }
  }
  for (const std::string& text : texts.labels) {
    VARVE_TRY(const Label label, option_value("--label", parse_label(text)));
    VARVE_CHECK(option_value("--label", RowTemplate::parse(label.value())));
    options.labels.push_back({label.name(), label.value()});
  }
  return {};
}

Outcome<void> take_times(const CsvOptionTexts& texts, Timestamp now, CsvOptions& options) {
  if (texts.start.has_value() != texts.step.has_value()) {
    return usage("--start and --step go together");
  }
  if (!texts.start) return {};
  if (texts.time_column) return usage("--start and --time-column exclude each other");
  VARVE_TRY(options.start, option_value("--start", parse_moment(*texts.start, now)));
  VARVE_TRY(options.step, option_value("--step", parse_positive_duration(*texts.step)));
  return {};
}

Outcome<void> check_together(const CsvOptionTexts& texts) {
  if (texts.header && texts.no_header) return usage("--header and --no-header exclude each other");
  const bool one_value = texts.key_column || texts.value_column;
  if (texts.wide && one_value) {
    return usage("--wide makes a series of each column: no --key-column, no --value-column");
  }
  if (!texts.columns.empty() && one_value) {
    return usage("--columns makes a series of each column: no --key-column, no --value-column");
  }
  if (texts.key && texts.key_column) return usage("--key and --key-column exclude each other");
  return {};
}

void add_columns(CLI::App& command, CsvOptionTexts& texts) {
  const auto column = [&](const char* name, std::optional<std::string>& text, const char* what) {
    command.add_option(name, text, what)->type_name("COLUMN")->group(group);
  };
  column("--key-column", texts.key_column, "The column of the key: its name, or number from 1");
  column("--time-column", texts.time_column, "The column of the time; DATE+TIME joins two columns");
  column("--value-column", texts.value_column, "The column of the value");
  const auto list = [&](const char* name, std::vector<std::string>& all, const char* type,
                        const char* what) {
    command.add_option(name, all, what)->type_name(type)->group(group);
  };
  list("--columns", texts.columns, "COLUMN,...", "Each of these columns is a series, no others");
  list("--skip-column", texts.skip_columns, "COLUMN,...", "Leave these columns out");
  list("--null", texts.nulls, "TEXT,...",
       "These texts say that there is no value, as an empty cell does, or NA, -, null and NaN");
  list("--label", texts.labels, "NAME=VALUE",
       "A label of the series; {NAME} in it stands for a column. Without --key labels name it");
}

}  // namespace

void add_csv_options(CLI::App& command, CsvOptionTexts& texts) {
  command
      .add_option("--key", texts.key,
                  "The key of every row: {NAME} stands for a column's cell, {column} for the name "
                  "of the value's column, {file} and {stem} for the file's name")
      ->type_name("KEY")
      ->group(group);
  add_columns(command, texts);
  const auto text = [&](const char* name, std::optional<std::string>& value, const char* type,
                        const char* what) {
    command.add_option(name, value, what)->type_name(type)->group(group);
  };
  text("--type", texts.type, "TYPE",
       "double, int64, bool, bytes or auto (each value by its look); double where no column of "
       "types says otherwise");
  text("--delimiter", texts.delimiter, "CHAR", "One character, or tab; found if not given");
  text("--decimal", texts.decimal, "CHAR", "A comma or a point; found if not given");
  text("--skip-rows", texts.skip_rows, "N", "Leave out so many lines at the beginning");
  text("--start", texts.start, "TIME", "Without times: of the first row");
  text("--step", texts.step, "DURATION", "Without times: from row to row");
  command.add_flag("--wide", texts.wide, "Each column but the time is a series")->group(group);
  command.add_flag("--header", texts.header, "The first row names the columns")->group(group);
  command.add_flag("--no-header", texts.no_header, "The first row is data")->group(group);
}

Outcome<CsvOptions> csv_options_of(const CsvOptionTexts& texts, TimeForm times, std::string prefix,
                                   Timestamp now) {
  CsvOptions options;
  options.time = std::move(times);
  options.prefix = std::move(prefix);
  VARVE_CHECK(check_together(texts));
  VARVE_CHECK(take_key(texts, options));
  VARVE_CHECK(take_times(texts, now, options));
  if (texts.type) {
    VARVE_TRY(options.type, option_value("--type", parse_column_type(*texts.type)));
  }
  if (texts.delimiter) {
    VARVE_TRY(options.delimiter, delimiter_of(*texts.delimiter));
  }
  if (texts.decimal) {
    VARVE_TRY(options.decimal, decimal_of(*texts.decimal));
  }
  if (texts.skip_rows) {
    VARVE_TRY(options.skip_rows, option_value("--skip-rows", parse_count(*texts.skip_rows)));
  }
  if (texts.header || texts.no_header) options.header = texts.header;
  options.key_column = texts.key_column;
  options.time_column = texts.time_column;
  options.value_column = texts.value_column;
  options.columns = split(texts.columns);
  options.skip_columns = split(texts.skip_columns);
  options.nulls = split(texts.nulls);
  options.wide = texts.wide;
  return options;
}

std::string with_file_name(const std::string& key, const std::string& file) {
  const auto doubled = [](const std::string& text) {
    std::string out;
    for (const char c : text) {
      out += c;
      if (c == '{' || c == '}') out += c;
    }
    return out;
  };
  std::string out;
  for (std::size_t at = 0; at < key.size();) {
    if (key.compare(at, 2, "{{") == 0) {
      out += "{{";
      at += 2;
    } else if (key.compare(at, 6, "{file}") == 0) {
      out += doubled(file);
      at += 6;
    } else if (key.compare(at, 6, "{stem}") == 0) {
      out += doubled(std::filesystem::path(file).stem().string());
      at += 6;
    } else {
      out += key[at++];
    }
  }
  return out;
}

}  // namespace varve::tools
