#include "engine/table/block_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>
#include <thread>

#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

std::shared_ptr<const void> value_of(int number) { return std::make_shared<const int>(number); }

int number_of(const std::shared_ptr<const void>& value) {
  return *static_cast<const int*>(value.get());
}

TEST(BlockCache, finds_what_was_inserted_and_counts_it) {
  BlockCache cache(1 << 20);
  EXPECT_EQ(cache.find({1, 2}), nullptr);
  cache.insert({1, 2}, value_of(7), 100);
  EXPECT_EQ(number_of(cache.find({1, 2})), 7);
  EXPECT_EQ(cache.find({2, 1}), nullptr);
  EXPECT_EQ(cache.hits(), 1u);
  EXPECT_EQ(cache.misses(), 2u);
}

TEST(BlockCache, replaces_a_value_of_the_same_key) {
  BlockCache cache(1 << 20);
  cache.insert({1, 2}, value_of(7), 100);
  const std::size_t bytes = cache.bytes();
  cache.insert({1, 2}, value_of(8), 100);
  EXPECT_EQ(number_of(cache.find({1, 2})), 8);
  EXPECT_EQ(cache.bytes(), bytes);
}

TEST(BlockCache, never_passes_its_budget) {
  test::Random random(1);
  constexpr std::size_t budget = 100'000;
  for (const bool indexes : {false, true}) {
    BlockCache cache(budget);
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      cache.insert({random.below(5), random.below(1000)}, value_of(1), random.below(20'000));
      ASSERT_LE(cache.bytes(), budget);
      if (!indexes || i % 10 != 0) continue;
      cache.insert({random.below(9), BlockCache::index_part}, value_of(1), random.below(60'000));
      ASSERT_LE(cache.bytes(), budget);
      if (i % 100 == 0) cache.forget(random.below(9));
    }
    EXPECT_GT(cache.bytes(), budget / 2);
  }
}

TEST(BlockCache, keeps_indexes_and_filters_in_up_to_half_of_it) {
  BlockCache cache(80'000);
  for (std::uint64_t part = 0; part < 1000; ++part) cache.insert({9, part}, value_of(1), 1000);
  cache.insert({1, BlockCache::index_part}, value_of(1), 20'000);
  cache.insert({1, BlockCache::filter_part}, value_of(2), 15'000);
  EXPECT_EQ(number_of(cache.find({1, BlockCache::index_part})), 1);
  EXPECT_EQ(number_of(cache.find({1, BlockCache::filter_part})), 2);
  EXPECT_LE(cache.bytes(), 80'000u);
  EXPECT_GT(cache.bytes(), 60'000u) << "blocks keep the rest";

  cache.insert({2, BlockCache::index_part}, value_of(3), 20'000);
  EXPECT_EQ(number_of(cache.find({2, BlockCache::index_part})), 3);
  EXPECT_EQ(cache.find({1, BlockCache::index_part}), nullptr) << "used least recently";
  cache.insert({3, BlockCache::index_part}, value_of(4), 40'001);
  EXPECT_EQ(cache.find({3, BlockCache::index_part}), nullptr);
  EXPECT_NE(cache.find({2, BlockCache::index_part}), nullptr);

  cache.forget(1);
  cache.forget(2);
  for (std::uint64_t part = 0; part < 1000; ++part) cache.insert({9, part}, value_of(1), 1000);
  EXPECT_GT(cache.bytes(), 70'000u) << "blocks have it all again";
}

TEST(BlockCache, does_not_keep_what_would_fill_more_than_its_share) {
  BlockCache cache(80'000);
  cache.insert({1, 1}, value_of(1), 10'001);
  EXPECT_EQ(cache.find({1, 1}), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(BlockCache, of_no_budget_keeps_nothing) {
  BlockCache cache(0);
  cache.insert({1, 1}, value_of(1), 0);
  EXPECT_EQ(cache.find({1, 1}), nullptr);
}

TEST(BlockCache, keeps_what_is_used_again_beside_a_scan) {
  BlockCache cache(8 * 100'000);
  const auto used_parts = std::views::iota(std::uint64_t{0}, std::uint64_t{200});
  for (const std::uint64_t part : used_parts) cache.insert({1, part}, value_of(1), 1000);
  for (const std::uint64_t part : used_parts) ASSERT_NE(cache.find({1, part}), nullptr);
  for (std::uint64_t part = 0; part < 10'000; ++part) cache.insert({2, part}, value_of(2), 1000);
  const auto is_there = [&](std::uint64_t part) { return cache.find({1, part}) != nullptr; };
  EXPECT_EQ(std::ranges::count_if(used_parts, is_there), 200);
}

TEST(BlockCache, gives_another_place_to_what_comes_back) {
  BlockCache cache(8 * 100'000);
  for (std::uint64_t part = 0; part < 2'000; ++part) cache.insert({2, part}, value_of(2), 1000);
  // What a scan pushed out lately, and is read again.
  std::vector<std::uint64_t> back;
  for (std::uint64_t part = 1'999; back.size() < 50; --part) {
    if (cache.find({2, part}) != nullptr) continue;
    cache.insert({2, part}, value_of(2), 1000);
    back.push_back(part);
  }
  for (std::uint64_t part = 0; part < 5'000; ++part) cache.insert({3, part}, value_of(3), 1000);
  const auto is_there = [&](std::uint64_t part) { return cache.find({2, part}) != nullptr; };
  EXPECT_GT(std::ranges::count_if(back, is_there), 40);
}

TEST(BlockCache, drops_what_was_not_used_for_longest) {
  BlockCache cache(8 * 10'000);
  const BlockCache::Key kept{1, 0};
  cache.insert(kept, value_of(42), 1000);
  for (std::uint64_t part = 1; part < 1000; ++part) {
    cache.insert({1, part}, value_of(1), 1000);
    ASSERT_NE(cache.find(kept), nullptr) << "used after each, so never the oldest";
  }
  EXPECT_EQ(cache.find({1, 1}), nullptr);
}

TEST(BlockCache, forgets_all_parts_of_a_table_and_no_others) {
  BlockCache cache(1 << 20);
  for (std::uint64_t part = 0; part < 100; ++part) {
    cache.insert({1, part}, value_of(1), 10);
    cache.insert({2, part}, value_of(2), 10);
  }
  cache.insert({1, BlockCache::index_part}, value_of(1), 10);
  cache.insert({1, BlockCache::filter_part}, value_of(1), 10);
  cache.forget(1);
  for (std::uint64_t part = 0; part < 100; ++part) {
    EXPECT_EQ(cache.find({1, part}), nullptr);
    EXPECT_NE(cache.find({2, part}), nullptr);
  }
  EXPECT_EQ(cache.find({1, BlockCache::index_part}), nullptr);
  EXPECT_EQ(cache.find({1, BlockCache::filter_part}), nullptr);
  cache.forget(2);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(BlockCache, a_value_in_use_outlives_its_place) {
  BlockCache cache(1 << 20);
  cache.insert({1, 1}, value_of(5), 10);
  const auto held = cache.find({1, 1});
  cache.forget(1);
  EXPECT_EQ(number_of(held), 5);
}

TEST(BlockCache, serves_many_threads) {
  BlockCache cache(100'000);
  std::vector<std::jthread> threads;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&cache, seed] {
      test::Random random(seed);
      for (int i = 0; i < 5000; ++i) {
        const BlockCache::Key key{random.below(3), random.below(50)};
        const int expected = static_cast<int>(key.table * 1000 + key.part);
        if (const auto value = cache.find(key)) {
          EXPECT_EQ(number_of(value), expected);
        } else {
          cache.insert(key, value_of(expected), 2000);
        }
        if (i % 20 == 0) cache.insert({key.table, BlockCache::index_part}, value_of(1), 20'000);
        if (i % 500 == 0) cache.forget(key.table);
      }
    });
  }
  threads.clear();
  EXPECT_LE(cache.bytes(), 100'000u);
}

}  // namespace
}  // namespace varve::engine
