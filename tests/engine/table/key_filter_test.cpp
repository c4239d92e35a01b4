#include "engine/table/key_filter.hpp"

#include <gtest/gtest.h>

#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

std::vector<std::uint64_t> hashes(test::Random& random, std::size_t count) {
  std::vector<std::uint64_t> hashes(count);
  for (auto& hash : hashes) hash = random.next();
  return hashes;
}

TEST(KeyFilter, knows_what_went_in_at_every_size) {
  test::Random random(1);
  for (const std::size_t count : {1u, 2u, 3u, 100u, 5'000u, 100'000u}) {
    const auto inside = hashes(random, count);
    const auto filter = KeyFilter::decode(KeyFilter::encode(inside)).value();
    for (const std::uint64_t hash : inside) ASSERT_TRUE(filter.may_contain(hash)) << count;
  }
}

TEST(KeyFilter, keeps_the_least_and_the_greatest_hash) {
  const auto filter = KeyFilter::decode(KeyFilter::encode({0, ~std::uint64_t{0}})).value();
  EXPECT_TRUE(filter.may_contain(0));
  EXPECT_TRUE(filter.may_contain(~std::uint64_t{0}));
  EXPECT_FALSE(filter.may_contain(std::uint64_t{1} << 63));
}

TEST(KeyFilter, lets_few_others_pass_and_takes_two_bytes_a_key) {
  test::Random random(2);
  const Bytes bytes = KeyFilter::encode(hashes(random, 100'000));
  EXPECT_LT(bytes.size(), 220'000u);
  const auto filter = KeyFilter::decode(bytes).value();
  int passed = 0;
  for (const std::uint64_t hash : hashes(random, 100'000)) passed += filter.may_contain(hash);
  EXPECT_LT(passed, 500);
  EXPECT_GT(passed, 300);
}

TEST(KeyFilter, that_ends_too_early_is_corruption_at_every_length) {
  test::Random random(3);
  const Bytes bytes = KeyFilter::encode(hashes(random, 1000));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(KeyFilter::decode(ByteSpan(bytes).first(size))) << size;
  }
}

// A sound checksum over nonsense: whatever comes of it, reading it stays in bounds.
TEST(KeyFilter, of_changed_bytes_still_answers) {
  test::Random random(4);
  const Bytes sound = KeyFilter::encode(hashes(random, 300));
  for (int round = 0; round < 5000; ++round) {
    Bytes damaged = sound;
    for (std::uint64_t i = 0; i <= random.below(4); ++i) {
      damaged[random.below(damaged.size())] = static_cast<std::byte>(random.next());
    }
    const auto filter = KeyFilter::decode(damaged);
    if (!filter) continue;
    for (int i = 0; i < 20; ++i) static_cast<void>(filter->may_contain(random.next()));
  }
}

TEST(KeyFilter, of_places_out_of_range_is_corruption) {
  for (const std::uint64_t places : {std::uint64_t{0}, (std::uint64_t{1} << 32) + 1}) {
    const Bytes sound = KeyFilter::encode({1, 2, 3});
    Bytes damaged;
    ByteWriter(damaged).put(places);
    damaged.insert(damaged.end(), sound.begin() + 8, sound.end());
    EXPECT_EQ(KeyFilter::decode(damaged).error().code, Errc::corruption);
  }
}

}  // namespace
}  // namespace varve::engine
