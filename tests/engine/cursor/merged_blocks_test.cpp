// Whole blocks that pass through a merge without being read.

#include <gtest/gtest.h>

#include "engine/cursor/cursor.hpp"
#include "tests/engine/cursor/scripted_cursor.hpp"
#include "tests/engine/table/table_fixture.hpp"

namespace varve::engine {
namespace {

using test::append_walked;
using test::FlatRow;

using FlatRows = std::vector<FlatRow>;

const KeyRange all_keys{std::string(1, '\0'), "\xFF\xFF\xFF\xFF"};

class MergedBlocks : public testing::Test {
 protected:
  /// Rows of a series, as a table. The newest is written last.
  void write(Timestamp first, int count, Timestamp step = 1, Timestamp expires_at = never) {
    TestRows rows;
    for (int i = 0; i < count; ++i) {
      rows.push_back(value_row("k", first + i * step, i * 0.5, expires_at));
    }
    write(std::move(rows));
  }
  void write(const TestRows& rows) {
    ++number_;
    tables_.push_back(
        std::make_shared<Table>(fixture_.context, fixture_.write(number_, rows).value()));
  }
  std::unique_ptr<Cursor> merge(bool newest_first = false,
                                const std::vector<RangeTombstone>& hidden_by = {}) {
    std::vector<MergeInput> inputs;
    for (std::size_t i = tables_.size(); i-- > 0;) {
      inputs.push_back({table_cursor(tables_[i], {all_keys, {}, newest_first}, {}),
                        i == 0 ? hidden_by : std::vector<RangeTombstone>()});
    }
    return merge_cursor(std::move(inputs), newest_first);
  }

  struct Walk {
    FlatRows rows;
    std::size_t blocks = 0;  // That passed.
  };
  /// All rows, those of blocks that pass from their tables.
  static Walk walk_blocks(Cursor& cursor, bool newest_first) {
    Walk walked;
    while (cursor.next_key().value()) {
      while (true) {
        if (const auto block = cursor.peek_block()) {
          ++walked.blocks;
          const auto read = block->table->block(*block->index, block->number).value();
          std::vector<RowsView> stretches = read->stretches();
          if (newest_first) std::ranges::reverse(stretches);
          for (const RowsView& rows : stretches) append_walked(walked.rows, rows, newest_first);
          cursor.skip_block();
          continue;
        }
        const RowsView rows = cursor.next_rows().value();
        if (rows.empty()) break;
        append_walked(walked.rows, rows, newest_first);
      }
    }
    return walked;
  }
  void expect_blocks(std::size_t blocks) {
    for (const bool newest_first : {false, true}) {
      const Walk walked = walk_blocks(*merge(newest_first), newest_first);
      EXPECT_EQ(walked.rows, walk(*merge(newest_first), newest_first).value());
      EXPECT_EQ(walked.blocks, blocks) << newest_first;
    }
  }

  TableFixture fixture_;
  std::uint64_t number_ = 0;
  std::vector<std::shared_ptr<const Table>> tables_;  // Oldest first.
};

TEST_F(MergedBlocks, pass_where_one_table_follows_the_other) {
  write(0, 3072);
  write(3072, 2048);
  expect_blocks(5);
}

TEST_F(MergedBlocks, do_not_pass_where_another_table_has_a_row_between_theirs) {
  write(0, 3072, 2);
  write({value_row("k", 2049, 1.0)});  // In the second block, on no row of it. It passes itself.
  expect_blocks(3);
}

TEST_F(MergedBlocks, do_not_pass_where_another_table_replaces_their_first_or_last_row) {
  write(0, 3072);
  write({value_row("k", 1024, 1.0), value_row("k", 3071, 1.0)});
  expect_blocks(1);
}

TEST_F(MergedBlocks, pass_with_their_tombstones) {
  TestRows rows;
  for (int i = 0; i < 1024; ++i) rows.push_back(tombstone_row("k", i));
  write(std::move(rows));
  write(5000, 1024);
  expect_blocks(2);
}

TEST_F(MergedBlocks, do_not_pass_where_a_range_tombstone_hides_any_of_them) {
  write(0, 4096);
  const std::vector<RangeTombstone> hidden_by{{{"k", "l"}, {1500, 1600}}, {{"x", "y"}, {}}};
  for (const bool newest_first : {false, true}) {
    const Walk walked = walk_blocks(*merge(newest_first, hidden_by), newest_first);
    EXPECT_EQ(walked.rows, walk(*merge(newest_first, hidden_by), newest_first).value());
    EXPECT_EQ(walked.rows.size(), 4096u - 101);
    EXPECT_EQ(walked.blocks, 3u);
  }
}

TEST_F(MergedBlocks, pass_as_live_only_where_nothing_in_them_has_expired) {
  write(0, 1024, 1, 500);
  write(2000, 1024, 1, 501);
  write(4000, 1024);
  const auto cursor = live_cursor(merge(), 500);
  const Walk walked = walk_blocks(*cursor, false);
  EXPECT_EQ(walked.rows, walk(*live_cursor(merge(), 500)).value());
  EXPECT_EQ(walked.blocks, 2u);
}

TEST_F(MergedBlocks, an_error_of_another_table_is_not_passed_over) {
  write(0, 2048);
  write({value_row("k", 5000, 1.0), value_row("l", 1, 1.0)});
  ASSERT_TRUE(fixture_.files->remove(fixture_.name(2)));
  fixture_.cache.forget(2);
  fixture_.pool.forget(2);
  const auto cursor = merge();
  EXPECT_FALSE(cursor->next_key().has_value());
  EXPECT_FALSE(cursor->peek_block());
}

class MergedBlocksModel : public MergedBlocks, public testing::WithParamInterface<int> {};

TEST_P(MergedBlocksModel, give_the_same_rows_as_a_walk_that_reads_all) {
  const std::uint64_t seed = test::test_seed() + static_cast<std::uint64_t>(GetParam());
  SCOPED_TRACE(test::describe_seed(seed) + " and the case for 0");
  test::Random random(seed);
  std::size_t passed = 0;
  for (std::uint64_t tables = 2 + random.below(4); tables > 0; --tables) {
    TestRows rows;
    for (const char* key : {"a", "b", "c"}) {
      if (random.chance(0.3)) continue;
      Timestamp ts = random.between(0, 20'000);
      for (std::uint64_t i = random.below(5000); i > 0; --i) {
        rows.push_back(random.chance(0.001) ? tombstone_row(key, ts) : value_row(key, ts, 1.5));
        ts += random.chance(0.01) ? 50 : 1;
      }
    }
    if (!rows.empty()) write(rows);
  }
  const Timestamp first = random.between(0, 20'000);
  const std::vector<RangeTombstone> hidden_by{{{"a", "c"}, {first, first + 500}}};
  for (const bool newest_first : {false, true}) {
    const Walk walked = walk_blocks(*merge(newest_first, hidden_by), newest_first);
    ASSERT_EQ(walked.rows, walk(*merge(newest_first, hidden_by), newest_first).value());
    passed += walked.blocks;
  }
  RecordProperty("blocks", static_cast<int>(passed));
}

INSTANTIATE_TEST_SUITE_P(Seeds, MergedBlocksModel, testing::Range(0, 10));

}  // namespace
}  // namespace varve::engine
