#include "engine/base/bytes.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace varve::engine {
namespace {

TEST(Bytes, varints_survive_a_round_trip_at_every_length) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t value : {(std::uint64_t{1} << shift) - 1, std::uint64_t{1} << shift,
                                      std::numeric_limits<std::uint64_t>::max() >> shift}) {
      Bytes bytes;
      ByteWriter(bytes).put_varint(value);
      ByteReader reader{ByteSpan(bytes)};
      EXPECT_EQ(reader.take_varint(), value);
      EXPECT_TRUE(reader.ok());
      EXPECT_TRUE(reader.at_end());
    }
  }
}

TEST(Bytes, a_varint_in_a_longer_form_is_refused) {
  const Bytes bytes{std::byte{0x81}, std::byte{0x00}};
  ByteReader reader{ByteSpan(bytes)};
  EXPECT_EQ(reader.take_varint(), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(Bytes, a_varint_over_64_bits_is_refused) {
  Bytes bytes(9, std::byte{0xFF});
  bytes.push_back(std::byte{0x02});
  ByteReader reader{ByteSpan(bytes)};
  EXPECT_EQ(reader.take_varint(), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(Bytes, zigzag_keeps_both_extremes) {
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                   std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(unzigzag(zigzag(value)), value);
  }
}

TEST(Bytes, reading_past_the_end_fails_and_gives_zeros_from_then_on) {
  const Bytes bytes(3, std::byte{7});
  ByteReader reader{ByteSpan(bytes)};
  EXPECT_EQ(reader.take<std::uint32_t>(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.take<std::uint8_t>(), 0u);
}

}  // namespace
}  // namespace varve::engine
