#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/varve/running.hpp"

namespace varve::tools {

/// Three records, as query writes them.
inline constexpr const char* small_csv =
    "key,time,value\n"
    "plant/a,2013-12-02T21:15:00.000000Z,1.5\n"
    "plant/a,2013-12-02T21:16:00.000000Z,2.5\n"
    "plant/b,2013-12-02T21:15:00.000000Z,-3\n";

/// Of csv that export wrote: key, time and value alone.
inline std::string three_columns(const std::string& csv) {
  std::string out;
  int column = 0;
  bool in_quotes = false;
  for (const char c : csv) {
    if (c == '"') in_quotes = !in_quotes;
    if (c == ',' && !in_quotes) ++column;
    if (c == '\n' && !in_quotes) column = 0;
    if (column < 3) out += c;
  }
  return out;
}

/// Runs the built command on a database of its own.
class Command : public testing::Test {
 protected:
  RunResult on_db(std::string name, std::vector<std::string> more = {},
                  const std::string& input = "") const {
    std::vector<std::string> arguments = {std::move(name), "--db", db()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_varve(arguments, input);
  }
  std::string db() const { return directory_.path("db"); }
  /// What export writes, without the columns that are the same everywhere here.
  std::string exported(std::vector<std::string> more = {}) const {
    return three_columns(on_db("export", std::move(more)).out);
  }
  void import_small() const {
    const RunResult result = on_db("import", {}, small_csv);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  bool db_exists() const { return std::filesystem::exists(db()); }

  const TestDirectory directory_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The first file of a directory whose name ends so and that has so many bytes.
inline std::filesystem::path find_file(const std::filesystem::path& directory,
                                       const std::string& ending, std::uintmax_t least_size = 0) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const bool is_long = entry.is_regular_file() && entry.file_size() >= least_size;
    if (is_long && entry.path().string().ends_with(ending)) return entry.path();
  }
  return {};
}

inline void change_byte(const std::filesystem::path& path, std::streamoff offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(offset);
  const int byte = file.get();
  file.seekp(offset);
  file.put(static_cast<char>(byte ^ 0x55));
}

}  // namespace varve::tools
