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

TableOrigin golden_origin() {
  TableOrigin origin{.maker = TableOrigin::Maker::compaction,
                     .level = 1,
                     .first_sequence = 2,
                     .last_sequence = 900,
                     .flush_number = 3,
                     .flushed_through = 901,
                     .log_start = 8,
                     .written = {.time = 1'700'000'000'000'000, .synchronised = true},
                     .replaced = {4, 9},
                     .tombstones = {{{{"\x01plant/a", "\x01plant/b"}, {-10, 10}}, 3}}};
  for (std::size_t i = 0; i < origin.database.size(); ++i) origin.database[i] = std::byte(16 + i);
  return origin;
}

constexpr std::string_view plain_hex =
    "dd02060801706c616e742f61010e01020100011d036263646501000311c6000102092702000040602501"
    "09050564560a090402020a0d04000010edc1090100410500000000000000400c17f8a40200004061e918"
    "84e190defd91ca6ee60526bcca45c8d18093b65fcce88e7c9467d458f5d9f429801dbeacf561e91884e1"
    "90defd91ca6ee60526bcca45c8d18093b65fcce88e7c9467d458f5d9f429801dbeacf55c210d84e190de"
    "fd0201feffffffffffffffff0180010040280029000c0e0000000000801b0e0000000000800a02030200"
    "4f863220cbb20cc8b2acb20cc8b22c03b2acb22c03b22ccb80acb22ccb802ccb32a4aaaa8aaaaafaa9aa"
    "7eaa1a7eaaaaaaaaaa9faaaaaaaa7eaaaaaaaaaa9faaaa9faaaaeaa7aaeaa7aafaa9aafaa9aaaaaaaa7e"
    "aaaaaaaafaa9aaaaaaaa7eaaaa7eaaaaaa9faaa29faaeaa7aaeaa7b2aaaaaafaa9aaaaaaeaa7aaaaaaaa"
    "faa9aafaaaaaaa7eaaaa7eaaaa9faaaa9faaaaaaaaeaa7aaaaaaaa9fa9aaaaaaeaa7aaeaaaaaaafaa9aa"
    "faa9aa7eaaaa7eaaaaaaaaaa9faaaaaaaa7ea7aaaaaaaa9faaaa28ab7eaaaaaaeaa7aaaafaa9aaaaaa9f"
    "aaaaeaa7aaaaaa7eaaaaaa9faaaaaafaa9aaaa7eaaaaaaeaa7aaaafaa9aaaaaa9faaaaeaa7aaaaaa7eaa"
    "aaaa9faa0200000527001f0272c8010000aad5aad5aad5aad57f01540208000100340361207465787420"
    "74686174207265706561747320697473656c666120746578742074686174207265706561747320697473"
    "656c666120746578742074686174207265706561747320697473656c6661207465787420746861742072"
    "65706561747320697473656c666120746578742074686174207265706561747320697473656c66d99381"
    "af3d82eca40100f60900ba05000900daaded02000a000000ffffffffffffffffff0100010801706c616e"
    "742f61000e0002036500050000000000003a3000000100000000000400100000004e01b9020303c803fe"
    "0400000c00000000000000f303000000000000fbffffffffffffff68ab2d000000000000000000000000"
    "80ffffffffffffff7f5d0100000000000001000000000000000300000000000000020000000000000084"
    "030000000000000801706c616e742f610801706c616e742f65101112131415161718191a1b1c1d1e1f02"
    "01028407038507088080f2818389850601020405010801706c616e742f610801706c616e742f62131403"
    "000c000000000000007b020000000000002e00000000000000220000000000000002000000000000006a"
    "000000000000003c0000000000000026d06bf925352ef652e7ce7c9743658febc863274e2e1b11a03ec9"
    "022d307b1cb222e0274af3f737a52c0b81f7cbe68600000000010000005ec6207b0fd88bb65641525645"
    "544142";
constexpr std::string_view zstd_hex =
    "dd02060801706c616e742f61010e01020100011d036263646501000311c6000102092702000040602501"
    "09050564560a090402020a0d04000010edc1090100410500000000000000400c17f8a40200004061e918"
    "84e190defd91ca6ee60526bcca45c8d18093b65fcce88e7c9467d458f5d9f429801dbeacf561e91884e1"
    "90defd91ca6ee60526bcca45c8d18093b65fcce88e7c9467d458f5d9f429801dbeacf55c210d84e190de"
    "fd0201feffffffffffffffff0180010040280029000c0e0000000000801b0e0000000000800a02030200"
    "4f863220cbb20cc8b2acb20cc8b22c03b2acb22c03b22ccb80acb22ccb802ccb32a4aaaa8aaaaafaa9aa"
    "7eaa1a7eaaaaaaaaaa9faaaaaaaa7eaaaaaaaaaa9faaaa9faaaaeaa7aaeaa7aafaa9aafaa9aaaaaaaa7e"
    "aaaaaaaafaa9aaaaaaaa7eaaaa7eaaaaaa9faaa29faaeaa7aaeaa7b2aaaaaafaa9aaaaaaeaa7aaaaaaaa"
    "faa9aafaaaaaaa7eaaaa7eaaaa9faaaa9faaaaaaaaeaa7aaaaaaaa9fa9aaaaaaeaa7aaeaaaaaaafaa9aa"
    "faa9aa7eaaaa7eaaaaaaaaaa9faaaaaaaa7ea7aaaaaaaa9faaaa28ab7eaaaaaaeaa7aaaafaa9aaaaaa9f"
    "aaaaeaa7aaaaaa7eaaaaaa9faaaaaafaa9aaaa7eaaaaaaeaa7aaaafaa9aaaaaa9faaaaeaa7aaaaaa7eaa"
    "aaaa9faa0200000527001f0272c8010000aad5aad5aad5aad57f0154020800010034042a28b52ffd2082"
    "0d0100d06120746578742074686174207265706561747320697473656c660100964ee718e9072a3b409f"
    "a4860100c80800ba05000900daaded02000a000000ffffffffffffffffff0100010801706c616e742f61"
    "000e0002036500050000000000003a3000000100000000000400100000004e01b9020303c803fe040000"
    "0c000000000000009c03000000000000fbffffffffffffff68ab2d00000000000000000000000080ffff"
    "ffffffffff7f5d0100000000000001000000000000000300000000000000020000000000000084030000"
    "000000000801706c616e742f610801706c616e742f65101112131415161718191a1b1c1d1e1f02010284"
    "07038507088080f2818389850601020405010801706c616e742f610801706c616e742f62131403000c00"
    "00000000000024020000000000002e00000000000000220000000000000002000000000000006a000000"
    "000000003c0000000000000089962bdda0e330c79da04593800fa5fcb119304bfa19b3de3cc2d40e4e33"
    "7373dfd78f5418f6cd1c7c7760f9c71ea5170000000001000000738fd63d0172c45f5641525645544142";

/// Flags that rarely change, at times of a clock that are read late, and of which two are missing.
TestRows clocked_rows() {
  TestRows rows;
  for (std::int64_t i = 0; i < 160; ++i) {
    if (i == 70 || i == 71) continue;
    const std::int64_t late = i * i * 7 % 11;
    rows.push_back(value_row("\x01plant/f", 60'000 * i + 1'000 * late, i / 50 % 2 == 1));
  }
  return rows;
}

constexpr std::string_view clocked_hex =
    "9e01010801706c616e742f66000600bc0200000de8078080f00102800000024500020043038b2acea28a"
    "b3a8e22caa388b2acea28ab328cea28ab3a8e22caa388b2acea28ab3a8e22caa388b0200d91887326ea5"
    "8778b04721a86944d261fb953cf69907c2e38a4a95974af096000e000301600222cce087eb1084384401"
    "00fa0100bc02000000e0e28d090000000000feffffffffffffffff0100000801706c616e742f66001000"
    "0000010000000000003a300000010000000000000010000000860000000c00000000000000eb01000000"
    "0000000000000000000000b0b8910000000000ffffffffffffff7fffffffffffffff7f9e000000000000"
    "0000000000000000000300000000000000020000000000000084030000000000000801706c616e742f66"
    "0801706c616e742f66101112131415161718191a1b1c1d1e1f0201028407038507088080f28183898506"
    "01020405010801706c616e742f610801706c616e742f62131403000c000000000000007d000000000000"
    "002c000000000000001a0000000000000002000000000000006a000000000000003c0000000000000063"
    "cd78ff467f099d62d4a4f57581bd55ef810bea77ad95cb24bf0cf8c478333973854f41c37d65d7945ded"
    "7f484b289f0000000001000000fcbe254ecc8274025641525645544142";

/// What a valve says of itself: three texts.
TestRows state_rows() {
  TestRows rows;
  for (std::int64_t i = 0; i < 70; ++i) {
    const char* const state = i % 20 == 13 ? "fault" : i / 8 % 2 == 0 ? "open" : "closed";
    rows.push_back(value_row("\x01plant/g", 1'000 * i, std::string(state)));
  }
  return rows;
}

constexpr std::string_view state_hex =
    "46010801706c616e742f670008008c01000000d00f000f0201080218036f70656e636c6f736564666175"
    "6c740100020000555900005555080055550008555500008b119fd60b9b629e01009201008c0100000090"
    "b6080000000000feffffffffffffffff0100000801706c616e742f670010000000010000000000003a30"
    "00000100000000000000100000000f0000000c00000000000000b6010000000000000000000000000000"
    "880d010000000000ffffffffffffff7fffffffffffffff7f460000000000000000000000000000000300"
    "000000000000020000000000000084030000000000000801706c616e742f670801706c616e742f671011"
    "12131415161718191a1b1c1d1e1f0201028407038507088080f2818389850601020405010801706c616e"
    "742f610801706c616e742f62131403000c0000000000000049000000000000002b000000000000001a00"
    "00000000000002000000000000006a000000000000003c0000000000000026f2d49712528bf667639e7f"
    "7dcacbaa1a57b47b2aedec21ba95d2381085a62ee99c407b3db222e9b4359dbc60ea65ed000000000100"
    "00000fc269da8334ce0b5641525645544142";

TEST(TableGolden, writes_these_bytes) {
  TableFixture fixture;
  ASSERT_TRUE(fixture.write(12, golden_rows(), Compression::none, 3, golden_origin()));
  EXPECT_EQ(hex_of(fixture.contents(12)), plain_hex);
}

TEST(TableGolden, writes_times_along_a_line_and_runs_of_flags_as_these_bytes) {
  TableFixture fixture;
  ASSERT_TRUE(fixture.write(12, clocked_rows(), Compression::none, 3, golden_origin()));
  EXPECT_EQ(hex_of(fixture.contents(12)), clocked_hex);
  EXPECT_EQ(fixture.read(Table::read_meta(*fixture.files, fixture.name(12)).value()).value(),
            clocked_rows());
}

TEST(TableGolden, writes_texts_of_few_distinct_values_as_these_bytes) {
  TableFixture fixture;
  ASSERT_TRUE(fixture.write(12, state_rows(), Compression::none, 3, golden_origin()));
  EXPECT_EQ(hex_of(fixture.contents(12)), state_hex);
  EXPECT_EQ(fixture.read(Table::read_meta(*fixture.files, fixture.name(12)).value()).value(),
            state_rows());
}

class GoldenTables : public testing::TestWithParam<std::string_view> {};

INSTANTIATE_TEST_SUITE_P(Version1, GoldenTables, testing::Values(plain_hex, zstd_hex),
                         [](const auto& each) { return each.index == 0 ? "plain" : "zstd"; });

// Which bytes zstd makes is its own affair, and changes; what it made stays readable.
TEST_P(GoldenTables, give_their_rows) {
  TableFixture fixture;
  fixture.replace(12, bytes_of_hex(GetParam()));
  const TableMeta meta = Table::read_meta(*fixture.files, fixture.name(12)).value();
  EXPECT_EQ(meta.rows, golden_rows().size());
  EXPECT_EQ(meta.newest_flush, 3u);
  EXPECT_EQ(meta.first_sequence, 2u);
  EXPECT_EQ(meta.last_sequence, 900u);
  EXPECT_EQ(Table::read_origin(*fixture.files, fixture.name(12)).value(), golden_origin());
  EXPECT_EQ(fixture.read(meta).value(), golden_rows());
  EXPECT_TRUE(Table::verify(*fixture.files, fixture.name(12)));
}

}  // namespace
}  // namespace varve::engine
