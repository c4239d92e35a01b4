#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "engine/cursor/cursor.hpp"
#include "tests/engine/cursor/scripted_cursor.hpp"

namespace varve::engine {
namespace {

using test::FlatRow;

using FlatRows = std::vector<FlatRow>;

FlatRow number(std::string key, Timestamp ts, double value) {
  return {std::move(key), ts, RowType::double_, value, never};
}

class MemtableCursorTest : public testing::Test {
 protected:
  void put(std::string_view key, Timestamp ts, double value) {
    memtable_->put(memtable_->series(key, hash_of(key)), ts, value, never, ++sequence_);
  }
  std::unique_ptr<Cursor> cursor(CursorBounds bounds, std::uint64_t sequence = 1000) {
    return memtable_cursor(memtable_, std::move(bounds), sequence);
  }

  std::shared_ptr<Memtable> memtable_ = std::make_shared<Memtable>(1, 1, 0);
  std::uint64_t sequence_ = 0;
};

TEST_F(MemtableCursorTest, walks_keys_in_order_within_bounds) {
  for (const char* key : {"d", "a", "c", "b", "e"}) put(key, 1, 1.0);
  EXPECT_EQ(walk(*cursor({{"b", "e"}, {}})).value(),
            (FlatRows{number("b", 1, 1.0), number("c", 1, 1.0), number("d", 1, 1.0)}));
  EXPECT_EQ(walk(*cursor({{"b", "b"}, {}})).value(), FlatRows{});
  EXPECT_EQ(walk(*cursor({{"x", "z"}, {}})).value(), FlatRows{});
}

TEST_F(MemtableCursorTest, clips_to_times_in_either_direction) {
  for (int i = 0; i < 100; ++i) put("k", i, i);
  FlatRows expected;
  for (int i = 10; i <= 20; ++i) expected.push_back(number("k", i, i));
  EXPECT_EQ(walk(*cursor({{"a", "z"}, {10, 20}})).value(), expected);
  std::ranges::reverse(expected);
  EXPECT_EQ(walk(*cursor({{"a", "z"}, {10, 20}, true}), true).value(), expected);
}

TEST_F(MemtableCursorTest, gives_short_series_together_and_long_ones_alone) {
  for (int i = 0; i < 500; ++i) put("m", i, i);
  for (int key = 100; key < 300; ++key) put("k" + std::to_string(key), 1, key);
  put("z", 1, 1.0);
  const FlatRows all = walk(*cursor({{"a", "zz"}, {}})).value();
  EXPECT_EQ(walk_stretches(*cursor({{"a", "zz"}, {}}), false).value(), all);
  EXPECT_EQ(walk_stretches(*cursor({{"a", "zz"}, {}}), false, "k2").value().size(), 100u);

  const auto walking = cursor({{"a", "zz"}, {}});
  ASSERT_TRUE(walking->next_key().value());
  const std::size_t together = walking->next_stretches("zz").value().size();
  EXPECT_GT(together, 30u);
  ASSERT_TRUE(walking->seek_key("k299").value());
  ASSERT_TRUE(walking->next_key().value());
  EXPECT_EQ(walking->key(), "m");
  EXPECT_EQ(walk_key(*walking, false).value().size(), 500u);
}

TEST_F(MemtableCursorTest, finds_a_single_key) {
  put("k", 1, 1.0);
  put("k1", 1, 2.0);
  EXPECT_EQ(walk(*cursor({{"k", std::string("k\0", 2)}, {}})).value(),
            FlatRows{number("k", 1, 1.0)});
  EXPECT_EQ(walk(*cursor({{"j", std::string("j\0", 2)}, {}})).value(), FlatRows{});
}

TEST_F(MemtableCursorTest, seeks_within_bounds) {
  for (const char* key : {"a", "b", "d", "e"}) put(key, 1, 1.0);
  const auto walking = cursor({{"b", "e"}, {}});
  ASSERT_TRUE(walking->seek_key("a").value());
  EXPECT_EQ(walking->key(), "b");
  ASSERT_TRUE(walking->seek_key("c").value());
  EXPECT_EQ(walking->key(), "d");
  ASSERT_EQ(walking->next_rows().value().size(), 1u);
  ASSERT_TRUE(walking->seek_key("d").value());
  EXPECT_TRUE(walking->next_rows().value().empty()) << "it stays where it was";
  EXPECT_FALSE(walking->seek_key("e").value());
  EXPECT_FALSE(walking->next_key().value());
}

TEST_F(MemtableCursorTest, shows_what_its_sequence_shows) {
  put("k", 1, 1.0);
  const auto before = cursor({{"a", "z"}, {}}, sequence_);
  put("k", 1, 2.0);
  put("l", 1, 3.0);
  EXPECT_EQ(walk(*before).value(), FlatRows{number("k", 1, 1.0)});
  EXPECT_EQ(walk(*cursor({{"a", "z"}, {}}, 1)).value(), FlatRows{number("k", 1, 1.0)});
}

TEST_F(MemtableCursorTest, keeps_its_memtable_alive) {
  put("k", 1, 1.0);
  const auto walking = cursor({{"a", "z"}, {}});
  memtable_.reset();
  EXPECT_EQ(walk(*walking).value(), FlatRows{number("k", 1, 1.0)});
}

}  // namespace
}  // namespace varve::engine
