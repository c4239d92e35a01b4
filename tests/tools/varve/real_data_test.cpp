// Public data sets of sensors, prices and coordinates, where they lie beside the checkout: what
// goes in comes out, to the last bit. Of repeated times the last one counts; some files have them.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tools/varve/running.hpp"
#include "varve/varve.hpp"

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

/// Of each key and time, the bits of the double.
using Contents = std::map<std::string, std::map<Timestamp, std::uint64_t>>;

constexpr Timestamp start = 1'704'067'200'000'000;  // 2024-01-01, for files without times.

double number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_TRUE(error == std::errc() && end == text.data() + text.size()) << text;
  return value;
}

Timestamp date(const std::string& text) {
  std::tm parts{};
  EXPECT_NE(strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &parts), nullptr) << text;
  return static_cast<Timestamp>(timegm(&parts)) * 1'000'000;
}

std::vector<fs::path> files_in(const char* folder) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(fs::path(VARVE_DATA) / folder, absent)) {
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// Reads a file without any code of the command: `timestamp,value`, or one value a line.
void add_file(Contents& contents, const std::string& folder, const fs::path& path) {
  auto& series = contents[folder + "/" + path.stem().string()];
  std::ifstream file(path);
  std::string line;
  for (Timestamp row = 0; std::getline(file, line); ++row) {
    if (line.ends_with('\r')) line.pop_back();
    if (row == 0 && line.starts_with("timestamp")) continue;
    const auto comma = line.find(',');
    const Timestamp ts =
        comma == std::string::npos ? start + row * 1'000'000 : date(line.substr(0, comma));
    const auto value = std::string_view(line).substr(comma == std::string::npos ? 0 : comma + 1);
    series[ts] = std::bit_cast<std::uint64_t>(number(value));
  }
}

Contents contents_of(const char* folder) {
  Contents contents;
  for (const fs::path& path : files_in(folder)) add_file(contents, folder, path);
  return contents;
}

void expect_same(const Contents& found, const Contents& expected, const std::string& when) {
  SCOPED_TRACE(when);
  for (const auto& [key, series] : expected) {
    const auto there = found.find(key);
    ASSERT_NE(there, found.end()) << key;
    EXPECT_EQ(there->second.size(), series.size()) << key;
    EXPECT_TRUE(there->second == series) << key << ": not the same bits";
  }
  EXPECT_EQ(found.size(), expected.size());
}

/// What `varve export` says of the database.
Contents exported(const std::string& db) {
  const RunResult result = run_varve({"export", "--db", db, "--time", "epoch"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  Contents contents;
  std::string_view rest = result.out;
  rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1));  // The header.
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto first = line.find(',');
    const auto second = line.find(',', first + 1);
    Timestamp ts = 0;
    std::from_chars(line.data() + first + 1, line.data() + second, ts);
    const auto third = line.find(',', second + 1);
    contents[std::string(line.substr(0, first))][ts] =
        std::bit_cast<std::uint64_t>(number(line.substr(second + 1, third - second - 1)));
  }
  return contents;
}

Contents queried(Engine& engine) {
  Contents contents;
  const auto records = engine.query(Query::all());
  EXPECT_TRUE(records) << records.error().message();
  for (const Record& record : *records) {
    contents[record.key()][record.ts()] = std::bit_cast<std::uint64_t>(record.value().as_double());
  }
  return contents;
}

class RealData : public testing::Test {
 protected:
  void SetUp() override {
    if (files_in("nab").empty()) GTEST_SKIP() << "no data in " << VARVE_DATA;
  }

  /// By the command: into a database of the options' default sizes.
  void import(const char* folder, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"import", "--db", db(), "--key",
                                          std::string(folder) + "/{stem}"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    for (const fs::path& path : files_in(folder)) arguments.push_back(path.string());
    const RunResult result = run_varve(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  std::string db() const { return directory_.path("db"); }

  void check_each_state(const Contents& expected) const {
    Options options;
    options.dir = db();
    options.background_maintenance = false;
    {
      auto engine = Engine::open(options);
      ASSERT_TRUE(engine) << engine.error().message();
      ASSERT_EQ(engine->stats().tables, 0u);
      expect_same(queried(*engine), expected, "replayed, before a flush");
      ASSERT_TRUE(engine->flush());
      ASSERT_GT(engine->stats().tables, 0u);
      expect_same(queried(*engine), expected, "flushed");
      ASSERT_TRUE(engine->compact());
      expect_same(queried(*engine), expected, "compacted");
      ASSERT_TRUE(engine->close());
    }
    auto engine = Engine::open(options);
    ASSERT_TRUE(engine) << engine.error().message();
    expect_same(queried(*engine), expected, "reopened");
    ASSERT_TRUE(engine->close());
    expect_same(exported(db()), expected, "exported");
  }

  const TestDirectory directory_;
};

TEST_F(RealData, of_nab_keeps_every_bit_in_memory_flushed_compacted_and_reopened) {
  const Contents expected = contents_of("nab");
  import("nab");
  check_each_state(expected);
}

TEST_F(RealData, of_alp_keeps_every_bit_in_memory_flushed_compacted_and_reopened) {
  const Contents expected = contents_of("alp");
  import("alp", {"--start", "2024-01-01", "--step", "1s", "--no-header"});
  check_each_state(expected);
}

}  // namespace
}  // namespace varve::tools
