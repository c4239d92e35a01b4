#include "tools/varve/export/label_walk.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::tools {
namespace {

std::string key_of(std::size_t number) { return "k/" + std::to_string(100'000 + number); }

std::vector<std::string> walked(Engine& engine, const Query& query) {
  LabelWalk walk(engine, query, {});
  std::vector<std::string> keys;
  while (true) {
    const auto series = walk.front();
    EXPECT_TRUE(series) << series.error().message;
    if (!series || *series == nullptr) return keys;
    keys.push_back((*series)->key);
    walk.pop();
  }
}

TEST(LabelWalk, goes_over_all_series_however_many_pages_they_are) {
  Engine engine = Engine::open_in_memory().value();
  std::vector<std::string> expected;
  WriteBatch batch;
  for (std::size_t i = 0; i < 2 * LabelWalk::page_series + 1; ++i) {
    expected.push_back(key_of(i));
    batch.describe(key_of(i), {{"room", i % 2 == 0 ? "hall" : "yard"}});
  }
  engine.write(std::move(batch)).value();
  EXPECT_EQ(walked(engine, Query::all()), expected);
  EXPECT_EQ(walked(engine, Query::prefix("l")), std::vector<std::string>());
  EXPECT_EQ(walked(engine, Query::all().with(Matcher::equals("room", "yard"))).size(),
            LabelWalk::page_series);
}

TEST(LabelWalk, ends_where_the_last_page_is_full) {
  Engine engine = Engine::open_in_memory().value();
  WriteBatch batch;
  for (std::size_t i = 0; i < LabelWalk::page_series; ++i) {
    batch.describe(key_of(i), {{"room", "hall"}});
  }
  engine.write(std::move(batch)).value();
  EXPECT_EQ(walked(engine, Query::all()).size(), LabelWalk::page_series);
}

}  // namespace
}  // namespace varve::tools
