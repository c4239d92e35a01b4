#include "engine/table/table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "engine/base/checksum.hpp"
#include "tests/engine/table/table_fixture.hpp"
#include "varve/record.hpp"
#include "varve/value.hpp"

namespace varve::engine {
namespace {

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();

std::optional<Row> get(const Table& table, std::string_view key, Timestamp ts) {
  return table.get(key, hash_of(key), ts).value();
}

/// A series of doubles, one every 10 microseconds from 0 on.
TestRows long_series(const std::string& key, std::int64_t count) {
  TestRows rows;
  for (std::int64_t i = 0; i < count; ++i) {
    rows.push_back(value_row(key, i * 10, static_cast<double>(i % 50) / 10));
  }
  return rows;
}

std::string series_key(int number) {
  const std::string digits = std::to_string(number);
  return "plant/sensor/" + std::string(6 - digits.size(), '0') + digits;
}

TEST(Table, gives_back_one_row) {
  TableFixture fixture;
  const TestRows rows{value_row("a", 5, 1.5)};
  const TableMeta meta = fixture.write(3, rows).value();
  EXPECT_EQ(fixture.read(meta).value(), rows);
}

TEST(Table, says_in_its_meta_what_it_holds) {
  TableFixture fixture;
  const TestRows rows{value_row("a", 5, 1.5, 100), value_row("a", 7, true, 90),
                      value_row("b", -3, "x", 500)};
  const TableMeta meta = fixture.write(12, rows, Compression::none, 44).value();
  EXPECT_EQ(meta.number, 12u);
  EXPECT_EQ(meta.size, fixture.contents(12).size());
  EXPECT_EQ(meta.first_key, "a");
  EXPECT_EQ(meta.last_key, "b");
  EXPECT_EQ(meta.times, (TimeSpan{-3, 7}));
  EXPECT_EQ(meta.expiry_min, 90);
  EXPECT_EQ(meta.expiry_max, 500);
  EXPECT_EQ(meta.rows, 3u);
  EXPECT_EQ(meta.tombstones, 0u);
  EXPECT_EQ(meta.newest_flush, 44u);
  EXPECT_EQ(Table::read_meta(*fixture.files, fixture.name(12)).value(), meta);
  EXPECT_TRUE(Table::verify(*fixture.files, fixture.name(12)));
}

TEST(Table, counts_a_tombstone_as_expired_already) {
  TableFixture fixture;
  const TableMeta only = fixture.write(1, {tombstone_row("a", 5)}).value();
  EXPECT_EQ(only.expiry_min, least);
  EXPECT_EQ(only.expiry_max, least);
  EXPECT_EQ(only.tombstones, 1u);
  const TableMeta beside =
      fixture.write(2, {tombstone_row("a", 5), value_row("a", 6, 1.0)}).value();
  EXPECT_EQ(beside.expiry_min, least);
  EXPECT_EQ(beside.expiry_max, never);
  EXPECT_EQ(beside.tombstones, 1u);
}

TEST(Table, gives_back_a_long_series_of_many_blocks) {
  TableFixture fixture;
  const TestRows rows = long_series("long", 10'000);
  const TableMeta meta = fixture.write(1, rows, Compression::zstd).value();
  const Table table(fixture.context, meta);
  EXPECT_EQ(TableFixture::read(table).value(), rows);
  EXPECT_EQ(table.index().value()->entries.size(), 10u);
  EXPECT_LT(meta.size, 10'000u * 2) << "packed, not raw";
}

TEST(Table, gives_back_many_short_series) {
  TableFixture fixture;
  TestRows rows;
  for (int i = 0; i < 5000; ++i) {
    rows.push_back(value_row(series_key(i), 1000 + i, std::int64_t{i}));
    if (i % 3 == 0) rows.push_back(value_row(series_key(i), 5000 + i, "text"));
  }
  const TableMeta meta = fixture.write(1, rows).value();
  const Table table(fixture.context, meta);
  EXPECT_EQ(TableFixture::read(table).value(), rows);
  EXPECT_LT(table.index().value()->entries.size(), 10u) << "many series share a block";
}

TEST(Table, gives_back_random_rows_of_all_types_whatever_the_compression) {
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  for (std::uint64_t round = 1; round <= 20; ++round) {
    TableFixture fixture;
    const TestRows rows = random_rows(random, 1 + random.below(4000));
    for (const auto compression : {Compression::none, Compression::zstd}) {
      const std::uint64_t number = round * 2 + (compression == Compression::zstd ? 1 : 0);
      const TableMeta meta = fixture.write(number, rows, compression).value();
      ASSERT_EQ(fixture.read(meta).value(), rows) << "round " << round;
    }
  }
}

TEST(Table, keeps_blocks_of_large_values_small) {
  TableFixture fixture;
  TestRows rows;
  for (int i = 0; i < 300; ++i) rows.push_back(value_row("k", i, std::string(1000, 'a')));
  const Table table(fixture.context, fixture.write(1, rows).value());
  EXPECT_EQ(TableFixture::read(table).value(), rows);
  for (const auto& entry : table.index().value()->entries) EXPECT_LE(entry.size, 70'000u);
}

TEST(Table, gives_a_single_large_value_a_block_of_its_own) {
  TableFixture fixture;
  const TestRows rows{value_row("k", 1, "small"), value_row("k", 2, std::string(300'000, 'x')),
                      value_row("k", 3, 1.0)};
  const Table table(fixture.context, fixture.write(1, rows, Compression::zstd).value());
  EXPECT_EQ(TableFixture::read(table).value(), rows);
  EXPECT_EQ(table.index().value()->entries.size(), 3u);
}

TEST(Table, keeps_the_longest_key_and_the_largest_value) {
  TableFixture fixture;
  const TestRows rows{
      value_row(std::string(Record::key_size_max, 'k'), 1, 1.0),
      value_row(std::string(Record::key_size_max + 1, 'k'), 2, std::string(Value::size_max, '\0'))};
  const TableMeta meta = fixture.write(1, rows, Compression::zstd).value();
  EXPECT_EQ(fixture.read(meta).value(), rows);
  EXPECT_LT(meta.size, 400'000u);
}

TEST(Table, merges_rows_given_piece_by_piece_into_full_blocks) {
  TableFixture fixture;
  const TestRows rows = long_series("k", 3000);
  auto writer =
      TableWriter::create(*fixture.files, {WriteReason::flush}, 1, Compression::none).value();
  for (const TestRow& row : rows)
    for_each_view({row}, [&](const RowsView& view) { ASSERT_TRUE(writer.add(view)); });
  EXPECT_EQ(writer.rows(), 3000u);
  const Table table(fixture.context, writer.finish(1, {}).value());
  EXPECT_EQ(table.index().value()->entries.size(), 3u);
  EXPECT_EQ(table.block(*table.index().value(), 0).value()->stretches().size(), 1u);
  EXPECT_EQ(TableFixture::read(table).value(), rows);
}

TEST(Table, writing_over_a_file_that_exists_fails) {
  TableFixture fixture;
  ASSERT_TRUE(fixture.write(1, {value_row("a", 1, 1.0)}));
  EXPECT_FALSE(fixture.write(1, {value_row("a", 1, 1.0)}));
}

TEST(Table, get_finds_every_row_and_nothing_beside_them) {
  TableFixture fixture;
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  test::Random random(seed);
  TestRows rows = random_rows(random, 3000);
  const Table table(fixture.context, fixture.write(1, rows).value());
  for (const TestRow& expected : rows) {
    const auto row = get(table, expected.key, expected.ts);
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->type, expected.type);
    EXPECT_EQ(row->ts, expected.ts);
    EXPECT_EQ(row->expires_at, expected.expires_at);
    if (row->type != RowType::tombstone) {
      EXPECT_EQ(row->value, expected.value);
    }
  }
  std::map<std::pair<std::string, Timestamp>, bool> present;
  for (const TestRow& row : rows) present[{row.key, row.ts}] = true;
  for (int i = 0; i < 2000; ++i) {
    const TestRow& near = random.pick(rows);
    const Timestamp ts = near.ts == greatest ? least : near.ts + 1;
    EXPECT_EQ(get(table, near.key, ts).has_value(), present.contains({near.key, ts}));
    EXPECT_FALSE(get(table, near.key + "\x01", near.ts).has_value());
  }
}

TEST(Table, get_gives_a_tombstone_as_a_row) {
  TableFixture fixture;
  const Table table(fixture.context,
                    fixture.write(1, {value_row("a", 1, 1.0), tombstone_row("a", 2)}).value());
  const auto row = get(table, "a", 2);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->type, RowType::tombstone);
}

TEST(Table, keeps_an_index_that_takes_over_an_eighth_of_the_cache) {
  TableFixture fixture;
  const TableMeta meta = fixture.write(1, long_series("a", 128 * 1024)).value();
  BlockCache cache(std::size_t{64} << 10);
  TableContext context = fixture.context;
  context.cache = &cache;
  const Table table(context, meta);
  EXPECT_GT(table.index().value()->bytes, std::size_t{8} << 10);
  EXPECT_TRUE(get(table, "a", 10));
  EXPECT_TRUE(table.may_contain(hash_of("a")).value());
  EXPECT_NE(cache.find({1, BlockCache::index_part}), nullptr);
  EXPECT_NE(cache.find({1, BlockCache::filter_part}), nullptr);
}

TEST(Table, leaves_the_cache_alone_where_it_is_told_to) {
  TableFixture fixture;
  const Table table(fixture.context, fixture.write(1, long_series("a", 3'000)).value());
  EXPECT_TRUE(table.get("a", hash_of("a"), 10, {.fill_cache = false}).value());
  EXPECT_EQ(fixture.cache.bytes(), 0u);
}

TEST(Table, filter_knows_every_key_and_few_others) {
  TableFixture fixture;
  TestRows rows;
  for (int i = 0; i < 20'000; ++i) rows.push_back(value_row(series_key(i), 1, 1.0));
  const Table table(fixture.context, fixture.write(1, rows).value());
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(table.may_contain(hash_of(series_key(i))).value());
  int wrong = 0;
  for (int i = 20'000; i < 120'000; ++i) {
    if (table.may_contain(hash_of(series_key(i))).value()) ++wrong;
  }
  EXPECT_LT(wrong, 600) << "of 100,000";
  EXPECT_GT(wrong, 200) << "of 100,000";
}

TEST(Table, index_bounds_frame_the_rows_of_a_key_within_a_span) {
  TableFixture fixture;
  TestRows rows = long_series("a", 3000);
  for (TestRow& row : long_series("b", 100)) rows.push_back(row);
  for (TestRow& row : long_series("d", 3000)) rows.push_back(row);
  const Table table(fixture.context, fixture.write(1, rows).value());
  const auto index = table.index().value();
  std::vector<TestRows> blocks;
  for (std::size_t i = 0; i < index->entries.size(); ++i) {
    blocks.push_back(rows_of(*table.block(*index, i).value()));
  }
  for (const std::string key : {"", "a", "b", "c", "d", "e"}) {
    for (const Timestamp ts : {least, Timestamp{-1}, Timestamp{0}, Timestamp{10'230},
                               Timestamp{10'235}, Timestamp{10'240}, Timestamp{29'990}, greatest}) {
      const std::pair place(key, ts);
      std::size_t lower = 0;
      std::size_t upper = 0;
      for (const TestRows& block : blocks) {
        if (std::pair(block.back().key, block.back().ts) < place) ++lower;
        if (std::pair(block.front().key, block.front().ts) <= place) ++upper;
      }
      EXPECT_EQ(index->lower_bound(key, ts), lower) << key << ' ' << ts;
      EXPECT_EQ(index->upper_bound(key, ts), upper) << key << ' ' << ts;
    }
  }
}

TEST(Table, a_raw_block_copied_into_another_table_reads_the_same) {
  TableFixture fixture;
  TestRows first = long_series("a", 2000);
  first.push_back(tombstone_row("a", 50'000));
  for (int i = 0; i < 500; ++i) first.push_back(value_row("b" + std::to_string(1000 + i), i, "v"));
  const Table source(fixture.context, fixture.write(1, first, Compression::zstd).value());
  const auto index = source.index().value();
  const auto statistics = source.statistics(*index).value();

  auto writer =
      TableWriter::create(*fixture.files, {WriteReason::flush}, 2, Compression::none).value();
  TestRows expected{value_row("A", 1, 1.0)};
  for_each_view(expected, [&](const RowsView& view) { ASSERT_TRUE(writer.add(view)); });
  for (std::size_t i = 0; i < index->entries.size(); ++i) {
    const Bytes block = source.raw_block(*index, i).value();
    ASSERT_TRUE(writer.add_raw_block(index->entries[i], statistics->blocks[i], block));
  }
  expected.insert(expected.end(), first.begin(), first.end());
  const TestRows last{value_row("c", 1, 2.0)};
  for_each_view(last, [&](const RowsView& view) { ASSERT_TRUE(writer.add(view)); });
  expected.insert(expected.end(), last.begin(), last.end());

  const TableMeta meta = writer.finish(9, {}).value();
  EXPECT_EQ(meta.rows, expected.size());
  EXPECT_EQ(meta.tombstones, 1u);
  EXPECT_EQ(meta.times, (TimeSpan{0, 50'000}));
  const Table copy(fixture.context, meta);
  EXPECT_EQ(TableFixture::read(copy).value(), expected);
  const auto copied = copy.statistics(*copy.index().value()).value();
  EXPECT_EQ(copied->blocks[1], statistics->blocks[0]);
  EXPECT_TRUE(copied->blocks[1].has_value());
  for (const TestRow& row : expected) ASSERT_TRUE(get(copy, row.key, row.ts).has_value());
}

// Cursors do not clip what lies within an entry's times.
TEST(Table, a_block_with_rows_beyond_the_times_of_its_entry_is_corruption) {
  TableFixture fixture;
  const TestRows rows{value_row("a", 100, 1.0), value_row("b", 50, 2.0), value_row("c", 200, 3.0)};
  const Table source(fixture.context, fixture.write(1, rows).value());
  const auto index = source.index().value();
  ASSERT_EQ(index->entries.size(), 1u);
  for (const TimeSpan times : {TimeSpan{100, 200}, TimeSpan{50, 199}}) {
    auto writer =
        TableWriter::create(*fixture.files, {WriteReason::flush}, 2, Compression::none).value();
    TableIndex::Entry entry = index->entries[0];
    entry.times = times;
    ASSERT_TRUE(writer.add_raw_block(entry, {}, source.raw_block(*index, 0).value()));
    const Table damaged(fixture.context, writer.finish(9, {}).value());
    EXPECT_EQ(TableFixture::read(damaged).error().code, Errc::corruption);
    ASSERT_TRUE(fixture.files->remove(fixture.name(2)));
  }
}

TEST(Table, a_raw_block_that_is_not_the_entrys_is_refused) {
  TableFixture fixture;
  const Table source(fixture.context, fixture.write(1, long_series("a", 10)).value());
  const auto index = source.index().value();
  auto writer =
      TableWriter::create(*fixture.files, {WriteReason::flush}, 2, Compression::none).value();
  EXPECT_EQ(writer.add_raw_block(index->entries[0], {}, Bytes(20)).error().code, Errc::corruption);
}

TEST(Table, reads_again_from_the_cache_and_leaves_it_alone_when_asked) {
  TableFixture fixture;
  const TableMeta meta = fixture.write(1, long_series("a", 3000)).value();
  const Table table(fixture.context, meta);
  ASSERT_TRUE(TableFixture::read(table, {.fill_cache = false}));
  EXPECT_EQ(fixture.cache.bytes(), 0u);
  ASSERT_TRUE(TableFixture::read(table));
  EXPECT_GT(fixture.cache.bytes(), 3000u * 16);
  const auto misses = fixture.cache.misses();
  ASSERT_TRUE(TableFixture::read(table));
  EXPECT_EQ(fixture.cache.misses(), misses);
}

TEST(Table, opens_no_file_before_it_is_read) {
  TableFixture fixture;
  TableMeta meta;
  meta.number = 77;
  const Table table(fixture.context, meta);
  EXPECT_EQ(table.path().filename(), "00000000000000000077.table");
}

TEST(Table, a_missing_file_is_corruption_and_named) {
  TableFixture fixture;
  const TableMeta meta = fixture.write(12, {value_row("a", 1, 1.0)}).value();
  ASSERT_TRUE(fixture.files->remove(fixture.name(12)));
  const Error error = Table(fixture.context, meta).index().error();
  EXPECT_EQ(error.code, Errc::corruption);
  EXPECT_EQ(error.where, "00000000000000000012.table: missing");
}

}  // namespace
}  // namespace varve::engine
