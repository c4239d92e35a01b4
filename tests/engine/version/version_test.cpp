#include "engine/version/version.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "engine/directory/file_names.hpp"
#include "tests/engine/version/edits.hpp"

namespace varve::engine {
namespace {

constexpr Timestamp end_of_time = std::numeric_limits<Timestamp>::max();

class VersionTest : public testing::Test {
 protected:
  Result<Version> try_apply(const VersionEdit& edit) const {
    return engine::apply(version_, edit, context_);
  }
  void apply(const VersionEdit& edit) { version_ = try_apply(edit).value(); }
  void add(std::uint32_t level, const TableMeta& meta) { apply(adding(level, meta)); }

  /// Why the edit does not fit, or "" where it does.
  std::string refusal(const VersionEdit& edit) const {
    const auto next = try_apply(edit);
    if (next) return "";
    EXPECT_EQ(next.error().code, Errc::corruption);
    return next.error().where;
  }
  std::string refusal(std::uint32_t level, const TableMeta& meta) const {
    return refusal(adding(level, meta));
  }
  /// A table as a flush of its number would add it.
  VersionEdit adding(std::uint32_t level, const TableMeta& meta) const {
    VersionEdit edit;
    edit.added = {{level, meta}};
    edit.flush_number = std::max(version_.flush_number, meta.newest_flush);
    return edit;
  }

  std::vector<std::uint64_t> level(std::size_t index) const {
    std::vector<std::uint64_t> numbers;
    for (const auto& table : version_.levels[index]) numbers.push_back(table->meta().number);
    return numbers;
  }
  std::vector<std::uint64_t> overlapping(const KeyRange& keys, const TimeSpan& times) const {
    std::vector<std::uint64_t> numbers;
    for (const auto& table : version_.overlapping(keys, times)) {
      numbers.push_back(table->meta().number);
    }
    return numbers;
  }

  TableContext context_;
  Version version_;
};

using Numbers = std::vector<std::uint64_t>;

TEST_F(VersionTest, keeps_level_0_newest_first) {
  add(0, table_meta(12, "a", "z", {0, 9}, 4));
  add(0, table_meta(10, "a", "z", {0, 9}, 5));
  add(0, table_meta(11, "a", "z", {0, 9}, 3));
  add(0, table_meta(13, "a", "z", {0, 9}, 4));
  EXPECT_EQ(level(0), (Numbers{10, 13, 12, 11}));
}

TEST_F(VersionTest, keeps_deeper_levels_by_key_and_then_by_time) {
  add(1, table_meta(1, "m", "z", {0, 9}));
  add(1, table_meta(2, "a", "c", {10, 19}));
  add(1, table_meta(3, "a", "b", {0, 9}));
  EXPECT_EQ(level(1), (Numbers{3, 2, 1}));
}

TEST_F(VersionTest, refuses_tables_of_a_deeper_level_that_overlap_in_both) {
  add(1, table_meta(1, "b", "d", {10, 19}));
  EXPECT_EQ(refusal(1, table_meta(2, "d", "f", {19, 30})), "table 2 overlaps table 1 of level 1");
  EXPECT_EQ(refusal(1, table_meta(2, "d", "f", {20, 30})), "");
  EXPECT_EQ(refusal(1, table_meta(2, "e", "f", {19, 30})), "");
  EXPECT_EQ(refusal(2, table_meta(2, "d", "f", {19, 30})), "");
  EXPECT_EQ(refusal(0, table_meta(2, "d", "f", {19, 30})), "");
}

TEST_F(VersionTest, takes_an_edit_that_puts_a_table_in_the_place_of_another) {
  add(1, table_meta(1, "b", "d", {10, 19}));
  VersionEdit edit;
  edit.removed = {1};
  edit.added = {{1, table_meta(2, "a", "z", {0, 30})}};
  apply(edit);
  EXPECT_EQ(level(1), Numbers{2});
}

TEST_F(VersionTest, moves_a_table_to_another_level_as_the_same_object) {
  add(0, table_meta(1, "a", "b"));
  const auto table = version_.levels[0].front();
  VersionEdit edit;
  edit.removed = {1};
  edit.added = {{3, table->meta()}};
  apply(edit);
  EXPECT_TRUE(version_.levels[0].empty());
  EXPECT_EQ(version_.levels[3].front(), table);
}

TEST_F(VersionTest, refuses_to_move_a_table_that_says_something_else_of_itself) {
  add(0, table_meta(1, "a", "b"));
  VersionEdit edit;
  edit.removed = {1};
  edit.added = {{3, table_meta(1, "a", "c")}};
  EXPECT_EQ(refusal(edit), "table 1 has changed");
}

TEST_F(VersionTest, refuses_edits_that_do_not_fit) {
  add(0, table_meta(1, "a", "b"));
  VersionEdit edit;
  edit.removed = {2};
  EXPECT_EQ(refusal(edit), "table 2 is removed, not there");
  edit.removed = {1, 1};
  EXPECT_EQ(refusal(edit), "table 1 is removed, not there");
  EXPECT_EQ(refusal(4, table_meta(1, "a", "b")), "table 1 is added, but there or at no level");
  EXPECT_EQ(refusal(level_count, table_meta(2, "a", "b")),
            "table 2 is added, but there or at no level");
  EXPECT_EQ(refusal(0, table_meta(2, "b", "a")), "table 2 has inverted bounds");
  EXPECT_EQ(refusal(0, table_meta(2, "a", "b", {1, 0})), "table 2 has inverted bounds");
}

TEST_F(VersionTest, refuses_numbers_that_run_back) {
  VersionEdit edit;
  edit.flushed_through = 10;
  edit.flush_number = 3;
  edit.log_start = 5;
  apply(edit);
  EXPECT_EQ(version_.flushed_through, 10u);
  EXPECT_EQ(version_.flush_number, 3u);
  EXPECT_EQ(version_.log_start, 5u);
  EXPECT_EQ(refusal(edit), "");

  VersionEdit back;
  back.flushed_through = 9;
  EXPECT_EQ(refusal(back), "flushed_through runs back");
  back = {};
  back.flush_number = 2;
  EXPECT_EQ(refusal(back), "flush_number runs back");
  back = {};
  back.log_start = 4;
  EXPECT_EQ(refusal(back), "log_start runs back");
}

TEST_F(VersionTest, refuses_numbers_from_which_nothing_counts_on) {
  constexpr std::uint64_t beyond = file_number_max + 1;
  VersionEdit edit;
  edit.flushed_through = beyond;
  EXPECT_EQ(refusal(edit), "flushed_through is too large");
  edit = {};
  edit.flush_number = ~std::uint64_t{0};
  EXPECT_EQ(refusal(edit), "flush_number is too large");
  edit = {};
  edit.log_start = beyond;
  EXPECT_EQ(refusal(edit), "log_start is too large");
  EXPECT_EQ(refusal(0, table_meta(beyond, "a", "b")),
            "table " + std::to_string(beyond) + " has no file name");
}

TEST_F(VersionTest, may_lose_its_log_but_no_other_number) {
  VersionEdit edit;
  edit.flushed_through = 10;
  edit.log_start = 5;
  apply(edit);
  VersionEdit without_log;
  without_log.log_start = 0;
  apply(without_log);
  EXPECT_EQ(version_.log_start, 0u);
  VersionEdit back;
  back.flushed_through = 0;
  EXPECT_EQ(refusal(back), "flushed_through runs back");
}

TEST_F(VersionTest, is_not_changed_by_an_edit_that_makes_the_next_one) {
  add(0, table_meta(1, "a", "b"));
  VersionEdit edit;
  edit.removed = {1};
  const Version next = try_apply(edit).value();
  EXPECT_TRUE(next.levels[0].empty());
  EXPECT_EQ(level(0), Numbers{1});
}

TEST_F(VersionTest, finds_the_tables_of_bounds_newest_first) {
  add(0, table_meta(1, "a", "f", {0, 9}, 1));
  add(0, table_meta(2, "a", "f", {0, 9}, 2));
  add(1, table_meta(3, "a", "c", {0, 9}));
  add(1, table_meta(4, "d", "f", {0, 9}));
  add(2, table_meta(5, "a", "f", {0, 9}));
  add(2, table_meta(6, "a", "f", {10, 19}));
  EXPECT_EQ(overlapping({"a", "d"}, {0, 9}), (Numbers{2, 1, 3, 5}));
  EXPECT_EQ(overlapping({"c", std::string("d\0", 2)}, {10, 30}), Numbers{6});
  EXPECT_EQ(overlapping({"f", "g"}, {9, 10}), (Numbers{2, 1, 4, 5, 6}));
  EXPECT_EQ(overlapping({"g", "h"}, {}), Numbers{});
  EXPECT_EQ(overlapping({"a", "z"}, {20, 30}), Numbers{});
}

TEST_F(VersionTest, hides_rows_of_tables_older_than_a_range_tombstone) {
  VersionEdit edit;
  edit.tombstones_added = {{{{"a", "c"}, {0, 9}}, 7}, {{{"b", "d"}, {5, 5}}, 4}};
  edit.flush_number = 7;
  apply(edit);
  EXPECT_EQ(version_.tombstones.front().flush, 4u);

  EXPECT_EQ(version_.hiding(3).size(), 2u);
  ASSERT_EQ(version_.hiding(4).size(), 1u);
  EXPECT_EQ(version_.hiding(4).front(), edit.tombstones_added[0].range);
  EXPECT_EQ(version_.hiding(7).size(), 0u);

  EXPECT_TRUE(version_.hides(6, "a", 0));
  EXPECT_TRUE(version_.hides(6, "b\xff", 9));
  EXPECT_FALSE(version_.hides(6, "c", 5));  // The tombstone that reaches it is older than flush 6.
  EXPECT_TRUE(version_.hides(3, "c", 5));
  EXPECT_FALSE(version_.hides(6, "a", 10));
  EXPECT_FALSE(version_.hides(7, "a", 0));
}

TEST_F(VersionTest, loses_a_range_tombstone_once_for_each_removal) {
  const FlushedTombstone tombstone{{{"a", "c"}, {0, 9}}, 7};
  VersionEdit edit;
  edit.tombstones_added = {tombstone, tombstone};
  edit.flush_number = 7;
  apply(edit);
  VersionEdit removal;
  removal.tombstones_removed = {tombstone};
  apply(removal);
  EXPECT_EQ(version_.tombstones, std::vector{tombstone});
  apply(removal);
  EXPECT_EQ(refusal(removal), "a range tombstone is removed that is not there");
}

TEST_F(VersionTest, knows_the_newest_time_of_any_table) {
  EXPECT_EQ(version_.newest_ts, std::numeric_limits<Timestamp>::min());
  add(0, table_meta(1, "a", "f", {0, end_of_time}));
  add(1, table_meta(2, "a", "f", {0, 50}));
  EXPECT_EQ(version_.newest_ts, end_of_time);
  VersionEdit edit;
  edit.removed = {1};
  apply(edit);
  EXPECT_EQ(version_.newest_ts, 50);
}

TEST_F(VersionTest, is_made_again_by_its_snapshot) {
  add(0, table_meta(1, "a", "f", {0, 9}, 1));
  add(0, table_meta(2, "a", "f", {0, 9}, 2));
  add(3, table_meta(3, "a", "c", {0, 9}));
  VersionEdit edit;
  edit.tombstones_added = {{{{"a", "c"}, {0, 9}}, 7}, {{{"b", "d"}, {5, 5}}, 4}};
  edit.flushed_through = 10;
  edit.flush_number = 7;
  edit.log_start = 5;
  edit.trusted_time = {1'000, true};
  edit.clock_steps = {{8, 900, 1'000, true}};
  apply(edit);

  const VersionEdit whole = whole_edit_of(version_);
  const Version again = fold(std::vector{whole}, context_).value();
  EXPECT_EQ(whole_edit_of(again), whole);
  EXPECT_EQ(whole.added.size(), 3u);
  EXPECT_EQ(whole.tombstones_added, version_.tombstones);
  EXPECT_EQ(again.flushed_through, 10u);
  EXPECT_EQ(again.trusted_time, edit.trusted_time);
  EXPECT_EQ(again.clock_steps, edit.clock_steps);
}

TEST_F(VersionTest, refuses_tables_and_range_tombstones_of_a_flush_that_has_not_been) {
  VersionEdit edit;
  edit.flush_number = 6;
  edit.added = {{0, table_meta(1, "a", "b", {0, 9}, 7)}};
  EXPECT_EQ(refusal(edit), "table 1 is of flush 7, beyond the version's");
  edit.added.clear();
  edit.tombstones_added = {{{{"a", "c"}, {0, 9}}, 7}};
  EXPECT_EQ(refusal(edit), "a range tombstone is of flush 7, beyond the version's");
  edit.flush_number = 7;
  EXPECT_EQ(refusal(edit), "");
}

TEST_F(VersionTest, refuses_range_tombstones_without_keys_or_times) {
  const auto why = [this](const RangeTombstone& range) {
    VersionEdit edit;
    edit.tombstones_added = {{range, 0}};
    return refusal(edit);
  };
  const std::string longest(Record::key_size_max + 2, 'k');
  EXPECT_EQ(why({{"a", longest}, {}}), "");
  EXPECT_EQ(why({{longest, "l"}, {}}), "");
  for (const KeyRange& keys : {KeyRange{"", "b"},
                               {"b", ""},
                               {"b", "a"},
                               {"b", "b"},
                               {"a", longest + 'k'},
                               {longest + 'k', "l"}}) {
    EXPECT_EQ(why({keys, {}}), "a range tombstone has no range of keys");
  }
  EXPECT_EQ(why({{"a", "b"}, {1, 0}}), "a range tombstone has inverted times");
}

TEST_F(VersionTest, keeps_the_newest_trusted_time) {
  VersionEdit edit;
  edit.trusted_time = {2'000, false};
  apply(edit);
  apply({});
  EXPECT_EQ(version_.trusted_time, edit.trusted_time);
  edit.trusted_time = {1'000, true};
  apply(edit);
  EXPECT_EQ(version_.trusted_time, edit.trusted_time) << "the newest that was said, not the latest";
}

TEST_F(VersionTest, keeps_the_newest_steps_of_the_clock) {
  std::vector<VersionEdit> edits(clock_steps_max + 10);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    edits[i].clock_steps = {{i, 100, 200, false}, {i, 200, 100, true}};
  }
  const Version version = fold(edits, context_).value();
  ASSERT_EQ(version.clock_steps.size(), clock_steps_max);
  EXPECT_EQ(version.clock_steps.back(), edits.back().clock_steps.back());
  EXPECT_EQ(version.clock_steps.front().sequence, edits.size() - clock_steps_max / 2);
}

TEST_F(VersionTest, refuses_steps_of_the_clock_that_run_back) {
  VersionEdit edit;
  edit.clock_steps = {{5, 1, 2, true}, {4, 1, 2, true}};
  EXPECT_EQ(refusal(edit), "the sequence of a clock step runs back");
  edit.clock_steps = {{file_number_max + 1, 1, 2, true}};
  EXPECT_EQ(refusal(edit), "the sequence of a clock step is too large");
}

TEST_F(VersionTest, made_of_edits_names_the_one_that_does_not_fit) {
  VersionEdit first;
  first.added = {{0, table_meta(1, "a", "b")}};
  const auto version = fold(std::vector{first, VersionEdit{}, first}, context_);
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().where, "edit 2: table 1 is added, but there or at no level");
}

}  // namespace
}  // namespace varve::engine
