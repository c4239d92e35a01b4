#include "engine/directory/identity.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "engine/base/checksum.hpp"
#include "tests/support/directories.hpp"

namespace varve::engine {
namespace {

Identity identity() {
  Identity identity;
  for (std::size_t index = 0; index < identity.database.size(); ++index) {
    identity.database[index] = std::byte(0xA0 + index);
  }
  identity.seed = 0x0102030405060708;
  return identity;
}

std::string hex(ByteSpan bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<std::size_t>(byte >> 4)];
    text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return text;
}

std::error_code error_of(ByteSpan bytes) {
  const auto decoded = Identity::decode(bytes);
  return decoded ? std::error_code{} : decoded.error().code;
}

/// Makes the checksum right again.
Bytes sealed(Bytes bytes) {
  bytes.resize(bytes.size() - 8);
  const std::uint64_t sum = checksum(ByteSpan(bytes).subspan(8));
  ByteWriter(bytes).put(sum);
  return bytes;
}
Bytes resealed(std::size_t offset, std::byte value) {
  Bytes bytes = identity().encode();
  bytes[offset] = value;
  return sealed(bytes);
}

TEST(Identity, survives_a_round_trip) {
  EXPECT_EQ(Identity::decode(identity().encode()).value(), identity());
}

TEST(Identity, has_the_bytes_that_the_format_page_says) {
  Bytes expected;
  ByteWriter writer(expected);
  writer.put_bytes("VARVEDB\n");
  writer.put(std::uint32_t{1});
  writer.put(std::uint32_t{72});
  writer.put_bytes(ByteSpan(identity().database));
  writer.put(std::uint64_t{0x0102030405060708});
  writer.put(std::uint64_t{0});
  writer.put(std::uint64_t{0});
  writer.put(std::uint64_t{0});
  writer.put(checksum(ByteSpan(expected).subspan(8)));
  EXPECT_EQ(identity().encode(), expected);
}

TEST(Identity, keeps_its_golden_bytes) {
  EXPECT_EQ(hex(identity().encode()),
            "564152564544420a0100000048000000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0807060504030201"
            "00000000000000000000000000000000000000000000000087e3ccbb389d8b54");
}

TEST(Identity, with_any_bit_flipped_is_corruption) {
  const Bytes bytes = identity().encode();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] ^= std::byte(1 << (bit % 8));
    EXPECT_EQ(error_of(flipped), Errc::corruption) << bit;
  }
}

TEST(Identity, cut_off_or_extended_is_corruption) {
  Bytes bytes = identity().encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(error_of(ByteSpan(bytes).first(size)), Errc::corruption) << size;
  }
  bytes.push_back({});
  EXPECT_EQ(error_of(bytes), Errc::corruption);
}

TEST(Identity, of_another_program_is_no_database) {
  for (const std::string_view text :
       {"#", "hello", "[settings]\nversion=1\n",
        "a file of another program that is longer than all seventy-two bytes of an identity"}) {
    const auto decoded = Identity::decode(as_bytes(text));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Errc::invalid_argument) << text;
    EXPECT_TRUE(decoded.error().where.starts_with("not a Varve database")) << text;
  }
}

TEST(Identity, of_a_later_format_is_unsupported_and_names_the_version) {
  const auto decoded = Identity::decode(resealed(8, std::byte{2}));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Errc::unsupported_format);
  EXPECT_EQ(decoded.error().where, "VARVE: format version 2");
}

TEST(Identity, with_unknown_features_that_reading_needs_is_unsupported_and_names_each) {
  const auto decoded = Identity::decode(resealed(41, std::byte{0b1001}));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Errc::unsupported_format);
  EXPECT_EQ(decoded.error().where, "VARVE: needed to read: unknown feature 8, 11");
}

TEST(Identity, with_unknown_features_that_writing_needs_may_be_read) {
  const Identity decoded = Identity::decode(resealed(55, std::byte{0x80})).value();
  const Status writable = check_writable(decoded);
  ASSERT_FALSE(writable);
  EXPECT_EQ(writable.error().code, Errc::unsupported_format);
  EXPECT_EQ(writable.error().where, "VARVE: needed to write: unknown feature 63");
  EXPECT_TRUE(check_writable(identity()));
}

TEST(Identity, keeps_unknown_features_that_nothing_needs) {
  const Bytes bytes = resealed(56, std::byte{6});
  const Identity decoded = Identity::decode(bytes).value();
  EXPECT_EQ(decoded.optional_features, 6u);
  EXPECT_TRUE(check_writable(decoded));
  EXPECT_EQ(decoded.encode(), bytes);
}

TEST(Identity, is_read_past_what_a_later_version_added) {
  Bytes bytes = identity().encode();
  bytes.resize(bytes.size() + 12, std::byte{0x5A});
  bytes[12] = std::byte(bytes.size());
  EXPECT_EQ(Identity::decode(sealed(bytes)).value(), identity());
}

TEST(Identity, of_another_size_than_it_says_is_corruption) {
  EXPECT_EQ(error_of(resealed(12, std::byte{71})), Errc::corruption);
  EXPECT_EQ(error_of(resealed(13, std::byte{1})), Errc::corruption);
  Bytes bytes = identity().encode();
  bytes.resize(5000);
  bytes[12] = std::byte{5000 & 0xFF};
  bytes[13] = std::byte{5000 >> 8};
  EXPECT_EQ(error_of(sealed(bytes)), Errc::corruption) << "beyond every later version's";
}

TEST(Identity, of_nothing_but_zeros_is_a_lost_page_and_not_another_programs) {
  EXPECT_EQ(error_of(Bytes(72)), Errc::corruption);
  EXPECT_EQ(error_of(Bytes(10)), Errc::corruption);
}

TEST(Identity, that_is_random_is_new_each_time) {
  const Identity one = random_identity();
  const Identity other = random_identity();
  EXPECT_NE(one.database, other.database);
  EXPECT_NE(one.seed, other.seed);
}

TEST(RandomIdentity, has_a_uuid_of_version_4) {
  const Uuid uuid = random_identity().database;
  EXPECT_EQ(uuid[6] >> 4, std::byte{4});
  EXPECT_EQ(uuid[8] >> 6, std::byte{2});
}

TEST(Uuid, reads_in_five_groups) {
  EXPECT_EQ(to_string(identity().database), "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
}

}  // namespace
}  // namespace varve::engine
