// Tables as format version 1 stores them, byte for byte. If a case fails, the format changed: once
// the version is released, raise it, and keep these as files that later versions still read.

#include <gtest/gtest.h>

#include "tests/engine/table/table_fixture.hpp"

namespace varve::engine {
namespace {

Bytes bytes_of_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(digit(hex[i]) * 16 + digit(hex[i + 1])));
  }
  return bytes;
}

std::string hex_of(ByteSpan bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const std::byte byte : bytes) {
    hex += digits[static_cast<std::size_t>(byte) >> 4];
    hex += digits[static_cast<std::size_t>(byte) & 15];
  }
  return hex;
}

TestRows golden_rows() {
  TestRows rows;
  for (std::int64_t i = 0; i < 40; ++i) {
    rows.push_back(value_row("\x01plant/a", 10 * i, static_cast<double>(i % 5) / 10));
  }
  rows.push_back(value_row("\x01plant/b", -5, std::int64_t{42}, 3'595));
  rows.push_back(value_row("\x01plant/b", 10, std::int64_t{44}, 3'610));
  rows.push_back(tombstone_row("\x01plant/b", 20));
  rows.push_back(value_row("\x01plant/c", 7, true));
  for (std::int64_t i = 0; i < 5; ++i) {
    rows.push_back(value_row("\x01plant/d", i, "a text that repeats itself"));
  }
  // Times with a common divisor, a whole unit of packing and a rest, and exceptions.
  for (std::int64_t i = 0; i < 300; ++i) {
    const std::int64_t step = i * 7 % 5;
    const double value = i % 100 == 17 ? 1.0 / 3 : static_cast<double>(2'000 + i * 13 % 11) / 100;
    rows.push_back(value_row("\x01plant/e", 10'000 * i + 1'000 * step, value));
  }
  return rows;
}

constexpr std::string_view plain_hex =
    "dd02060801706c616e742f61010e01020100011d036263646501000311c6000102092702000040602501"
    "09050564560a090402020a0d04000010edc10901000349922409388e1c4749922409c871e43849922409"
    "468e23c74992241138721c398e23c791e3c871e4721c398e1c478e2391e3c871e438721c8e1c478e23c7"
    "91e338721c398e1c478ec791e3c871e43872398e1c478e23c791c871e438721c398ee3c871e438721c39"
    "8e1c478e23c791e3c871e438721c398e1c478e23c791e3c8110201feffffffffffffffff018001004028"
    "0029000c0e0000000000801b0e0000000000800a020302004f863220cbb20cc8b2acb20cc8b22c03b2ac"
    "b22c03b22ccb80acb22ccb802ccb32a4aaaa8aaaaafaa9aa7eaa1a7eaaaaaaaaaa9faaaaaaaa7eaaaaaa"
    "aaaa9faaaa9faaaaeaa7aaeaa7aafaa9aafaa9aaaaaaaa7eaaaaaaaafaa9aaaaaaaa7eaaaa7eaaaaaa9f"
    "aaa29faaeaa7aaeaa7b2aaaaaafaa9aaaaaaeaa7aaaaaaaafaa9aafaaaaaaa7eaaaa7eaaaa9faaaa9faa"
    "aaaaaaeaa7aaaaaaaa9fa9aaaaaaeaa7aaeaaaaaaafaa9aafaa9aa7eaaaa7eaaaaaaaaaa9faaaaaaaa7e"
    "a7aaaaaaaa9faaaa28ab7eaaaaaaeaa7aaaafaa9aaaaaa9faaaaeaa7aaaaaa7eaaaaaa9faaaaaafaa9aa"
    "aa7eaaaaaaeaa7aaaafaa9aaaaaa9faaaaeaa7aaaaaa7eaaaaaa9faa0200000527001f0272c8010000aa"
    "d5aad5aad5aad57f0154020800010034036120746578742074686174207265706561747320697473656c"
    "666120746578742074686174207265706561747320697473656c66612074657874207468617420726570"
    "6561747320697473656c666120746578742074686174207265706561747320697473656c666120746578"
    "742074686174207265706561747320697473656c66a77bdf05c414a65c0100a60a00ba05000900daaded"
    "02000a000000ffffffffffffffffff0100010801706c616e742f61000e0002036500050000000000003a"
    "3000000100000000000400100000004e01b9020303c803fe0400000c00000000000000af030000000000"
    "00fbffffffffffffff68ab2d00000000000000000000000080ffffffffffffff7f5d0100000000000001"
    "0000000000000003000000000000000801706c616e742f610801706c616e742f650c0000000000000093"
    "020000000000002e00000000000000220000000000000002000000000000005a000000000000003057c2"
    "748f9d221a87d5676e8b4057cc316b3429ee73fc81ce1cc0a3aa13e1bed0ec7208bb6739430000000001"
    "0000005e2aaf616a8b74895641525645544142";
constexpr std::string_view zstd_hex =
    "dd02060801706c616e742f61010e01020100011d036263646501000311c6000102092702000040602501"
    "09050564560a090402020a0d04000010edc10901000349922409388e1c4749922409c871e43849922409"
    "468e23c74992241138721c398e23c791e3c871e4721c398e1c478e2391e3c871e438721c8e1c478e23c7"
    "91e338721c398e1c478ec791e3c871e43872398e1c478e23c791c871e438721c398ee3c871e438721c39"
    "8e1c478e23c791e3c871e438721c398e1c478e23c791e3c8110201feffffffffffffffff018001004028"
    "0029000c0e0000000000801b0e0000000000800a020302004f863220cbb20cc8b2acb20cc8b22c03b2ac"
    "b22c03b22ccb80acb22ccb802ccb32a4aaaa8aaaaafaa9aa7eaa1a7eaaaaaaaaaa9faaaaaaaa7eaaaaaa"
    "aaaa9faaaa9faaaaeaa7aaeaa7aafaa9aafaa9aaaaaaaa7eaaaaaaaafaa9aaaaaaaa7eaaaa7eaaaaaa9f"
    "aaa29faaeaa7aaeaa7b2aaaaaafaa9aaaaaaeaa7aaaaaaaafaa9aafaaaaaaa7eaaaa7eaaaa9faaaa9faa"
    "aaaaaaeaa7aaaaaaaa9fa9aaaaaaeaa7aaeaaaaaaafaa9aafaa9aa7eaaaa7eaaaaaaaaaa9faaaaaaaa7e"
    "a7aaaaaaaa9faaaa28ab7eaaaaaaeaa7aaaafaa9aaaaaa9faaaaeaa7aaaaaa7eaaaaaa9faaaaaafaa9aa"
    "aa7eaaaaaaeaa7aaaafaa9aaaaaa9faaaaeaa7aaaaaa7eaaaaaa9faa0200000527001f0272c8010000aa"
    "d5aad5aad5aad57f0154020800010034042a28b52ffd20820d0100d06120746578742074686174207265"
    "706561747320697473656c660100964ee71815b108ca97a786020100f80800ba05000900daaded02000a"
    "000000ffffffffffffffffff0100010801706c616e742f61000e0002036500050000000000003a300000"
    "0100000000000400100000004e01b9020303c803fe0400000c000000000000005803000000000000fbff"
    "ffffffffffff68ab2d00000000000000000000000080ffffffffffffff7f5d0100000000000001000000"
    "0000000003000000000000000801706c616e742f610801706c616e742f650c000000000000003c020000"
    "000000002e00000000000000220000000000000002000000000000005a0000000000000005030de1abff"
    "19997d2635521ccb6074ace0bd83dd6d0ace110816bd58b4e2e41567d2d0491e88a50000000001000000"
    "8a0b1f8bedb6f2ba5641525645544142";

TEST(TableGolden, writes_these_bytes) {
  TableFixture fixture;
  ASSERT_TRUE(fixture.write(12, golden_rows(), Compression::none, 3));
  EXPECT_EQ(hex_of(fixture.contents(12)), plain_hex);
}

class GoldenTables : public testing::TestWithParam<std::string_view> {};

INSTANTIATE_TEST_SUITE_P(Version1, GoldenTables, testing::Values(plain_hex, zstd_hex),
                         [](const auto& each) { return each.index == 0 ? "plain" : "zstd"; });

// Which bytes zstd makes is its own affair, and changes; what it made stays readable.
TEST_P(GoldenTables, give_their_rows) {
  TableFixture fixture;
  fixture.replace(12, bytes_of_hex(GetParam()));
  const TableMeta meta = Table::read_meta(*fixture.files, fixture.path(12)).value();
  EXPECT_EQ(meta.rows, golden_rows().size());
  EXPECT_EQ(meta.newest_flush, 3u);
  EXPECT_EQ(fixture.read(meta).value(), golden_rows());
  EXPECT_TRUE(Table::verify(*fixture.files, fixture.path(12)));
}

}  // namespace
}  // namespace varve::engine
