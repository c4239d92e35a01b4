#include "tools/varve/export/wide_export.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <string>

#include "tests/tools/varve/running.hpp"
#include "tools/formats/time_text.hpp"

namespace varve::tools {
namespace {

std::string exported(Engine& engine, const Query& query, std::size_t cells_at_once) {
  const TestDirectory directory;
  const std::string file = directory.path("out.csv");
  {
    auto output = Output::create(file, directory.path("db")).value();
    const ReadOptions reads = ReadOptions().snapshot(engine.snapshot().value());
    const auto outcome = export_wide(engine, query, reads, false, output, cells_at_once);
    EXPECT_TRUE(outcome) << outcome.error().message;
    EXPECT_TRUE(output.finish());
  }
  return read_file(file);
}

TEST(WideExport, is_the_same_however_few_cells_are_held_at_once) {
  Engine engine = Engine::open_in_memory().value();
  std::mt19937_64 random(1);
  std::map<Timestamp, std::map<std::string, std::int64_t>> rows;
  WriteBatch batch;
  Timestamp ts = 1'700'000'000'000'000;
  for (std::int64_t i = 0; i < 3'000; ++i) {
    // Dense stretches, and long times without anything.
    ts += i % 500 == 0 ? 86'400'000'000'000 : static_cast<Timestamp>(random() % 3);
    const std::string key(1, static_cast<char>('a' + random() % 5));
    batch.put(key, ts, i);
    rows[ts][key] = i;
  }
  engine.write(std::move(batch)).value();
  std::string expected = "time:wide,a,b,c,d,e\n";
  for (const auto& [time, cells] : rows) {
    append_time(expected, time);
    for (const char* const key : {"a", "b", "c", "d", "e"}) {
      expected += ',';
      if (const auto cell = cells.find(key); cell != cells.end()) {
        expected += std::to_string(cell->second);
      }
    }
    expected += '\n';
  }
  for (const std::size_t cells : {std::size_t{1}, std::size_t{7}, wide_cells_at_once}) {
    EXPECT_TRUE(exported(engine, Query::all(), cells) == expected) << cells;
  }
}

TEST(WideExport, has_the_first_and_the_last_moment_that_there_are) {
  Engine engine = Engine::open_in_memory().value();
  WriteBatch batch;
  batch.put("a", std::numeric_limits<Timestamp>::min(), 1.5);
  batch.put("b,c", std::numeric_limits<Timestamp>::max(), "x\"y");
  engine.write(std::move(batch)).value();
  EXPECT_EQ(exported(engine, Query::all(), 1),
            "time:wide,a,\"b,c\"\n"
            "-290308-12-21T19:59:05.224192Z,1.5,\n"
            "+294247-01-10T04:00:54.775807Z,,\"x\"\"y\"\n");
}

TEST(WideExport, is_a_header_alone_where_nothing_is_found) {
  Engine engine = Engine::open_in_memory().value();
  EXPECT_EQ(exported(engine, Query::all(), 1), "time:wide\n");
}

}  // namespace
}  // namespace varve::tools
