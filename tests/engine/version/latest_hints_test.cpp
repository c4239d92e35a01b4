#include "engine/version/latest_hints.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/engine/version/layered_store.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

constexpr auto any_sequence = std::numeric_limits<std::uint64_t>::max();

using Times = std::vector<Timestamp>;

Times latest(const View& view, std::size_t count = 1) {
  Times times;
  const auto rows = view.latest("k", count, {}).value();
  for (const Row& row : rows) times.push_back(row.ts);
  return times;
}

/// Seconds 0 to 999, of which all from `first` on are deleted.
void put_and_erase_from(LayeredStore& store, Timestamp first) {
  for (Timestamp ts = 0; ts < 1'000; ++ts) store.put("k", ts, 1.0);
  for (Timestamp ts = first; ts < 1'000; ++ts) store.erase("k", ts);
}

std::optional<LatestHint> hint_of(const View& view) {
  return view.latest_hints().find("k", any_sequence, view.now());
}

TEST(LatestHints, are_left_where_many_rows_were_passed_over) {
  LayeredStore store;
  put_and_erase_from(store, 500);
  EXPECT_EQ(latest(*store.view()), Times{499});
  ASSERT_TRUE(hint_of(*store.view()));
  EXPECT_EQ(hint_of(*store.view())->newest, 499);
  EXPECT_EQ(latest(*store.view(), 3), (Times{499, 498, 497}));
}

TEST(LatestHints, are_left_where_nothing_is_alive) {
  LayeredStore store;
  put_and_erase_from(store, 0);
  EXPECT_EQ(latest(*store.view()), Times{});
  ASSERT_TRUE(hint_of(*store.view()));
  EXPECT_EQ(hint_of(*store.view())->newest, std::nullopt);
  EXPECT_EQ(latest(*store.view()), Times{});
}

TEST(LatestHints, hold_across_a_flush_of_the_deletes_only_for_views_of_before) {
  LayeredStore store;
  put_and_erase_from(store, 500);
  const auto before = store.view();
  EXPECT_EQ(latest(*before), Times{499});
  store.freeze_and_flush();
  EXPECT_FALSE(hint_of(*store.view()));
  EXPECT_TRUE(hint_of(*before));
  EXPECT_EQ(latest(*store.view()), Times{499});
}

TEST(LatestHints, give_way_to_a_record_that_comes_above) {
  LayeredStore store;
  put_and_erase_from(store, 500);
  EXPECT_EQ(latest(*store.view()), Times{499});
  store.put("k", 700, 2.0);
  EXPECT_EQ(latest(*store.view(), 2), (Times{700, 499}));
}

TEST(LatestHints, give_way_to_the_first_record_of_a_key_that_had_none) {
  LayeredStore store;
  put_and_erase_from(store, 0);
  EXPECT_EQ(latest(*store.view()), Times{});
  store.put("k", std::numeric_limits<Timestamp>::min(), 2.0);
  EXPECT_EQ(latest(*store.view()), Times{std::numeric_limits<Timestamp>::min()});
}

TEST(LatestHints, hold_where_the_record_that_was_found_is_deleted_too) {
  LayeredStore store;
  put_and_erase_from(store, 500);
  EXPECT_EQ(latest(*store.view()), Times{499});
  store.erase("k", 499);
  EXPECT_EQ(latest(*store.view()), Times{498});
  EXPECT_EQ(hint_of(*store.view())->newest, 498);
}

TEST(LatestHints, are_not_for_a_view_that_still_sees_what_was_deleted) {
  LayeredStore store;
  for (Timestamp ts = 0; ts < 1'000; ++ts) store.put("k", ts, 1.0);
  const auto before = store.view();
  for (Timestamp ts = 500; ts < 1'000; ++ts) store.erase("k", ts);
  EXPECT_EQ(latest(*store.view()), Times{499});
  EXPECT_EQ(latest(*before), Times{999});
}

TEST(LatestHints, are_not_for_a_clock_that_went_back_to_before_what_expired) {
  LayeredStore store;
  for (Timestamp ts = 0; ts < 1'000; ++ts) store.put("k", ts, 1.0, ts < 500 ? never : 50);
  EXPECT_EQ(latest(*store.view(60)), Times{499});
  EXPECT_EQ(latest(*store.view(40)), Times{999});
  EXPECT_EQ(latest(*store.view(70)), Times{499});
}

TEST(LatestHints, are_not_left_by_a_search_that_ends_below_the_newest) {
  LayeredStore store;
  put_and_erase_from(store, 500);
  store.put("k", 2'000, 3.0);
  const auto rows = store.view()->latest("k", 1, {}, 900).value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.front().ts, 499);
  EXPECT_FALSE(hint_of(*store.view()));
  EXPECT_EQ(latest(*store.view()), Times{2'000});
}

TEST(LatestHints, bring_a_search_that_ends_higher_to_the_same_rows) {
  LayeredStore store;
  put_and_erase_from(store, 500);
  EXPECT_EQ(latest(*store.view()), Times{499});
  const auto rows = store.view()->latest("k", 2, {}, 600).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.front().ts, 499);
  EXPECT_EQ(store.view()->latest("k", 1, {}, 300).value().front().ts, 300);
}

TEST(LatestHints, keep_the_later_of_two) {
  LatestHints hints;
  hints.note("k", {.sequence = 7, .now = 0, .newest = 5});
  hints.note("k", {.sequence = 6, .now = 0, .newest = 9});
  EXPECT_EQ(hints.find("k", any_sequence, 0)->newest, 5);
}

TEST(LatestHints, of_many_keys_take_a_bounded_place) {
  LatestHints hints;
  for (int i = 0; i < 10'000; ++i) hints.note(std::to_string(i), {1, 0, {}});
  int kept = 0;
  for (int i = 0; i < 10'000; ++i) kept += hints.find(std::to_string(i), any_sequence, 0) ? 1 : 0;
  EXPECT_GT(kept, 0);
  EXPECT_LE(kept, 256);
}

TEST(LatestHints, change_no_answer_of_a_random_program) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    test::Random random(seed);
    LayeredStore store;
    Timestamp now = 0;
    std::size_t hinted = 0;
    for (int step = 0; step < 6'000; ++step) {
      const auto ts = static_cast<Timestamp>(random.below(400));
      // Mostly deletes, so that long stretches are empty.
      if (random.below(100) == 0) {
        store.put("k", ts, static_cast<double>(step), random.below(3) == 0 ? now + 500 : never);
      } else {
        store.erase("k", ts);
      }
      if (random.below(3'000) == 0) store.freeze_and_flush();
      if (random.below(8) == 0) ++now;
      if (random.below(2'000) == 0) now -= 200;
      const Timestamp seen_at = now;
      Times expected;
      for (auto at = store.model().rbegin(); at != store.model().rend() && expected.size() < 2;
           ++at) {
        if (at->second.expires_at > seen_at) expected.push_back(at->first.second);
      }
      ASSERT_EQ(latest(*store.view(seen_at), 2), expected) << "seed " << seed << ", step " << step;
      hinted += hint_of(*store.view(seen_at)) ? 1 : 0;
    }
    EXPECT_GT(hinted, 1'000u);
  }
}

}  // namespace
}  // namespace varve::engine
