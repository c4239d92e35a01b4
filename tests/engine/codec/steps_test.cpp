// Steps between times, which have an encoding of their own.

#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <vector>

#include "engine/codec/encoding.hpp"
#include "engine/codec/words.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Words = std::vector<std::uint64_t>;

constexpr std::uint64_t start = 1'700'000'000'000'000;

Bytes encoded(const Words& steps) {
  Bytes bytes;
  encode_step_words(steps, bytes);
  return bytes;
}

Encoding encoding_of(const Words& steps) { return static_cast<Encoding>(encoded(steps).at(0)); }

std::optional<Words> decoded(ByteSpan bytes, std::size_t count) {
  ByteReader reader(bytes);
  Words steps(count);
  decode_words(reader, steps);
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return steps;
}

/// As steps, and as the times that they lie between.
void expect_to_come_back(const Words& steps) {
  const Bytes bytes = encoded(steps);
  EXPECT_EQ(decoded(bytes, steps.size()), steps);
  ByteReader reader{ByteSpan(bytes)};
  Words times(steps.size());
  decode_step_sums(reader, start, times);
  EXPECT_TRUE(reader.ok() && reader.at_end());
  Words expected(steps.size());
  std::partial_sum(steps.begin(), steps.end(), expected.begin());
  for (auto& time : expected) time += start;
  EXPECT_EQ(times, expected);
}

/// Between readings at a clock's ticks, each so many units late, evenly drawn.
Words late_steps(test::Random& random, double tick, std::uint64_t late_max, std::uint64_t unit = 1,
                 double missing = 0) {
  Words steps;
  const auto at = [&](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<double>(i) * tick) +
           unit * random.below(late_max + 1);
  };
  std::uint64_t before = at(0);
  for (std::size_t i = 1; steps.size() < 1'000; ++i) {
    if (random.chance(missing)) continue;
    const std::uint64_t now = at(i);
    steps.push_back(now - std::exchange(before, now));
  }
  return steps;
}

TEST(Steps, of_a_clock_whose_readings_come_late_take_the_bits_of_one_delay) {
  test::Random random(1);
  const Words steps = late_steps(random, 1e6, 20, 1'000);
  EXPECT_EQ(encoding_of(steps), Encoding::line);
  EXPECT_LE(encoded(steps).size(), 1'000u * 47 / 80 + 16) << "log2(21) is 4.4";
  expect_to_come_back(steps);
}

TEST(Steps, of_a_clock_between_whole_units_stay_on_its_line) {
  test::Random random(2);
  const Words steps = late_steps(random, 33'333.37, 250);
  EXPECT_EQ(encoding_of(steps), Encoding::line);
  EXPECT_LE(encoded(steps).size(), 1'000u * 84 / 80 + 16) << "log2(251) is 8";
  expect_to_come_back(steps);
}

TEST(Steps, over_missing_readings_go_on_along_the_line) {
  test::Random random(3);
  const Words steps = late_steps(random, 1e6, 20, 1'000, 0.02);
  EXPECT_EQ(encoding_of(steps), Encoding::line);
  EXPECT_LE(encoded(steps).size(), 1'000u * 47 / 80 + 100);
  expect_to_come_back(steps);
}

TEST(Steps, that_vary_by_themselves_are_packed) {
  test::Random random(4);
  Words steps(1'000);
  for (auto& step : steps) step = 1'000'000 + random.below(256);
  EXPECT_EQ(encoding_of(steps), Encoding::packed);
  expect_to_come_back(steps);
}

TEST(Steps, that_are_equal_are_a_constant) {
  EXPECT_EQ(encoding_of(Words(1'000, 1'000'000)), Encoding::constant);
  expect_to_come_back(Words(1'000, 1'000'000));
}

TEST(Steps, come_back_whatever_they_are) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (int round = 0; round < 300; ++round) {
    Words steps = late_steps(random, static_cast<double>(1 + random.below(10'000'000)),
                             random.below(1 + random.below(100'000)), 1 + random.below(1'000),
                             random.chance(0.3) ? 0.01 : 0);
    steps.resize(1 + random.below(1'000));
    if (random.chance(0.3)) steps[random.below(steps.size())] = random.next() >> random.below(64);
    if (random.chance(0.3)) steps[random.below(steps.size())] += random.below(100);
    ASSERT_NO_FATAL_FAILURE(expect_to_come_back(steps)) << "round " << round;
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Steps, along_a_line_that_end_too_early_are_refused_at_every_length) {
  test::Random random(5);
  for (const double missing : {0.0, 0.05}) {
    Words steps = late_steps(random, 1e6, 20, 1'000, missing);
    const Bytes bytes = encoded(steps);
    ASSERT_EQ(static_cast<Encoding>(bytes[0]), Encoding::line);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(decoded(ByteSpan(bytes).first(size), steps.size()).has_value()) << size;
    }
  }
}

TEST(Steps, along_a_line_have_the_documented_meaning) {
  // Divisor 10, slope 2 1/2; counts 1, but 2 for the second; distances 0, 1, -1.
  const Bytes bytes{static_cast<std::byte>(Encoding::line),
                    std::byte{10},
                    std::byte{0x80},
                    std::byte{0x80},
                    std::byte{0x0A},
                    std::byte{2},
                    std::byte{1},
                    std::byte{0b010},
                    std::byte{1},
                    std::byte{2},
                    std::byte{0b00'10'01}};
  // The line is at 2, 7 and 10, the readings at 2, 8 and 9.
  EXPECT_EQ(decoded(bytes, 3), (Words{20, 60, 10}));
}

}  // namespace
}  // namespace varve::engine
