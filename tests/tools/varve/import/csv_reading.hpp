#pragma once

#include <string>
#include <vector>

#include "tests/tools/varve/import/reading.hpp"
#include "tools/formats/time_text.hpp"
#include "tools/formats/value_text.hpp"
#include "tools/varve/import/csv_reader.hpp"

// Tables as text, and what is read of them in one line for each record.

namespace varve::tools {

using Lines = std::vector<std::string>;

inline ReadResult read(const std::string& text, const CsvOptions& options = {}) {
  return read_text([&](Input& input) { return make_csv_reader(input, options); }, text);
}

/// "key 2024-05-01 00:00:00 1.5", one for each record.
inline Lines lines_of(const ReadResult& result) {
  Lines lines;
  for (const Record& record : result.records) {
    std::string line = record.key() + ' ' + format_time_short(record.ts()) + ' ';
    append_value(line, record.value().view());
    lines.push_back(line);
  }
  return lines;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline CsvOptions keyed(const char* key) {
  CsvOptions options;
  options.key = key;
  return options;
}

}  // namespace varve::tools
