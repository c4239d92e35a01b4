// A directory as format version 1 leaves it, kept in tests/golden. It has to open, and to give its
// records, in every later version. Made by
//   database_tests --gtest_also_run_disabled_tests --gtest_filter='GoldenDirectory.DISABLED_*'
// into the directory VARVE_GOLDEN, once for each format version: what is there stays as it is.

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/database.hpp"
#include "tests/support/temporary_directory.hpp"

namespace varve::test {
namespace {

using std::chrono::hours;

constexpr Timestamp second = 1'000'000;

Options golden_options(const std::filesystem::path& dir) {
  Options options = small_options();
  options.dir = dir.string();
  options.file_system = posix_file_system();
  options.threadless = true;
  return options;
}

/// Every kind of value, and what encodings are made for; through a level below, a table of level 0
/// and the log; deleted, replaced and expiring records among them.
void fill(Database& db) {
  for (int i = 0; i < 1'500; ++i) {
    WriteBatch batch;
    batch.put("plant/a/temperature", i * second,
              std::round(20'000 + 300 * std::sin(i * 0.01)) / 100);
    batch.put("plant/a/count", i * second + i * 7 % 5 * 1'000, std::int64_t{i} * i);
    if (i % 3 == 0) batch.put("plant/b/noise", i * second, 1.0 / (i + 3));
    if (i % 10 == 0) batch.put("plant/b/running", i * second, i % 100 < 60, hours(24 * 36'500));
    if (i % 25 == 0) batch.put("plant/b/state", i * second, "state " + std::to_string(i % 4));
    db.write(std::move(batch));
    if (i == 700) db.flush();
    if (i == 900) {
      db.flush();
      db.compact();
      db.erase("plant/a/count", 30 * second);
      db.erase_range("plant/b/noise", "plant/b/noise\1", TimeRange(100 * second, 200 * second));
      db.put("plant/a/temperature", 5 * second, "replaced");
    }
    if (i == 1'400) db.flush();
  }
}

std::vector<Record> all(Database& db) { return db.query(Query::all()); }

TEST(GoldenDirectory, of_version_1_opens_and_gives_its_records) {
  const TemporaryDirectory scratch;
  const auto copy = scratch.path() / "golden";
  std::filesystem::copy(VARVE_GOLDEN_DIRECTORY "/1", copy);
  Database golden(golden_options(copy));
  EXPECT_EQ(golden->recovery_report().batches_replayed, 99u);

  Database made(golden_options(scratch.path() / "made"));
  fill(made);
  EXPECT_EQ(all(golden), all(made));
}

TEST(GoldenDirectory, DISABLED_is_made) {
  const char* const dir = std::getenv("VARVE_GOLDEN");
  ASSERT_NE(dir, nullptr) << "VARVE_GOLDEN names the directory to make";
  Database db(golden_options(dir));
  fill(db);
  db.close();
}

}  // namespace
}  // namespace varve::test
