#include "maintenance/compaction_choice.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "maintenance/windows.hpp"

namespace varve::maintenance {
namespace {

using engine::TableMeta;
using engine::TimeSpan;

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr Timestamp hour = 3'600'000'000;
constexpr Timestamp minute = hour / 60;
constexpr Timestamp year = 8'766 * hour;

struct Keys {
  std::string first = "a";
  std::string last = "z";
};

/// A version made by hand. Tables are named by their numbers.
class Tables {
 public:
  /// A table of level 0 with these rows; its flush is its number.
  Tables& fresh(std::uint64_t number, Shape shape, Keys keys = {}) {
    TableMeta meta = make(number, keys);
    meta.newest_flush = number;
    meta.times = {shape.front().times.first, shape.back().times.last};
    for (const Cell& cell : shape) meta.size += cell.bytes;
    entries_.push_back({std::move(meta), 0, std::move(shape), false});
    return *this;
  }
  Tables& at_level(std::uint32_t level, std::uint64_t number, TimeSpan times, std::uint64_t bytes,
                   Keys keys = {}) {
    TableMeta meta = make(number, keys);
    meta.times = times;
    meta.size = bytes;
    entries_.push_back({std::move(meta), level, {}, false});
    return *this;
  }
  Tables& rows(std::uint64_t count) {
    for (Entry& entry : entries_) entry.meta.rows = count;
    return *this;
  }
  Tables& damage(std::uint64_t number) {
    for (Entry& entry : entries_) entry.damaged = entry.damaged || entry.meta.number == number;
    return *this;
  }

  LiveTables live() const {
    LiveTables tables;
    for (const Entry& entry : entries_) {
      tables.push_back(
          {&entry.meta, entry.level, entry.level == 0 ? &entry.shape : nullptr, entry.damaged});
    }
    std::ranges::stable_sort(tables, [](const LiveTable& a, const LiveTable& b) {
      if (a.level != b.level) return a.level < b.level;
      return a.level == 0 && a.meta->newest_flush > b.meta->newest_flush;
    });
    return tables;
  }

  std::optional<CompactionPlan> choose(Rules rules = {}) const {
    if (rules.window == 0) rules.window = hour;
    return choose_compaction(live(), rules);
  }
  std::optional<CompactionPlan> choose_everything() const {
    return choose({.window = hour, .everything = true});
  }

 private:
  struct Entry {
    TableMeta meta;
    std::uint32_t level;
    Shape shape;
    bool damaged;
  };

  static TableMeta make(std::uint64_t number, const Keys& keys) {
    TableMeta meta;
    meta.number = number;
    meta.first_key = keys.first;
    meta.last_key = keys.last;
    return meta;
  }

  std::deque<Entry> entries_;
};

using Numbers = std::vector<std::uint64_t>;

/// Rows evenly over [first, last], `bytes` in all.
Shape even(Timestamp first, Timestamp last, std::uint64_t bytes) {
  ShapeBuilder builder(hour);
  const Timestamp step = std::max<Timestamp>((last - first) / 1000, 1);
  std::vector<Timestamp> timestamps;
  for (Timestamp ts = first; ts <= last; ts += step) timestamps.push_back(ts);
  if (timestamps.back() != last) timestamps.push_back(last);
  builder.add(timestamps, bytes);
  return builder.finish();
}

Shape operator+(Shape a, const Shape& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::ranges::sort(a, {}, [](const Cell& cell) { return cell.times.first; });
  return a;
}

TEST(Level0Choice, waits_for_four_tables_of_about_one_size) {
  Tables tables;
  tables.fresh(1, even(0, hour, mib)).fresh(2, even(hour, 2 * hour, mib));
  tables.fresh(3, even(2 * hour, 3 * hour, mib));
  EXPECT_FALSE(tables.choose());
  tables.fresh(4, even(3 * hour, 4 * hour, mib));
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->output_level, 1u);
  EXPECT_EQ(plan->inputs, (Numbers{4, 3, 2, 1}));
  ASSERT_EQ(plan->regions.size(), 1u);
  EXPECT_EQ(plan->regions[0].times, (TimeSpan{0, 4 * hour}));
}

TEST(Level0Choice, leaves_a_waiting_table_of_another_size_alone) {
  Tables tables;
  tables.fresh(4, even(0, hour, mib / 50));
  for (std::uint64_t flush = 5; flush < 8; ++flush)
    tables.fresh(flush, even(2 * hour, 3 * hour, mib));
  EXPECT_FALSE(tables.choose());
  tables.fresh(8, even(2 * hour, 3 * hour, mib));
  EXPECT_EQ(tables.choose().value().inputs, (Numbers{8, 7, 6, 5}));
}

TEST(Level0Choice, takes_the_newest_of_a_pile_of_all_sizes) {
  Tables tables;
  for (std::uint64_t flush = 1; flush <= 12; ++flush) {
    tables.fresh(flush, even(static_cast<Timestamp>(flush) * hour,
                             static_cast<Timestamp>(flush) * hour + minute,
                             flush % 2 == 0 ? mib : mib / 100));
  }
  EXPECT_EQ(tables.choose().value().inputs, (Numbers{12, 11, 10, 9, 8, 7, 6, 5}));
}

TEST(Level0Choice, cuts_at_windows_where_both_sides_have_enough) {
  Tables tables;
  for (std::uint64_t flush = 1; flush <= 4; ++flush) {
    const auto begin = static_cast<Timestamp>(flush - 1) * hour;
    tables.fresh(flush, even(begin, begin + hour - 1, 9 * mib));
  }
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->regions.size(), 4u);
  EXPECT_EQ(plan->regions[0].times, (TimeSpan{0, hour - 1}));
  EXPECT_EQ(plan->regions[1].times, (TimeSpan{hour, 2 * hour - 1}));
}

TEST(Level0Choice, goes_on_after_the_end_of_level_1_and_lets_a_few_late_rows_wait) {
  Tables tables;
  tables.at_level(1, 1, {0, 4 * hour}, 12 * mib);
  for (std::uint64_t flush = 11; flush <= 14; ++flush) {
    const Timestamp begin = 4 * hour + static_cast<Timestamp>(flush - 11) * hour;
    tables.fresh(flush, even(begin - minute, begin + hour, 3 * mib));
  }
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->inputs, (Numbers{14, 13, 12, 11}));
  ASSERT_EQ(plan->regions.size(), 1u);
  EXPECT_GT(plan->regions[0].times.first, 4 * hour);
  EXPECT_LT(plan->regions[0].times.first, 4 * hour + minute);
  EXPECT_EQ(plan->regions[0].times.last, 8 * hour);
}

TEST(Level0Choice, merges_late_rows_once_they_are_a_quarter_of_what_lies_below) {
  for (const std::uint64_t late : {mib / 2, mib}) {
    Tables tables;
    tables.at_level(1, 1, {0, hour}, 12 * mib);
    for (std::uint64_t flush = 11; flush <= 14; ++flush) {
      tables.fresh(flush, even(minute, hour - minute, late) + even(5 * hour, 6 * hour, 3 * mib));
    }
    const auto plan = tables.choose();
    ASSERT_TRUE(plan);
    const bool merged = plan->inputs == Numbers{14, 13, 12, 11, 1};
    EXPECT_EQ(merged, late == mib);
    EXPECT_EQ(plan->regions.front().times.contains(30 * minute), late == mib);
  }
}

TEST(Level0Choice, takes_older_tables_along_whose_rows_would_be_passed) {
  Tables tables;
  tables.fresh(1, even(0, 10 * hour, mib / 40));
  tables.fresh(2, even(50 * hour, 60 * hour, mib / 40));
  for (std::uint64_t flush = 5; flush <= 8; ++flush)
    tables.fresh(flush, even(5 * hour, 6 * hour, mib));
  EXPECT_EQ(tables.choose().value().inputs, (Numbers{8, 7, 6, 5, 1}));
}

TEST(Level0Choice, leaves_older_tables_whose_box_overlaps_but_whose_rows_do_not) {
  Tables tables;
  tables.fresh(1, even(0, hour, mib / 40) + even(50 * hour, 60 * hour, mib / 40));
  for (std::uint64_t flush = 5; flush <= 8; ++flush)
    tables.fresh(flush, even(5 * hour, 6 * hour, mib));
  EXPECT_EQ(tables.choose().value().inputs, (Numbers{8, 7, 6, 5}));
}

TEST(Level0Choice, takes_along_what_lies_between_and_meets_an_older_input) {
  // 5 comes with 6 to 9, since its rows lie where theirs go; its other rows would then pass 5b.
  Tables tables;
  tables.at_level(1, 1, {90 * hour, 95 * hour}, 100 * mib);
  tables.fresh(3, even(5 * hour, 6 * hour, mib / 40) + even(91 * hour, 92 * hour, mib / 40));
  tables.fresh(4, even(91 * hour, 92 * hour, mib / 40));
  for (std::uint64_t flush = 6; flush <= 9; ++flush)
    tables.fresh(flush, even(5 * hour, 6 * hour, mib));
  EXPECT_EQ(tables.choose().value().inputs, (Numbers{9, 8, 7, 6, 4, 3}));
}

TEST(Level0Choice, moves_nothing_past_a_damaged_table) {
  Tables tables;
  tables.fresh(1, even(0, 2 * hour, mib));
  for (std::uint64_t flush = 5; flush <= 8; ++flush) tables.fresh(flush, even(hour, 9 * hour, mib));
  tables.damage(1);
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->inputs, (Numbers{8, 7, 6, 5}));
  ASSERT_EQ(plan->regions.size(), 1u);
  EXPECT_GT(plan->regions[0].times.first, 2 * hour);
}

TEST(Level0Choice, keeps_tables_older_than_a_damaged_one_where_they_are) {
  Tables tables;
  for (std::uint64_t flush = 1; flush <= 5; ++flush) tables.fresh(flush, even(0, hour, mib));
  tables.damage(3);
  // Whatever may go of 4 and 5 must not pass 3, and 1 and 2 must not rise above it.
  const auto plan = tables.choose_everything();
  ASSERT_FALSE(plan) << plan->inputs.size();
}

TEST(Level0Choice, merges_nothing_into_damaged_tables_of_level_1) {
  Tables tables;
  tables.at_level(1, 1, {0, 2 * hour}, mib).damage(1);
  for (std::uint64_t flush = 5; flush <= 8; ++flush) tables.fresh(flush, even(0, 4 * hour, mib));
  const auto plan = tables.choose_everything();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->inputs, (Numbers{8, 7, 6, 5}));
  for (const Region& region : plan->regions) EXPECT_GT(region.times.first, 2 * hour);
}

TEST(Level0Choice, lets_a_wild_timestamp_wait_so_that_it_stretches_no_table) {
  Tables tables;
  const Timestamp now = 50 * year;
  for (std::uint64_t flush = 1; flush <= 4; ++flush) {
    tables.fresh(flush, even(now, now + hour, 3 * mib));
  }
  const Timestamp greatest = std::numeric_limits<Timestamp>::max();
  tables.fresh(5, Shape{{{std::numeric_limits<Timestamp>::min(), 0}, 20}} +
                      even(now + hour, now + 2 * hour, 3 * mib) +
                      Shape{{{greatest, greatest}, 20}});
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->regions.size(), 1u);
  EXPECT_EQ(plan->regions[0].times, (TimeSpan{now, now + 2 * hour}));
}

TEST(Level0Choice, makes_few_tables_of_one_record_per_year) {
  for (const bool everything : {false, true}) {
    Tables tables;
    for (std::uint64_t flush = 1; flush <= 4; ++flush) {
      Shape yearly;
      for (Timestamp at = 0; at < 330; ++at) {
        const Timestamp ts = at * year + static_cast<Timestamp>(flush);
        yearly.push_back({{ts, ts}, 30});
      }
      tables.fresh(flush, yearly + even(50 * year + hour, 50 * year + 5 * hour, 3 * mib));
    }
    const auto plan = everything ? tables.choose_everything() : tables.choose();
    ASSERT_TRUE(plan);
    EXPECT_LE(plan->regions.size(), 3u);
  }
}

TEST(Level0Choice, spreads_sparse_data_over_few_tables) {
  Tables tables;
  for (std::uint64_t flush = 1; flush <= 4; ++flush) {
    Shape daily;
    for (Timestamp day = 0; day < 900; ++day) {
      const Timestamp ts = (static_cast<Timestamp>(flush) * 900 + day) * 24 * hour;
      daily.push_back({{ts, ts + 1}, 10'000});
    }
    tables.fresh(flush, daily);
  }
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  EXPECT_GE(plan->regions.size(), 2u);
  EXPECT_LE(plan->regions.size(), 4u);
  EXPECT_EQ(plan->regions.front().times.first, 900 * 24 * hour);
  EXPECT_EQ(plan->regions.back().times.last, 4499 * 24 * hour + 1);
}

TEST(Level0Choice, cuts_a_backfill_of_many_windows_into_a_bounded_number_of_tables) {
  Tables tables;
  for (std::uint64_t flush = 1; flush <= 4; ++flush) tables.fresh(flush, even(0, year, 100 * mib));
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  EXPECT_LE(plan->regions.size(), Rules{}.regions_max);
  EXPECT_GE(plan->regions.size(), 2u);
}

TEST(Level0Choice, compacts_a_single_table_when_all_is_to_go_down) {
  Tables tables;
  tables.at_level(1, 1, {0, hour}, 20 * mib).fresh(2, even(minute, 2 * minute, 100));
  EXPECT_FALSE(tables.choose());
  const auto plan = tables.choose_everything();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->inputs, (Numbers{2, 1}));
}

TEST(Level0Choice, merges_only_with_tables_whose_keys_it_has) {
  Tables tables;
  tables.at_level(1, 1, {0, hour}, 10 * mib, {"a", "f"});
  tables.at_level(1, 2, {0, hour}, 10 * mib, {"g", "p"});
  tables.at_level(1, 3, {0, hour}, 10 * mib, {"q", "z"});
  for (std::uint64_t flush = 5; flush <= 8; ++flush) {
    tables.fresh(flush, even(0, hour, mib), {"h", "i"});
  }
  EXPECT_EQ(tables.choose().value().inputs, (Numbers{8, 7, 6, 5, 2}));
}

TEST(Level0Choice, gives_a_merge_with_wider_keys_a_table_of_its_own) {
  // Together with the rows after it, the merge would make a box from a to m over all the time,
  // which 2 lies in.
  Tables tables;
  tables.at_level(1, 1, {0, hour}, 4 * mib, {"a", "m"});
  tables.at_level(1, 2, {3 * hour, 4 * hour}, 4 * mib, {"a", "c"});
  for (std::uint64_t flush = 5; flush <= 8; ++flush) {
    tables.fresh(flush, even(0, 5 * hour, 2 * mib), {"k", "z"});
  }
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->inputs, (Numbers{8, 7, 6, 5, 1}));
  ASSERT_EQ(plan->regions.size(), 2u);
  EXPECT_EQ(plan->regions[0].times, (TimeSpan{0, hour}));
}

TEST(JoinChoice, counts_a_row_as_a_byte_at_least) {
  Tables tables;
  for (std::uint64_t number = 1; number <= 9; ++number) {
    const auto begin = static_cast<Timestamp>(number - 1) * hour;
    tables.at_level(1, number, {begin, begin + hour - 1}, mib / 10);
  }
  EXPECT_TRUE(tables.rows(mib).choose());
  EXPECT_FALSE(tables.rows(8 * mib).choose());
}

TEST(JoinChoice, joins_eight_small_tables_of_a_closed_window) {
  Tables tables;
  for (std::uint64_t number = 1; number <= 8; ++number) {
    const auto begin = static_cast<Timestamp>(number - 1) * hour;
    tables.at_level(1, number, {begin, begin + hour - 1}, mib / 10);
  }
  EXPECT_FALSE(tables.choose());  // Nothing newer than the window's end yet.
  tables.at_level(1, 9, {8 * hour, 9 * hour}, mib / 10);
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->output_level, 2u);
  EXPECT_EQ(plan->inputs, (Numbers{1, 2, 3, 4, 5, 6, 7, 8}));
  ASSERT_EQ(plan->regions.size(), 1u);
  EXPECT_EQ(plan->regions[0].times, (TimeSpan{0, 8 * hour - 1}));
}

TEST(JoinChoice, goes_to_the_level_whose_window_has_enough) {
  Tables tables;
  for (std::uint64_t number = 1; number <= 20; ++number) {
    const auto begin = static_cast<Timestamp>(number - 1) * 3 * hour;
    tables.at_level(1, number, {begin, begin + hour - 1}, mib);
  }
  tables.at_level(1, 99, {64 * hour, 66 * hour}, 20 * mib);
  const auto plan = tables.choose();
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->output_level, 3u);
  EXPECT_EQ(plan->inputs.size(), 20u);
}

TEST(JoinChoice, leaves_large_tables_alone) {
  Tables tables;
  for (std::uint64_t number = 1; number <= 8; ++number) {
    const auto begin = static_cast<Timestamp>(number - 1) * hour;
    tables.at_level(1, number, {begin, begin + hour - 1}, 8 * mib);
  }
  tables.at_level(1, 9, {80 * hour, 90 * hour}, 8 * mib);
  EXPECT_FALSE(tables.choose());
}

TEST(JoinChoice, takes_what_overlaps_at_the_levels_between_unless_it_is_too_much) {
  for (const std::uint64_t below : {mib, 20 * mib}) {
    Tables tables;
    for (std::uint64_t number = 1; number <= 8; ++number) {
      const auto begin = static_cast<Timestamp>(number - 1) * hour;
      tables.at_level(1, number, {begin, begin + hour - 1}, mib / 10);
    }
    tables.at_level(1, 9, {9 * hour, 10 * hour}, 10 * mib);
    tables.at_level(2, 20, {2 * hour, 3 * hour}, below);
    const auto plan = tables.choose();
    if (below == mib) {
      EXPECT_EQ(plan.value().inputs, (Numbers{1, 2, 3, 4, 5, 6, 7, 8, 20}));
    } else {
      EXPECT_FALSE(plan);
    }
  }
}

TEST(MergeDown, takes_every_older_table_that_it_overlaps) {
  Tables tables;
  tables.at_level(1, 1, {0, hour}, mib, {"c", "f"});
  tables.at_level(1, 2, {2 * hour, 3 * hour}, mib, {"c", "f"});
  tables.at_level(2, 3, {0, 8 * hour}, mib, {"d", "k"});
  tables.at_level(3, 4, {0, 60 * hour}, mib, {"j", "z"});
  const auto plan = plan_merge_down(tables.live(), Rules(), {0});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->output_level, 2u);
  EXPECT_EQ(plan->inputs, (Numbers{1, 3}));
  EXPECT_FALSE(plan_merge_down(tables.live(), Rules(), {3}));
}

}  // namespace
}  // namespace varve::maintenance
