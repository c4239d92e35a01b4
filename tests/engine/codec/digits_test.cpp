#include "engine/codec/digits.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Words = std::vector<std::uint64_t>;

Bytes packed(const Words& values, std::uint64_t base, unsigned shift, unsigned radix) {
  Bytes bytes(digits_size(values.size(), radix));
  pack_digits(values, base, shift, radix, bytes);
  return bytes;
}

TEST(Digits, come_back_in_every_radix_at_every_length) {
  test::Random random(1);
  for (unsigned radix = radix_min; radix <= radix_max; ++radix) {
    for (const std::size_t count : {0u, 1u, 7u, 39u, 40u, 41u, 160u, 161u, 500u}) {
      Words values(count);
      for (auto& value : values) value = 1'000 + random.below(radix);
      Words back(count, 0);
      set_digits(packed(values, 1'000, 0, radix), 1'000, radix, back);
      ASSERT_EQ(back, values) << radix << ", " << count;
    }
  }
}

TEST(Digits, come_back_at_the_ends_of_what_a_word_holds) {
  for (unsigned radix = radix_min; radix <= radix_max; ++radix) {
    for (const std::uint64_t digit :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{radix - 1}}) {
      const Words values(200, digit);
      Words back(200);
      set_digits(packed(values, 0, 0, radix), 0, radix, back);
      ASSERT_EQ(back, values) << radix;
    }
  }
}

TEST(Digits, above_lower_bits_are_added_to_these) {
  test::Random random(2);
  Words values(300);
  Words lows(300);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = random.below(19 * 32);
    lows[i] = values[i] % 32;
  }
  add_digits(packed(values, 0, 5, 19), 5, 19, lows);
  EXPECT_EQ(lows, values);
}

TEST(Digits, have_the_documented_bytes) {
  // 1 and 2 of radix 3, and 38 zeros: 5 * 3^38 of 3^40, as a fraction of 2^64, rounded up.
  const Bytes bytes = packed({1, 2}, 0, 0, 3);
  const Bytes expected{std::byte{0x39}, std::byte{0x8E}, std::byte{0xE3}, std::byte{0x38},
                       std::byte{0x8E}, std::byte{0xE3}, std::byte{0x38}, std::byte{0x8E}};
  EXPECT_EQ(bytes, expected);
}

TEST(Digits, of_any_bytes_are_below_the_radix) {
  test::Random random(3);
  for (unsigned radix = radix_min; radix <= radix_max; ++radix) {
    Words values(100);
    const std::string noise(as_text(random.bytes(digits_size(values.size(), radix))));
    set_digits(as_bytes(noise), 0, radix, values);
    for (const std::uint64_t value : values) ASSERT_LT(value, radix);
  }
}

}  // namespace
}  // namespace varve::engine
