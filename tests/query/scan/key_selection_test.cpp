#include "query/scan/key_selection.hpp"

#include <gtest/gtest.h>

#include "tests/engine/cursor/scripted_cursor.hpp"

namespace varve::query {
namespace {

using Keys = std::vector<std::string>;

KeySelection selection_of(KeySelection::Mode mode, const Keys& keys) {
  KeySelection selection(mode);
  for (const std::string& key : keys) selection.add(key);
  return selection;
}

Keys walked(KeySelection selection, const Keys& there) {
  std::vector<test::FlatRow> rows;
  for (const std::string& key : there) rows.push_back({.key = key, .ts = 1});
  const auto cursor = engine::scripted({.rows = rows});
  Keys visited;
  while (selection.next_key(*cursor).value()) visited.emplace_back(cursor->key());
  return visited;
}

Keys numbered(int first, int end, int step) {
  Keys keys;
  for (int i = first; i < end; i += step) keys.push_back("k" + std::to_string(100 + i));
  return keys;
}

TEST(KeySelection, visits_only_its_keys_that_are_there) {
  const auto mode = KeySelection::Mode::only;
  EXPECT_EQ(walked(selection_of(mode, {"b", "c", "e"}), {"a", "c", "d", "e", "f"}),
            (Keys{"c", "e"}));
  EXPECT_EQ(walked(selection_of(mode, numbered(0, 99, 2)), numbered(0, 99, 3)), numbered(0, 99, 6));
  EXPECT_EQ(walked(selection_of(mode, numbered(0, 99, 3)), numbered(0, 99, 2)), numbered(0, 99, 6));
  EXPECT_EQ(walked(selection_of(mode, {}), {"a"}), Keys());
  EXPECT_EQ(walked(selection_of(mode, {"x"}), {"a"}), Keys());
}

TEST(KeySelection, visits_all_but_its_keys) {
  const auto mode = KeySelection::Mode::all_but;
  EXPECT_EQ(walked(selection_of(mode, {"b", "c", "e"}), {"a", "c", "d", "e", "f"}),
            (Keys{"a", "d", "f"}));
  EXPECT_EQ(walked(selection_of(mode, {}), {"a", "b"}), (Keys{"a", "b"}));
  EXPECT_EQ(walked(selection_of(mode, numbered(0, 99, 1)), numbered(0, 99, 3)), Keys());
}

}  // namespace
}  // namespace varve::query
