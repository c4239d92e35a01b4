#include "engine/table/statistics_format.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "tests/engine/table/table_fixture.hpp"
#include "varve/value.hpp"

namespace varve::engine {
namespace {

using Statistics = std::vector<std::optional<NumberStatistics>>;

Statistics example() {
  const std::vector<double> doubles{21.5, 21.25, 22.0};
  const std::vector<std::int64_t> int64s{-3, 5, std::numeric_limits<std::int64_t>::max()};
  return {statistics_of(doubles), std::nullopt, statistics_of(int64s), statistics_of(doubles)};
}

TEST(TableStatistics, survive_a_round_trip) {
  for (const Statistics& statistics : {example(), Statistics{std::nullopt}, Statistics()}) {
    const Bytes bytes = encode_statistics(statistics, Compression::none);
    EXPECT_EQ(decode_statistics(bytes, statistics.size()).value()->blocks, statistics);
  }
}

TEST(TableStatistics, of_blocks_without_numbers_take_next_to_no_room) {
  EXPECT_LT(encode_statistics(Statistics(10'000), Compression::none).size(), 8u);
}

TEST(TableStatistics, are_corruption_where_bytes_are_missing_or_left_over) {
  const Bytes bytes = encode_statistics(example(), Compression::none);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_statistics(ByteSpan(bytes).first(size), example().size());
    ASSERT_FALSE(decoded.has_value()) << size;
    ASSERT_EQ(decoded.error().code, Errc::corruption);
  }
  Bytes longer = bytes;
  longer.push_back({});
  EXPECT_FALSE(decode_statistics(longer, example().size()).has_value());
}

TEST(TableStatistics, are_corruption_where_a_type_has_none) {
  const Bytes bytes{std::byte{0}, std::byte{6}};  // A constant column of 3, which is bool.
  EXPECT_FALSE(decode_statistics(bytes, 2).has_value());
}

TEST(TableStatistics, are_none_where_the_sum_that_was_stored_is_not_finite) {
  for (const double sum :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    Statistics statistics = example();
    statistics[0]->sum_high = std::bit_cast<std::uint64_t>(sum);
    statistics[3]->sum_low = std::bit_cast<std::uint64_t>(sum);
    const Bytes bytes = encode_statistics(statistics, Compression::none);
    const Statistics known{std::nullopt, std::nullopt, statistics[2], std::nullopt};
    EXPECT_EQ(decode_statistics(bytes, statistics.size()).value()->blocks, known);
  }
}

// So the rows of such a block are read, whoever wrote it: a stale marker would count otherwise.
TEST(TableStatistics, are_none_where_a_value_that_was_stored_is_not_finite) {
  for (const auto member : {&NumberStatistics::first, &NumberStatistics::last,
                            &NumberStatistics::min, &NumberStatistics::max}) {
    Statistics statistics = example();
    (*statistics[0]).*member = std::bit_cast<std::uint64_t>(stale_marker);
    const Bytes bytes = encode_statistics(statistics, Compression::none);
    const Statistics known{std::nullopt, std::nullopt, statistics[2], statistics[3]};
    EXPECT_EQ(decode_statistics(bytes, statistics.size()).value()->blocks, known);
  }
}

// As format version 1 stores them.
TEST(TableStatistics, are_stored_as_these_bytes) {
  const Bytes bytes = encode_statistics(example(), Compression::none);
  std::string hex;
  for (const std::byte byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[static_cast<std::size_t>(byte) >> 4];
    hex += digits[static_cast<std::size_t>(byte) & 15];
  }
  EXPECT_EQ(hex,
            "010002610a010000ae0300050a0000002c00feffffffffffffffff010a0200009a2100050a000000"
            "2c00feffffffffffffffff010a020000966500000a0000000000fdffffffffffffffff01");
}

TEST(TableStatistics, of_a_table_are_those_of_its_blocks) {
  TableFixture fixture;
  TestRows rows;
  for (int i = 0; i < 3000; ++i) rows.push_back(value_row("a", i, i % 7 * 0.1));
  for (int i = 0; i < 3000; ++i) rows.push_back(value_row("b", i, std::int64_t{i}));
  for (int i = 0; i < 3000; ++i) rows.push_back(value_row("c", i, i % 2 == 0));
  for (int i = 0; i < 3000; ++i) rows.push_back(value_row("d" + std::to_string(i), 1, 1.0));
  std::ranges::sort(rows, {}, [](const TestRow& row) { return std::pair(row.key, row.ts); });
  const Table table(fixture.context, fixture.write(1, rows).value());
  const auto index = table.index().value();
  const auto statistics = table.statistics(*index).value();
  std::size_t known = 0;
  for (std::size_t i = 0; i < index->entries.size(); ++i) {
    const auto block = table.block(*index, i).value();
    const auto& stretches = block->stretches();
    const auto wanted = stretches.size() == 1 ? statistics_of(stretches.front()) : std::nullopt;
    EXPECT_EQ(statistics->blocks[i], wanted);
    known += wanted ? 1 : 0;
  }
  EXPECT_GE(known, 4u);
}

}  // namespace
}  // namespace varve::engine
