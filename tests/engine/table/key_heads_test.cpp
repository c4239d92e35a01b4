#include "engine/table/key_heads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Keys = std::vector<std::string>;

/// What a search among the keys themselves finds lies within the span.
void expect_finds(const Keys& keys, std::string_view sought) {
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  KeyHeads heads;
  heads.build(views);
  const auto [first, last] = heads.may_be(sought);
  ASSERT_LE(first, last);
  ASSERT_LE(last, keys.size());
  for (std::size_t i = 0; i < first; ++i) EXPECT_LT(keys[i], sought);
  for (std::size_t i = last; i < keys.size(); ++i) EXPECT_GT(keys[i], sought);
}

TEST(KeyHeads, leave_no_key_out_that_may_be_the_one_sought) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  const auto random_key = [&](std::size_t shared) {
    std::string key(shared, 'p');
    for (auto left = random.below(12); left > 0; --left) {
      key += static_cast<char>(random.below(3) * 127);  // With zeros and high bytes.
    }
    return key;
  };
  for (int round = 0; round < 200; ++round) {
    const std::size_t shared = random.below(20);
    Keys keys(1 + random.below(40));
    for (std::string& key : keys) key = random_key(shared);
    std::ranges::sort(keys);
    for (const std::string& key : keys) expect_finds(keys, key);
    for (int i = 0; i < 20; ++i) expect_finds(keys, random_key(random.below(22)));
    expect_finds(keys, "");
    expect_finds(keys, "\xFF");
  }
}

TEST(KeyHeads, of_keys_that_differ_early_leave_one_at_most) {
  Keys keys;
  for (int i = 100; i < 400; ++i) keys.push_back("plant/line/" + std::to_string(i) + "/temp");
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  KeyHeads heads;
  heads.build(views);
  for (const std::string& key : keys) {
    const auto [first, last] = heads.may_be(key);
    EXPECT_EQ(last - first, 1u);
  }
  EXPECT_EQ(heads.bytes(), 300 * 8u);
}

}  // namespace
}  // namespace varve::engine
