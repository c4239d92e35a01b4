#include "engine/table/table_footer.hpp"

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"

namespace varve::engine {
namespace {

constexpr TableFooter example{.number = 12,
                              .blocks_size = 1000,
                              .index_size = 50,
                              .filter_size = 30,
                              .statistics_size = 20,
                              .meta_size = 80,
                              .origin_size = 40,
                              .index_checksum = 0x1111,
                              .filter_checksum = 0x2222,
                              .statistics_checksum = 0x3333,
                              .meta_checksum = 0x4444,
                              .origin_checksum = 0x5555,
                              .file_checksum = 0x6666};

Result<TableFooter> decode(const Bytes& bytes, std::uint64_t file_size = example.file_size()) {
  return TableFooter::decode(
      std::span<const std::byte, TableFooter::encoded_size>(bytes.data(), bytes.size()), file_size);
}

TEST(TableFooter, survives_a_round_trip) { EXPECT_EQ(decode(example.encode()).value(), example); }

TEST(TableFooter, places_the_parts_one_after_the_other) {
  EXPECT_EQ(example.index_offset(), 1000u);
  EXPECT_EQ(example.filter_offset(), 1050u);
  EXPECT_EQ(example.statistics_offset(), 1080u);
  EXPECT_EQ(example.meta_offset(), 1100u);
  EXPECT_EQ(example.origin_offset(), 1180u);
  EXPECT_EQ(example.footer_offset(), 1220u);
  EXPECT_EQ(example.file_size(), 1348u);
}

// The bytes on disk, spelled out. If this fails, the format changed: raise the version instead.
TEST(TableFooter, has_the_documented_bytes) {
  const Bytes bytes = example.encode();
  ASSERT_EQ(bytes.size(), 128u);
  EXPECT_EQ(bytes[0], std::byte{12}) << "number";
  EXPECT_EQ(bytes[8], std::byte{0xE8}) << "blocks_size, little-endian";
  EXPECT_EQ(bytes[9], std::byte{0x03});
  EXPECT_EQ(bytes[16], std::byte{50}) << "index_size";
  EXPECT_EQ(bytes[24], std::byte{30}) << "filter_size";
  EXPECT_EQ(bytes[32], std::byte{20}) << "statistics_size";
  EXPECT_EQ(bytes[40], std::byte{80}) << "meta_size";
  EXPECT_EQ(bytes[48], std::byte{40}) << "origin_size";
  EXPECT_EQ(bytes[56], std::byte{0x11}) << "index_checksum";
  EXPECT_EQ(bytes[64], std::byte{0x22}) << "filter_checksum";
  EXPECT_EQ(bytes[72], std::byte{0x33}) << "statistics_checksum";
  EXPECT_EQ(bytes[80], std::byte{0x44}) << "meta_checksum";
  EXPECT_EQ(bytes[88], std::byte{0x55}) << "origin_checksum";
  EXPECT_EQ(bytes[96], std::byte{0x66}) << "file_checksum";
  EXPECT_EQ(bytes[104], std::byte{0}) << "features";
  EXPECT_EQ(bytes[108], std::byte{1}) << "version";
  EXPECT_EQ(as_text(bytes).substr(120), "VARVETAB");
}

TEST(TableFooter, rejects_every_single_bit_flip_as_corruption) {
  const Bytes sound = example.encode();
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    Bytes damaged = sound;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto footer = decode(damaged);
    ASSERT_FALSE(footer.has_value()) << "bit " << bit;
    EXPECT_EQ(footer.error().code, Errc::corruption) << "bit " << bit;
  }
}

TEST(TableFooter, rejects_sizes_that_do_not_make_up_the_file) {
  EXPECT_FALSE(decode(example.encode(), example.file_size() - 1));
  EXPECT_FALSE(decode(example.encode(), example.file_size() + 1));
  TableFooter overflowing = example;
  overflowing.blocks_size = ~std::uint64_t{0};
  overflowing.index_size = 1051;
  EXPECT_EQ(overflowing.file_size(), example.file_size()) << "once it wraps";
  EXPECT_FALSE(decode(overflowing.encode()));
}

TEST(TableFooter, with_a_feature_that_is_not_known_is_unsupported_and_names_it) {
  TableFooter newer = example;
  newer.features = 1u << 3 | 1u << 31;
  const auto footer = decode(newer.encode());
  ASSERT_FALSE(footer.has_value());
  EXPECT_EQ(footer.error().code, Errc::unsupported_format);
  EXPECT_EQ(footer.error().where, "unknown table feature 3, 31");
}

TEST(TableFooter, the_checksum_of_a_part_depends_on_table_and_offset) {
  const Bytes bytes(100, std::byte{7});
  EXPECT_NE(part_checksum(bytes, 1, 0), part_checksum(bytes, 2, 0));
  EXPECT_NE(part_checksum(bytes, 1, 0), part_checksum(bytes, 1, 100));
  EXPECT_EQ(part_checksum(bytes, 1, 100), part_checksum(bytes, 1, 100));
}

}  // namespace
}  // namespace varve::engine
