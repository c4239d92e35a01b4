#include "engine/table/table_meta.hpp"

#include <gtest/gtest.h>

#include "engine/table/key_list.hpp"

namespace varve::engine {
namespace {

const TableMeta example{.number = 12,
                        .size = 4096,
                        .first_key =
                            "\x01"
                            "a",
                        .last_key =
                            "\x01"
                            "zz",
                        .times = {-5, 1000},
                        .expiry_min = 7,
                        .expiry_max = 2000,
                        .rows = 300,
                        .tombstones = 2,
                        .newest_flush = 44,
                        .first_sequence = 5,
                        .last_sequence = 260};

Bytes encoded(const TableMeta& meta) {
  Bytes bytes;
  ByteWriter writer(bytes);
  meta.encode(writer);
  return bytes;
}

Result<TableMeta> decoded(ByteSpan bytes) {
  ByteReader reader(bytes);
  return TableMeta::decode(reader);
}

TEST(TableMeta, survives_a_round_trip) {
  EXPECT_EQ(decoded(encoded(example)).value(), example);
  EXPECT_EQ(decoded(encoded(TableMeta())).value(), TableMeta());
}

TEST(TableMeta, takes_the_same_size_whatever_its_numbers) {
  TableMeta other = example;
  other.size = ~std::uint64_t{0};
  other.rows = ~std::uint64_t{0};
  EXPECT_EQ(encoded(other).size(), encoded(example).size());
}

// The bytes on disk, spelled out. If this fails, the format changed: raise the versions of tables
// and manifests instead.
TEST(TableMeta, has_the_documented_bytes) {
  const Bytes bytes = encoded(example);
  ASSERT_EQ(bytes.size(), 88u + 3 + 4);
  EXPECT_EQ(bytes[0], std::byte{12}) << "number";
  EXPECT_EQ(bytes[9], std::byte{0x10}) << "size, little-endian";
  EXPECT_EQ(bytes[16], std::byte{0xFB}) << "first time may be negative";
  EXPECT_EQ(bytes[24], std::byte{0xE8}) << "last time";
  EXPECT_EQ(bytes[32], std::byte{7}) << "expiry_min";
  EXPECT_EQ(bytes[40], std::byte{0xD0}) << "expiry_max";
  EXPECT_EQ(bytes[48], std::byte{0x2C}) << "rows";
  EXPECT_EQ(bytes[56], std::byte{2}) << "tombstones";
  EXPECT_EQ(bytes[64], std::byte{44}) << "newest_flush";
  EXPECT_EQ(bytes[72], std::byte{5}) << "first_sequence";
  EXPECT_EQ(bytes[80], std::byte{4}) << "last_sequence";
  EXPECT_EQ(bytes[81], std::byte{1});
  EXPECT_EQ(as_text(bytes).substr(88),
            "\x02\x01"
            "a\x03\x01"
            "zz");
}

TEST(TableMeta, that_ends_too_early_is_corruption_at_every_length) {
  const Bytes bytes = encoded(example);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decoded(ByteSpan(bytes).first(size)).error().code, Errc::corruption) << size;
  }
}

TEST(TableMeta, that_contradicts_itself_is_corruption) {
  const auto is_corruption = [](auto change) {
    TableMeta meta = example;
    change(meta);
    const auto result = decoded(encoded(meta));
    return !result && result.error().code == Errc::corruption;
  };
  EXPECT_TRUE(is_corruption([](TableMeta& meta) { meta.last_key = "\x01"; }));
  EXPECT_TRUE(is_corruption([](TableMeta& meta) { meta.times = {5, 4}; }));
  EXPECT_TRUE(is_corruption([](TableMeta& meta) { meta.expiry_max = 6; }));
  EXPECT_TRUE(is_corruption([](TableMeta& meta) { meta.tombstones = 301; }));
  EXPECT_TRUE(is_corruption([](TableMeta& meta) { meta.first_sequence = 261; }));
  EXPECT_TRUE(is_corruption(
      [](TableMeta& meta) { meta.last_key = std::string(internal_key_size_max + 1, 'z'); }));
}

}  // namespace
}  // namespace varve::engine
