#include "engine/base/key_sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

/// Whether sort_by_key() gives the same order as comparing, and keeps each pointer with its key.
testing::AssertionResult sorts(const std::vector<std::string>& keys) {
  std::vector<KeyedPointer> keyed;
  for (const std::string& key : keys) keyed.push_back({key, &key});
  sort_by_key(keyed);

  std::vector<std::string_view> expected(keys.begin(), keys.end());
  std::ranges::sort(expected);
  for (std::size_t i = 0; i < keyed.size(); ++i) {
    if (keyed[i].key != expected[i]) return testing::AssertionFailure() << "order at " << i;
    if (*static_cast<const std::string*>(keyed[i].pointer) != keyed[i].key) {
      return testing::AssertionFailure() << "pointer at " << i;
    }
  }
  return testing::AssertionSuccess();
}

TEST(KeySort, sorts_none_and_few) {
  EXPECT_TRUE(sorts({}));
  EXPECT_TRUE(sorts({"b"}));
  EXPECT_TRUE(sorts({"b", "a", "ab", ""}));
}

TEST(KeySort, sorts_paths_that_share_much) {
  std::vector<std::string> keys;
  for (int i = 0; i < 20'000; ++i) {
    keys.push_back("plant/line" + std::to_string(i % 7) + "/device" + std::to_string(i / 7) +
                   (i % 2 == 0 ? "/temperature" : "/pressure"));
  }
  std::ranges::shuffle(keys, std::mt19937_64(1));
  EXPECT_TRUE(sorts(keys));
}

TEST(KeySort, tells_a_zero_byte_from_the_end_of_a_key) {
  test::Random random(2);
  std::vector<std::string> keys;
  for (int i = 0; i < 3'000; ++i) {
    std::string key(random.below(20), '\0');
    for (char& c : key) c = random.chance(0.8) ? '\0' : '\1';
    keys.push_back(key);
  }
  EXPECT_TRUE(sorts(keys));
}

TEST(KeySort, takes_bytes_for_unsigned) {
  test::Random random(3);
  std::vector<std::string> keys;
  for (int i = 0; i < 3'000; ++i) {
    const auto bytes = random.bytes(random.below(12));
    keys.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  EXPECT_TRUE(sorts(keys));
}

TEST(KeySort, sorts_keys_of_which_each_is_the_beginning_of_the_next) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < 2'000; ++i) keys.emplace_back((i * 7919) % 2'000, 'x');
  EXPECT_TRUE(sorts(keys));
}

}  // namespace
}  // namespace varve::engine
