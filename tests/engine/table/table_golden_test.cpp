// Tables as format version 1 stores them, byte for byte. If a case fails, the format changed:
// raise the version, and keep these as files that later versions still read.

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
  return rows;
}

constexpr std::string_view plain_hex =
    "31050801706c616e742f61010e01020100010d036263640100031146010206670000040109050564560001020499"
    "999999999999999999999999999999999999e900000101a0383feff1fffffffffffff2f8ffffffffffff76fcffff"
    "ffffff3f3afeffffffffff7f1cffffffffffffef8dffffffffffffcfc6ffffffffffff53e3ffffffffffff9ff1ff"
    "ffffffffffcaf8ffffffffffff62fcffffffffff3f30feffffffffff7f17ffffffffffff6f8bffffffffffff8fc5"
    "ffffffffffffb3e2ffffffffffff4ff1ffffffffffffa2f8ffffffffffff4efcffffffffff3f26feffffffffff7f"
    "12ffffffffffffef88ffffffffffff4fc4ffffffffffff13e2fffffffffffffff0ffffffffffff7af8ffffffffff"
    "ff3afcffffffffff3f1cfeffffffffff7f0dffffffffffff6f86ffffffffffff0fc3ffffffffffff73e1ffffffff"
    "ffffaff0ffffffffffff52f8ffffffffffff26fcffffffffff3f12feffffffffff7f08ffffffffffffef83ffffff"
    "ffffffcfc1ffffffffffffd3e0ffffffffffff000000000000000000000000000000007afcffffffffffff3dfeff"
    "ffffffffef1effffffffffff6f8fffffffffffffb3c7ffffffffffffd7e3ffffffffffff01003e00000000000000"
    "80666666666666eeaf999999999999fccfcccccccccc4cff9a9999999999d93f00000000000000a0999999999999"
    "fb6b666666666626ff333333333333d3bf666666666666f60f00000000000000686666666666e6fe9a9999999999"
    "c9ffccccccccccccf4af999999999999fd03000000000000009a9999999999b9bf666666666666f23f3333333333"
    "33fd6b666666666666ff0000000000000080666666666666eeaf999999999999fccfcccccccccc4cff9a99999999"
    "99d93f00000000000000a0999999999999fb6b666666666626ff333333333333d3bf666666666666f60f00000000"
    "000000686666666666e6fe9a9999999999c9ffccccccccccccf4af999999999999fd03000000000000009a999999"
    "9999b9bf666666666666f23f333333333333fd6b666666666666ff01540208000100340361207465787420746861"
    "74207265706561747320697473656c666120746578742074686174207265706561747320697473656c6661207465"
    "78742074686174207265706561747320697473656c66612074657874207468617420726570656174732069747365"
    "6c666120746578742074686174207265706561747320697473656c66413e6f5a59d1be2201009c0e006200090096"
    "06000a00840600ffffffffffffffffff0100010801706c616e742f61000e0002036400040000000000003a300000"
    "0100000000000300100000002e0269020603ff030c000000000000009404000000000000fbffffffffffffff8601"
    "0000000000000000000000000080ffffffffffffff7f310000000000000001000000000000000300000000000000"
    "0801706c616e742f610801706c616e742f640c000000000000008e030000000000002c0000000000000020000000"
    "000000005a00000000000000cbb3ffd2bba2924aa3db2f28e9d7560f22190c71c270d159dc39323db36a88ef0000"
    "000001000000c09ad027a216cbd45641525645544142";
constexpr std::string_view zstd_hex =
    "31050801706c616e742f61010e01020100010d036263640100031146010206670000040109050564560001020499"
    "999999999999999999999999999999999999e900000101a0383feff1fffffffffffff2f8ffffffffffff76fcffff"
    "ffffff3f3afeffffffffff7f1cffffffffffffef8dffffffffffffcfc6ffffffffffff53e3ffffffffffff9ff1ff"
    "ffffffffffcaf8ffffffffffff62fcffffffffff3f30feffffffffff7f17ffffffffffff6f8bffffffffffff8fc5"
    "ffffffffffffb3e2ffffffffffff4ff1ffffffffffffa2f8ffffffffffff4efcffffffffff3f26feffffffffff7f"
    "12ffffffffffffef88ffffffffffff4fc4ffffffffffff13e2fffffffffffffff0ffffffffffff7af8ffffffffff"
    "ff3afcffffffffff3f1cfeffffffffff7f0dffffffffffff6f86ffffffffffff0fc3ffffffffffff73e1ffffffff"
    "ffffaff0ffffffffffff52f8ffffffffffff26fcffffffffff3f12feffffffffff7f08ffffffffffffef83ffffff"
    "ffffffcfc1ffffffffffffd3e0ffffffffffff000000000000000000000000000000007afcffffffffffff3dfeff"
    "ffffffffef1effffffffffff6f8fffffffffffffb3c7ffffffffffffd7e3ffffffffffff042828b52ffd604000f5"
    "00006000009a99b93fc93f33d3d93f0600154b299ce9184eb8956920b401b4010154020800010034042a28b52ffd"
    "20820d0100d06120746578742074686174207265706561747320697473656c660100964ee7185cadba0bd87a727e"
    "0100d00800620009009606000a00840600ffffffffffffffffff0100010801706c616e742f61000e000203640004"
    "0000000000003a3000000100000000000300100000002e0269020603ff030c000000000000002e03000000000000"
    "fbffffffffffffff86010000000000000000000000000080ffffffffffffff7f3100000000000000010000000000"
    "000003000000000000000801706c616e742f610801706c616e742f640c0000000000000028020000000000002c00"
    "00000000000020000000000000005a0000000000000056992f688f018bf0d5a3d8d7185cfc47075d404d64b66053"
    "b21b88a3d160d16900000000010000001bf50908565c66f75641525645544142";

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
