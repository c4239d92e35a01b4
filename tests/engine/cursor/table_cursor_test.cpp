#include <gtest/gtest.h>

#include "engine/cursor/cursor.hpp"
#include "tests/engine/cursor/scripted_cursor.hpp"
#include "tests/engine/table/table_fixture.hpp"

namespace varve::engine {
namespace {

using test::FlatRow;

using FlatRows = std::vector<FlatRow>;

const KeyRange all_keys{std::string(1, '\0'), "\xFF\xFF\xFF\xFF"};

FlatRow flat(const TestRow& row) { return {row.key, row.ts, row.type, row.value, row.expires_at}; }

/// What a cursor has to give: the rows of the bounds, each key in the order asked for.
FlatRows expected(const TestRows& rows, const CursorBounds& bounds) {
  FlatRows found;
  for (const TestRow& row : rows) {
    if (bounds.keys.contains(row.key) && bounds.times.contains(row.ts)) found.push_back(flat(row));
  }
  if (bounds.newest_first) {
    std::ranges::stable_sort(found, [](const FlatRow& a, const FlatRow& b) {
      return a.key != b.key ? a.key < b.key : a.ts > b.ts;
    });
  }
  return found;
}

class TableCursorTest : public testing::Test {
 protected:
  void write(TestRows rows) {
    rows_ = std::move(rows);
    table_ = std::make_shared<Table>(fixture_.context, fixture_.write(1, rows_).value());
  }
  std::unique_ptr<Cursor> cursor(CursorBounds bounds, CursorOptions options = {}) {
    return table_cursor(table_, std::move(bounds), options);
  }
  void expect_all_of(const CursorBounds& bounds) {
    EXPECT_EQ(walk(*cursor(bounds), bounds.newest_first).value(), expected(rows_, bounds));
    EXPECT_EQ(walk_stretches(*cursor(bounds), bounds.newest_first).value(),
              expected(rows_, bounds));
  }
  void spoil(std::uint64_t offset) {
    Bytes bytes = fixture_.contents(1);
    bytes[static_cast<std::size_t>(offset)] ^= std::byte{1};
    fixture_.replace(1, bytes);
  }
  void forget_what_was_read() { fixture_.cache.forget(1); }
  std::uint64_t misses() const { return fixture_.cache.misses(); }

  TableFixture fixture_;
  TestRows rows_;
  std::shared_ptr<const Table> table_;
};

/// One series of many blocks between short ones.
TestRows long_series() {
  TestRows rows;
  for (int i = 0; i < 5; ++i) rows.push_back(value_row("b", i, i));
  for (int i = 0; i < 6000; ++i) rows.push_back(value_row("k", i * 10, i * 0.5));
  for (int i = 0; i < 5; ++i) rows.push_back(value_row("m", i, "text"));
  return rows;
}

TestRows short_series() {
  TestRows rows;
  for (int key = 1000; key < 4000; ++key) {
    for (int i = 0; i < 3; ++i) {
      rows.push_back(value_row("key/" + std::to_string(key), key % 7 * 100 + i, i * 1.0));
    }
  }
  return rows;
}

TEST_F(TableCursorTest, walks_all_rows_in_either_direction) {
  write(long_series());
  expect_all_of({all_keys, {}});
  expect_all_of({all_keys, {}, true});
}

TEST_F(TableCursorTest, walks_many_keys_of_one_block) {
  write(short_series());
  expect_all_of({all_keys, {}});
  expect_all_of({{"key/2000", "key/2100"}, {}, true});
  expect_all_of({all_keys, {300, 301}});
}

TEST_F(TableCursorTest, gives_the_keys_of_a_block_together) {
  write(short_series());
  for (const bool newest_first : {false, true}) {
    const auto walking = cursor({all_keys, {}, newest_first});
    ASSERT_TRUE(walking->next_key().value());
    EXPECT_GT(walking->next_stretches("key/3").value().size(), 100u);
  }
}

TEST_F(TableCursorTest, shows_whole_blocks_of_a_key_without_reading_them) {
  write(long_series());
  const auto index = table_->index().value();
  const TableIndex::Entry& second = index->entries[2];
  ASSERT_EQ(second.first_key, "k");
  ASSERT_EQ(second.last_key, "k");
  for (const bool newest_first : {false, true}) {
    forget_what_was_read();
    const auto walking = cursor({all_keys, second.times, newest_first});
    ASSERT_TRUE(walking->seek_key("k").value());
    const std::uint64_t before = misses();
    const auto block = walking->peek_block();
    ASSERT_TRUE(block.has_value());
    EXPECT_EQ(block->number, 2u);
    walking->skip_block();
    EXPECT_FALSE(walking->peek_block());
    EXPECT_TRUE(walking->next_rows().value().empty());
    EXPECT_EQ(misses(), before);
  }
}

TEST_F(TableCursorTest, shows_no_block_that_its_times_cut_or_that_has_other_keys) {
  write(long_series());
  const TableIndex::Entry second = table_->index().value()->entries[2];
  const auto cut = cursor({all_keys, {second.times.first + 1, second.times.last}});
  ASSERT_TRUE(cut->seek_key("k").value());
  EXPECT_FALSE(cut->peek_block());
  EXPECT_EQ(walk_key(*cut, false).value().size(), second.rows - 1);
  const auto mixed = cursor({all_keys, {}});
  ASSERT_TRUE(mixed->next_key().value());
  EXPECT_EQ(mixed->key(), "b");
  EXPECT_FALSE(mixed->peek_block());
}

TEST_F(TableCursorTest, clips_to_times_within_a_long_series) {
  write(long_series());
  for (const bool newest_first : {false, true}) {
    for (const TimeSpan times :
         {TimeSpan{0, 0}, TimeSpan{5, 9}, TimeSpan{-10, -1}, TimeSpan{30'000, 30'000},
          TimeSpan{20'005, 41'234}, TimeSpan{59'990, 200'000}, TimeSpan{60'000, 200'000}}) {
      SCOPED_TRACE(times.first);
      expect_all_of({all_keys, times, newest_first});
      expect_all_of({{"k", std::string("k\0", 2)}, times, newest_first});
    }
  }
}

TEST_F(TableCursorTest, reads_only_the_blocks_of_its_times) {
  write(long_series());
  const auto index = table_->index().value();
  ASSERT_GE(index->entries.size(), 6u);
  forget_what_was_read();
  const std::uint64_t before = misses();
  const auto walked = walk(*cursor({{"k", std::string("k\0", 2)}, {30'000, 30'050}})).value();
  EXPECT_EQ(walked.size(), 6u);
  EXPECT_LE(misses() - before, 4u) << "the filter, the index and at most two blocks";
}

TEST_F(TableCursorTest, finds_keys_behind_a_long_one_that_lies_outside_the_times) {
  for (const Timestamp start : {-100'000, 100'000}) {
    TestRows rows{value_row("b", start, 1)};
    for (int i = 0; i < 6000; ++i) rows.push_back(value_row("k", start + i, i * 0.5));
    for (int i = 0; i < 5; ++i) rows.push_back(value_row("m", i, "text"));
    write(std::move(rows));
    expect_all_of({all_keys, {0, 4}});
    expect_all_of({{"k", "n"}, {0, 4}, true});
    ASSERT_TRUE(fixture_.files->remove(fixture_.name(1)));
    fixture_.cache.forget(1);
    fixture_.pool.forget(1);
  }
}

TEST_F(TableCursorTest, a_key_that_is_not_there_costs_no_block) {
  write(short_series());
  EXPECT_EQ(walk(*cursor({{"key/2000x", std::string("key/2000x\0", 10)}, {}})).value(), FlatRows{});
  EXPECT_LE(misses(), 2u);
}

TEST_F(TableCursorTest, seeks_forward_and_stays_where_it_is_when_asked_for_its_key) {
  write(long_series());
  const auto walking = cursor({{"c", "n"}, {}});
  ASSERT_TRUE(walking->seek_key("a").value());
  EXPECT_EQ(walking->key(), "k");
  const std::size_t given = walking->next_rows().value().size();
  ASSERT_TRUE(walking->seek_key("k").value());
  EXPECT_EQ(walk_key(*walking, false).value().size(), 6000 - given);
  ASSERT_TRUE(walking->seek_key("l").value());
  EXPECT_EQ(walking->key(), "m");
  EXPECT_FALSE(walking->seek_key("n").value());
  EXPECT_FALSE(walking->next_key().value());
}

TEST_F(TableCursorTest, leaves_a_long_key_for_the_next_one) {
  write(long_series());
  for (const bool newest_first : {false, true}) {
    const auto walking = cursor({all_keys, {}, newest_first});
    ASSERT_TRUE(walking->seek_key("k").value());
    ASSERT_FALSE(walking->next_rows().value().empty());
    ASSERT_TRUE(walking->next_key().value());
    EXPECT_EQ(walking->key(), "m");
    EXPECT_EQ(walk_key(*walking, newest_first).value().size(), 5u);
  }
}

TEST_F(TableCursorTest, damage_is_an_error_and_final) {
  write(long_series());
  spoil(table_->index().value()->entries[3].offset + 5);
  const auto walking = cursor({all_keys, {}});
  const auto walked = walk(*walking);
  ASSERT_FALSE(walked.has_value());
  EXPECT_EQ(walked.error().code, Errc::corruption);
  EXPECT_FALSE(walking->next_rows().has_value());
  EXPECT_FALSE(walking->next_key().has_value());
  EXPECT_FALSE(walking->seek_key("m").has_value());
}

TEST_F(TableCursorTest, passes_over_a_damaged_block_when_asked) {
  write(long_series());
  const auto index = table_->index().value();
  const TableIndex::Entry& damaged = index->entries[3];
  spoil(damaged.offset + 5);
  for (const bool newest_first : {false, true}) {
    FlatRows sound = expected(rows_, {all_keys, {}, newest_first});
    std::erase_if(sound, [&](const FlatRow& row) {
      return row.key == "k" && damaged.times.contains(row.ts);
    });
    const auto walking = cursor({all_keys, {}, newest_first}, {.skip_damaged = true});
    EXPECT_EQ(walk(*walking, newest_first).value(), sound);
  }
}

TEST_F(TableCursorTest, passes_over_a_damaged_block_of_many_keys_when_asked) {
  write(short_series());
  const auto index = table_->index().value();
  const TableIndex::Entry& damaged = index->entries[2];
  spoil(damaged.offset + 5);
  const auto walked = walk(*cursor({all_keys, {}}, {.skip_damaged = true})).value();
  EXPECT_EQ(walked.size(), rows_.size() - damaged.rows);
}

TEST_F(TableCursorTest, passes_over_a_table_that_is_gone_when_asked) {
  write(long_series());
  ASSERT_TRUE(fixture_.files->remove(fixture_.name(1)));
  EXPECT_FALSE(walk(*cursor({all_keys, {}})).has_value());
  EXPECT_EQ(walk(*cursor({all_keys, {}}, {.skip_damaged = true})).value(), FlatRows{});
  EXPECT_EQ(walk(*cursor({{"k", std::string("k\0", 2)}, {}}, {.skip_damaged = true})).value(),
            FlatRows{});
}

class TableCursorModel : public TableCursorTest, public testing::WithParamInterface<int> {};

TEST_P(TableCursorModel, agrees_with_the_cursor_in_all_bounds) {
  const std::uint64_t seed = test::test_seed() + static_cast<std::uint64_t>(GetParam());
  SCOPED_TRACE(test::describe_seed(seed) + " and the case for 0");
  test::Random random(seed);
  write(random_rows(random, 200 + random.below(6000)));
  for (int round = 0; round < 15; ++round) {
    CursorBounds bounds{all_keys, {}, random.chance(0.5)};
    const std::string first = random.pick(rows_).key;
    if (random.chance(0.7)) bounds.keys = {first, std::max(first, random.pick(rows_).key)};
    if (random.chance(0.3)) bounds.keys = {first, first + '\0'};
    if (random.chance(0.7)) bounds.times.first = random.pick(rows_).ts;
    if (random.chance(0.7)) bounds.times.last = random.pick(rows_).ts;

    expect_all_of(bounds);

    // Walks on or seeks, and takes or leaves the rows of each key. A key may come up without rows.
    FlatRows left = expected(rows_, bounds);
    const auto walking = cursor(bounds);
    std::string reached;
    while (true) {
      const std::string target = random.pick(rows_).key;
      bool more = false;
      if (random.chance(0.2) && target > reached) {
        more = walking->seek_key(target).value();
        std::erase_if(left, [&](const FlatRow& row) { return row.key < target; });
        ASSERT_TRUE(!more || walking->key() >= target);
      } else {
        more = walking->next_key().value();
      }
      if (!more) break;
      ASSERT_GT(walking->key(), reached);
      reached = walking->key();
      const auto next =
          std::ranges::find_if(left, [&](const FlatRow& row) { return row.key != reached; });
      const FlatRows mine(left.begin(), next);
      left.erase(left.begin(), next);
      if (random.chance(0.8)) {
        ASSERT_EQ(walk_key(*walking, bounds.newest_first).value(), mine);
      }
    }
    ASSERT_EQ(left, FlatRows{}) << "were passed over";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TableCursorModel, testing::Range(0, 10));

}  // namespace
}  // namespace varve::engine
