#include "engine/directory/identity.hpp"

#include <gtest/gtest.h>

#include <array>
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

/// Changes one byte and makes the checksum right again.
Bytes resealed(std::size_t offset, std::byte value) {
  Bytes bytes = identity().encode();
  bytes[offset] = value;
  bytes.resize(36);
  const std::uint64_t sum = checksum(ByteSpan(bytes).subspan(8));
  ByteWriter(bytes).put(sum);
  return bytes;
}

std::shared_ptr<Directory> empty_directory() {
  return test::make_directory(*memory_file_system(), "/db");
}

std::shared_ptr<Directory> directory_with(const Bytes& bytes) {
  auto directory = empty_directory();
  const auto file = directory->open("VARVE", OpenMode::create).value();
  const std::array<ByteSpan, 1> pieces{bytes};
  file->write_at(0, pieces).value();
  return directory;
}

TEST(Identity, survives_a_round_trip) {
  EXPECT_EQ(Identity::decode(identity().encode()).value(), identity());
}

TEST(Identity, has_the_bytes_that_the_format_page_says) {
  Bytes expected;
  ByteWriter writer(expected);
  writer.put_bytes("VARVEDB\n");
  writer.put(std::uint32_t{1});
  writer.put_bytes(ByteSpan(identity().database));
  writer.put(std::uint64_t{0});
  writer.put(checksum(ByteSpan(expected).subspan(8)));
  EXPECT_EQ(identity().encode(), expected);
}

TEST(Identity, keeps_its_golden_bytes) {
  EXPECT_EQ(hex(identity().encode()),
            "564152564544420a01000000a0a1a2a3a4a5a6a7a8a9aaab"
            "acadaeaf0000000000000000e719ee531d1e2ca0");
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
        "a file of another program that is longer than forty-four bytes"}) {
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

TEST(Identity, with_unknown_features_is_unsupported_and_names_each) {
  const auto decoded = Identity::decode(resealed(29, std::byte{0b1001}));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Errc::unsupported_format);
  EXPECT_EQ(decoded.error().where, "VARVE: unknown feature 8, 11");
}

TEST(Identity, written_to_a_directory_is_read_back) {
  const auto directory = empty_directory();
  EXPECT_EQ(read_identity(*directory).error().code, Errc::not_found);
  ASSERT_TRUE(write_identity(*directory, identity()));
  EXPECT_EQ(read_identity(*directory).value(), identity());
  EXPECT_EQ(directory->list().value(), std::vector<std::string>{"VARVE"});
}

TEST(Identity, is_written_where_an_earlier_try_left_its_file) {
  const auto directory = empty_directory();
  ASSERT_TRUE(directory->open("VARVE.new", OpenMode::create));
  ASSERT_TRUE(write_identity(*directory, identity()));
  EXPECT_EQ(read_identity(*directory).value(), identity());
}

TEST(Identity, with_bytes_after_it_in_the_file_is_corruption) {
  Bytes bytes = identity().encode();
  bytes.resize(1000);
  EXPECT_EQ(read_identity(*directory_with(bytes)).error().code, Errc::corruption);
}

TEST(RandomUuid, is_new_each_time_and_of_version_4) {
  const Uuid uuid = random_uuid();
  EXPECT_NE(uuid, random_uuid());
  EXPECT_EQ(uuid[6] >> 4, std::byte{4});
  EXPECT_EQ(uuid[8] >> 6, std::byte{2});
}

TEST(RandomUuid, reads_in_five_groups) {
  EXPECT_EQ(to_string(identity().database), "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
}

}  // namespace
}  // namespace varve::engine
