#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/support/database.hpp"

namespace varve::test {
namespace {

/// What a shell says to a command, and how it ended.
std::pair<int, std::string> run(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {-1, "popen failed"};
  char piece[512];
  while (std::fgets(piece, sizeof piece, pipe) != nullptr) output += piece;
  return {WEXITSTATUS(pclose(pipe)), output};
}

/// Every part of the engine has something to say.
void use(Database& db) {
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 100; ++i) db.put("k", round * 50 + i, i, std::chrono::hours(round + 1));
    db.flush();
  }
  db.erase("k", 1);
  db.compact();
  db.clock().advance(std::chrono::hours(2));
  db.collect();
  db.get("k", 200);
  db.latest("k");
  db.count(Query::all());
}

TEST(Metrics, are_accepted_by_promtool) {
  if (run("command -v promtool").first != 0) GTEST_SKIP() << "promtool is not installed";
  Database db;
  use(db);
  const TemporaryDirectory directory;
  const auto file = directory.path() / "metrics";
  std::ofstream(file) << db->metrics_text();
  const auto [status, complaints] = run("promtool check metrics < '" + file.string() + "'");
  EXPECT_EQ(status, 0);
  EXPECT_EQ(complaints, "");
}

TEST(Metrics, say_what_stats_say) {
  Database db;
  use(db);
  const Stats stats = db->stats();
  const std::string text = db->metrics_text();
  const auto expect_line = [&](const std::string& name, std::uint64_t value) {
    const std::string line = "\n" + name + " " + std::to_string(value) + "\n";
    EXPECT_NE(text.find(line), std::string::npos) << line << "is not in\n" << text;
  };
  EXPECT_EQ(stats.records_written, 500u);
  expect_line("varve_records_written_total", 500);
  expect_line("varve_flushes_total", stats.flushes);
  expect_line("varve_records_expired_total", stats.records_expired);
  expect_line("varve_memtables", stats.memtables);
}

}  // namespace
}  // namespace varve::test
