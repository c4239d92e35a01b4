#include <gtest/gtest.h>

#include <array>

#include "engine/cursor/cursor.hpp"
#include "tests/engine/cursor/scripted_cursor.hpp"
#include "tests/support/random.hpp"
#include "varve/try.hpp"

namespace varve::engine {
namespace {

using test::append_walked;
using test::FlatRow;

using FlatRows = std::vector<FlatRow>;

FlatRow number(Timestamp ts, double value, std::string key = "k") {
  return {std::move(key), ts, RowType::double_, value, never};
}
FlatRow text(Timestamp ts, std::string value, std::string key = "k") {
  return {std::move(key), ts, RowType::bytes, std::move(value), never};
}
FlatRow deleted(Timestamp ts, std::string key = "k") {
  return {std::move(key), ts, RowType::tombstone, 0.0, never};
}

/// Rows first, first + step, ..., `count` of them, with `value` in each.
FlatRows regular(Timestamp first, Timestamp step, int count, double value) {
  FlatRows rows;
  for (int i = 0; i < count; ++i) rows.push_back(number(first + i * step, value));
  return rows;
}

std::unique_ptr<Cursor> merge(std::vector<FlatRows> newest_first, bool by_newest = false) {
  std::vector<MergeInput> inputs;
  for (FlatRows& rows : newest_first) {
    inputs.push_back({scripted({.rows = std::move(rows), .newest_first = by_newest}), {}});
  }
  return merge_cursor(std::move(inputs), by_newest);
}

FlatRows merged(std::vector<FlatRows> newest_first) {
  return walk(*merge(std::move(newest_first))).value();
}

/// The sizes of the stretches of the first key.
std::vector<std::size_t> stretch_sizes(Cursor& cursor) {
  std::vector<std::size_t> sizes;
  EXPECT_TRUE(cursor.next_key().value());
  for (RowsView rows = cursor.next_rows().value(); !rows.empty();
       rows = cursor.next_rows().value()) {
    sizes.push_back(rows.size());
  }
  return sizes;
}

TEST(MergeCursor, of_nothing_is_empty) {
  EXPECT_EQ(merged({}), FlatRows{});
  EXPECT_EQ(merged({{}, {}}), FlatRows{});
}

TEST(MergeCursor, interleaves_by_time_and_key) {
  EXPECT_EQ(merged({{number(1, 1), number(4, 4), number(1, 7, "l")}, {number(2, 2), number(3, 3)}}),
            (FlatRows{number(1, 1), number(2, 2), number(3, 3), number(4, 4), number(1, 7, "l")}));
}

TEST(MergeCursor, prefers_the_newest_input_for_one_record) {
  EXPECT_EQ(
      merged({{number(1, 111)}, {number(1, 11), number(2, 22)}, {number(1, 1), number(2, 2)}}),
      (FlatRows{number(1, 111), number(2, 22)}));
}

TEST(MergeCursor, a_tombstone_wins_and_comes_through) {
  EXPECT_EQ(merged({{deleted(1)}, {number(1, 1), number(2, 2)}}),
            (FlatRows{deleted(1), number(2, 2)}));
}

TEST(MergeCursor, keeps_time_order_where_types_differ) {
  EXPECT_EQ(merged({{text(2, "two"), number(4, 4)}, {number(1, 1), text(3, "three")}}),
            (FlatRows{number(1, 1), text(2, "two"), text(3, "three"), number(4, 4)}));
}

TEST(MergeCursor, a_range_tombstone_hides_rows_of_its_input_alone) {
  std::vector<MergeInput> inputs;
  inputs.push_back({scripted({.rows = {number(2, 20)}}), {}});
  inputs.push_back({scripted({.rows = regular(1, 1, 5, 1)}), {{{"a", "z"}, {2, 3}}}});
  inputs.push_back({scripted({.rows = regular(1, 1, 6, 0)}),
                    {{{"k", "l"}, {1, 3}}, {{"l", "z"}, {}}, {{"k", "z"}, {6, 6}}}});
  EXPECT_EQ(walk(*merge_cursor(std::move(inputs), false)).value(),
            (FlatRows{number(1, 1), number(2, 20), number(4, 1), number(5, 1)}));
}

TEST(MergeCursor, what_is_hidden_cannot_win) {
  std::vector<MergeInput> inputs;
  inputs.push_back({scripted({.rows = {number(1, 111)}}), {{{"a", "z"}, {}}}});
  inputs.push_back({scripted({.rows = {number(1, 1)}}), {}});
  EXPECT_EQ(walk(*merge_cursor(std::move(inputs), false)).value(), FlatRows{number(1, 1)});
}

TEST(MergeCursor, an_input_hidden_whole_is_not_read) {
  std::vector<MergeInput> inputs;
  inputs.push_back({scripted({.rows = {number(1, 1)}}), {}});
  // Its second call would be for rows.
  inputs.push_back({scripted({.rows = {number(2, 2)}, .fails_at_call = 1}), {{{"a", "z"}, {}}}});
  const auto cursor = merge_cursor(std::move(inputs), false);
  ASSERT_TRUE(cursor->next_key().value());
  EXPECT_EQ(walk_key(*cursor, false).value(), FlatRows{number(1, 1)});
}

TEST(MergeCursor, passes_through_untouched_what_does_not_overlap) {
  const auto cursor = merge({regular(2000, 1, 1000, 2), regular(0, 1, 1000, 1)});
  EXPECT_EQ(stretch_sizes(*cursor), (std::vector<std::size_t>{1000, 1000}));
}

TEST(MergeCursor, hands_out_the_newer_input_whole_where_it_replaces_the_older) {
  const auto cursor = merge({regular(0, 1, 1000, 2), regular(0, 1, 1000, 1)});
  EXPECT_EQ(stretch_sizes(*cursor), std::vector<std::size_t>{1000});
}

TEST(MergeCursor, gathers_rows_that_alternate) {
  for (const bool by_newest : {false, true}) {
    const auto cursor = merge({regular(0, 2, 1000, 2), regular(1, 2, 1000, 1)}, by_newest);
    const auto sizes = stretch_sizes(*cursor);
    EXPECT_LE(sizes.size(), 4u);
    EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}), 2000u);
  }
}

TEST(MergeCursor, newest_first_gives_rows_from_the_newest_to_the_oldest) {
  const auto cursor = merge({{number(1, 111), number(5, 5)}, {number(1, 1), number(3, 3)}}, true);
  EXPECT_EQ(walk(*cursor, true).value(), (FlatRows{number(5, 5), number(3, 3), number(1, 111)}));
}

TEST(MergeCursor, seeks_past_keys_of_all_inputs) {
  const auto cursor =
      merge({{number(1, 1, "a"), number(1, 2, "d")}, {number(1, 3, "b"), number(1, 4, "e")}});
  ASSERT_TRUE(cursor->seek_key("b").value());
  EXPECT_EQ(cursor->key(), "b");
  ASSERT_TRUE(cursor->seek_key("c").value());
  EXPECT_EQ(cursor->key(), "d");
  EXPECT_EQ(walk_key(*cursor, false).value(), FlatRows{number(1, 2, "d")});
  ASSERT_TRUE(cursor->next_key().value());
  EXPECT_EQ(cursor->key(), "e");
  EXPECT_FALSE(cursor->seek_key("f").value());
  EXPECT_FALSE(cursor->next_key().value());
}

TEST(MergeCursor, stays_where_it_is_when_it_seeks_its_own_key) {
  const auto cursor = merge({regular(0, 1, 20, 1), {number(100, 2), number(1, 3, "z")}});
  ASSERT_TRUE(cursor->next_key().value());
  ASSERT_EQ(cursor->next_rows().value().size(), 20u);
  ASSERT_TRUE(cursor->seek_key("k").value());
  EXPECT_EQ(walk_key(*cursor, false).value(), FlatRows{number(100, 2)});
}

/// Gives all its keys at once.
class WholeRun final : public Cursor {
 public:
  explicit WholeRun(std::vector<RowsView> rows) : rows_(std::move(rows)) {}
  Result<bool> next_key() override { return ++at_ < rows_.size(); }
  Result<bool> seek_key(std::string_view) override { return fail(Errc::invalid_argument, "seek"); }
  std::string_view key() const override { return rows_[at_].key; }
  Result<RowsView> next_rows() override {
    return std::exchange(given_, at_) == at_ ? RowsView() : rows_[at_];
  }
  Result<std::span<const RowsView>> next_stretches(std::string_view end) override {
    if (given_ == at_) return std::span<const RowsView>();
    const std::size_t first = at_;
    while (at_ + 1 < rows_.size() && rows_[at_ + 1].key < end) ++at_;
    given_ = at_;
    return std::span<const RowsView>(rows_).subspan(first, at_ + 1 - first);
  }

 private:
  std::vector<RowsView> rows_;
  std::size_t at_ = static_cast<std::size_t>(-1);
  std::size_t given_ = static_cast<std::size_t>(-2);
};

TEST(MergeCursor, passes_runs_of_keys_through_up_to_where_another_input_has_one) {
  constexpr std::array<Timestamp, 1> at{1};
  const double value = 2.5;
  std::vector<RowsView> rows;
  const std::array<std::string_view, 5> keys{"a", "b", "c", "d", "e"};
  for (const std::string_view key : keys) rows.push_back({key, RowType::double_, at, &value, {}});
  std::vector<MergeInput> inputs;
  inputs.push_back({std::make_unique<WholeRun>(std::vector{rows[2]}), {}});
  inputs.push_back(
      {std::make_unique<WholeRun>(std::vector{rows[0], rows[1], rows[3], rows[4]}), {}});
  const auto cursor = merge_cursor(std::move(inputs), false);
  std::vector<std::size_t> runs;
  while (cursor->next_key().value()) {
    for (auto run = cursor->next_stretches("z").value(); !run.empty();
         run = cursor->next_stretches("z").value()) {
      runs.push_back(run.size());
    }
  }
  EXPECT_EQ(runs, (std::vector<std::size_t>{2, 1, 2}));
}

TEST(MergeCursor, an_error_of_an_input_is_final) {
  for (std::size_t calls = 0; calls < 8; ++calls) {
    std::vector<MergeInput> inputs;
    inputs.push_back({scripted({.rows = regular(0, 1, 3, 1)}), {}});
    inputs.push_back({scripted({.rows = {number(1, 1), number(2, 2, "a"), number(9, 2, "l")},
                                .fails_at_call = calls}),
                      {}});
    const auto cursor = merge_cursor(std::move(inputs), false);
    const auto walked = walk(*cursor);
    ASSERT_FALSE(walked.has_value()) << calls;
    EXPECT_EQ(walked.error().where, "scripted");
    EXPECT_FALSE(cursor->next_rows().has_value());
    EXPECT_FALSE(cursor->next_key().has_value());
    EXPECT_FALSE(cursor->seek_key("zzz").has_value());
  }
}

/// One input of a random merge, as the model sees it.
struct ModelInput {
  std::map<std::string, std::map<Timestamp, FlatRow>> rows;
  std::vector<RangeTombstone> hidden_by;

  bool hides(const std::string& key, Timestamp ts) const {
    return std::ranges::any_of(hidden_by, [&](const RangeTombstone& tombstone) {
      return tombstone.keys.contains(key) && tombstone.times.contains(ts);
    });
  }
};

class MergeModel : public testing::TestWithParam<int> {
 protected:
  std::string key() { return std::string(1, static_cast<char>('a' + random_.below(6))); }

  FlatRow row(const std::string& key, Timestamp ts, RowType type) {
    FlatRow row{key, ts, type, 0.0, never};
    switch (type) {
      case RowType::tombstone: break;
      case RowType::double_: row.value = random_.fraction(); break;
      case RowType::int64: row.value = random_.between(-9, 9); break;
      case RowType::bool_: row.value = random_.chance(0.5); break;
      case RowType::bytes:
        row.value = std::string(random_.below(9), 'x') + std::to_string(ts);
        break;
    }
    if (random_.chance(0.1)) row.expires_at = ts + random_.between(0, 50);
    return row;
  }

  ModelInput input() {
    ModelInput made;
    const double type_change = random_.chance(0.5) ? 0.02 : 0.3;
    for (std::uint64_t keys = random_.below(5); keys > 0; --keys) {
      const std::string name = key();
      auto type = RowType::double_;
      Timestamp ts = random_.between(0, 100);
      // Dense and sparse rows in turns, so that sources overlap in every way.
      for (std::uint64_t i = random_.below(120); i > 0; --i) {
        if (random_.chance(type_change)) type = static_cast<RowType>(random_.below(5));
        made.rows[name][ts] = row(name, ts, type);
        ts += random_.chance(0.1) ? random_.between(1, 60) : 1;
      }
    }
    for (std::uint64_t i = random_.below(4); i > 0; --i) {
      const Timestamp first = random_.between(0, 200);
      const TimeSpan times =
          random_.chance(0.1) ? TimeSpan() : TimeSpan{first, first + random_.between(-1, 60)};
      made.hidden_by.push_back({{key(), key()}, times});
    }
    return made;
  }

  std::map<std::string, FlatRows> expected(bool newest_first) const {
    std::map<std::string, std::map<Timestamp, FlatRow>> winners;
    for (const ModelInput& input : inputs_) {
      for (const auto& [key, rows] : input.rows) {
        winners[key];
        for (const auto& [ts, row] : rows) {
          if (!input.hides(key, ts)) winners[key].emplace(ts, row);
        }
      }
    }
    std::map<std::string, FlatRows> flat;
    for (const auto& [key, rows] : winners) {
      FlatRows& of_key = flat[key];
      for (const auto& [ts, row] : rows) of_key.push_back(row);
      if (newest_first) std::ranges::reverse(of_key);
    }
    return flat;
  }

  std::unique_ptr<Cursor> cursor(bool newest_first) {
    std::vector<MergeInput> inputs;
    for (const ModelInput& input : inputs_) {
      ScriptedCursor::Script script{.newest_first = newest_first};
      script.stretch_rows = random_.chance(0.5) ? 1024 : 1 + random_.below(30);
      for (const auto& [key, rows] : input.rows) {
        for (const auto& [ts, row] : rows) script.rows.push_back(row);
      }
      inputs.push_back({scripted(std::move(script)), input.hidden_by});
    }
    return merge_cursor(std::move(inputs), newest_first);
  }

  /// Makes the inputs of a round. Returns what says how to have them again.
  std::string begin_round(std::uint64_t round) {
    const std::uint64_t seed =
        test::test_seed() + static_cast<std::uint64_t>(GetParam()) * 20 + round;
    random_ = test::Random(seed);
    inputs_.clear();
    for (std::uint64_t i = random_.below(6); i > 0; --i) inputs_.push_back(input());
    return test::describe_seed(seed) + " and the first round of the case for 0";
  }

  test::Random random_{0};
  std::vector<ModelInput> inputs_;
};

TEST_P(MergeModel, agrees_with_the_merge) {
  for (std::uint64_t round = 0; round < 20; ++round) {
    SCOPED_TRACE(begin_round(round));

    const bool newest_first = random_.chance(0.5);
    const auto wanted = expected(newest_first);
    const auto merging = cursor(newest_first);
    auto at = wanted.end();
    FlatRows rest;
    bool started = false;
    while (true) {
      if (random_.chance(0.25)) {
        const std::string target = started ? std::max(key(), at->first) : key();
        if (!started || target != at->first) {
          at = wanted.lower_bound(target);
          if (at != wanted.end()) rest = at->second;
        }
        ASSERT_EQ(merging->seek_key(target).value(), at != wanted.end());
      } else {
        at = started ? std::next(at) : wanted.begin();
        if (at != wanted.end()) rest = at->second;
        ASSERT_EQ(merging->next_key().value(), at != wanted.end());
      }
      if (at == wanted.end()) break;
      started = true;
      ASSERT_EQ(merging->key(), at->first);

      // A stretch, all of the key, or nothing of it.
      if (random_.chance(0.3)) {
        FlatRows walked;
        append_walked(walked, merging->next_rows().value(), newest_first);
        ASSERT_LE(walked.size(), rest.size());
        const auto end = rest.begin() + static_cast<std::ptrdiff_t>(walked.size());
        ASSERT_EQ(walked, FlatRows(rest.begin(), end));
        rest.erase(rest.begin(), end);
      }
      if (random_.chance(0.7)) {
        ASSERT_EQ(walk_key(*merging, newest_first).value(), rest);
        rest.clear();
      }
    }
  }
}

TEST_P(MergeModel, agrees_with_the_merge_by_runs_of_stretches) {
  for (std::uint64_t round = 0; round < 20; ++round) {
    SCOPED_TRACE(begin_round(round));
    if (random_.chance(0.5)) {
      for (ModelInput& input : inputs_) input.hidden_by.clear();
    }

    const bool newest_first = random_.chance(0.5);
    const std::string end = random_.chance(0.5) ? key() : "z";
    FlatRows wanted;
    for (const auto& [name, rows] : expected(newest_first)) {
      if (name < end) wanted.insert(wanted.end(), rows.begin(), rows.end());
    }
    const auto merging = cursor(newest_first);
    ASSERT_EQ(walk_stretches(*merging, newest_first, end).value(), wanted);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MergeModel, testing::Range(0, 8));

}  // namespace
}  // namespace varve::engine
