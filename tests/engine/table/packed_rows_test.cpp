// Blocks that a memtable sealed, in a table.

#include <gtest/gtest.h>

#include <functional>

#include "engine/base/checksum.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/table/block_format.hpp"
#include "tests/engine/table/table_fixture.hpp"

namespace varve::engine {
namespace {

constexpr auto latest = std::numeric_limits<std::uint64_t>::max();
constexpr auto any_size = std::numeric_limits<std::size_t>::max();

class PackedRowsTest : public testing::Test {
 protected:
  /// The first block of a series, as the memtable sealed it.
  PackedRows seal(const std::string& key, const std::function<TestRow(int)>& row) {
    MemtableSeries& series = memtable_.series(key, hash_of(key));
    rows_.clear();
    for (int i = 0; i < 2000; ++i) {
      const TestRow put = row(i);
      memtable_.put(series, put.ts, put.value.view(), put.expires_at, ++sequence_);
      if (i < 1024) rows_.push_back(put);
    }
    MemtableRows source(memtable_, series, {}, latest, false);
    const auto packed = source.next_packed(any_size);
    EXPECT_TRUE(packed.has_value());
    return packed.value_or(PackedRows());
  }
  void expect_the_encoders(const PackedRows& packed) const {
    BlockEncoder encoder;
    for_each_view(rows_, [&](const RowsView& view) { encoder.add(view); });
    EXPECT_EQ(BlockEncoder::wrap(packed), encoder.encode(Compression::none));
    const TableIndex::Entry expected = encoder.entry();
    const TableIndex::Entry entry = BlockEncoder::entry_of(packed);
    EXPECT_EQ(entry.rows, expected.rows);
    EXPECT_EQ(entry.first_key, expected.first_key);
    EXPECT_EQ(entry.last_key, expected.last_key);
    EXPECT_EQ(entry.first_ts, expected.first_ts);
    EXPECT_EQ(entry.last_ts, expected.last_ts);
    EXPECT_EQ(entry.times, expected.times);
    EXPECT_EQ(entry.expiry_min, expected.expiry_min);
    EXPECT_EQ(entry.expiry_max, expected.expiry_max);
  }

  Memtable memtable_{1, 1, 0};
  std::uint64_t sequence_ = 0;
  TestRows rows_;  // Of the block sealed last.
};

TEST_F(PackedRowsTest, make_the_block_that_the_encoder_makes_of_their_rows) {
  test::Random random(1);
  expect_the_encoders(seal("doubles", [&](int i) {
    return value_row("doubles", i * 10, static_cast<double>(random.between(0, 100)) / 10);
  }));
  expect_the_encoders(seal("int64s", [&](int i) {
    return value_row("int64s", i * 10 + random.between(0, 9), random.between(-9, 9), i * 10 + 500);
  }));
  expect_the_encoders(seal("bools", [&](int i) {
    return value_row("bools", i, random.chance(0.2), random.chance(0.5) ? 100 : never);
  }));
}

TEST_F(PackedRowsTest, read_the_same_from_a_table_with_rows_around_them) {
  TableFixture fixture;
  auto writer =
      TableWriter::create(*fixture.files, {WriteReason::flush}, 1, Compression::zstd).value();
  const TestRows first{value_row("a", 1, 1.0), tombstone_row("k", -5)};
  TestRows expected = first;
  const auto add = [&](const TestRows& rows) {
    for_each_view(rows, [&](const RowsView& view) { ASSERT_TRUE(writer.add(view)); });
  };
  add(first);
  ASSERT_TRUE(writer.add(seal("k", [](int i) { return value_row("k", i, i * 0.5, i + 9); })));
  expected.insert(expected.end(), rows_.begin(), rows_.end());
  const TestRows last{value_row("k", 5000, true), value_row("z", 2, "text")};
  add(last);
  expected.insert(expected.end(), last.begin(), last.end());

  const TableMeta meta = writer.finish(3, {}).value();
  EXPECT_EQ(meta.rows, expected.size());
  EXPECT_EQ(meta.tombstones, 1u);
  EXPECT_EQ(meta.times, (TimeSpan{-5, 5000}));
  const Table table(fixture.context, meta);
  EXPECT_EQ(TableFixture::read(table).value(), expected);
  for (const TestRow& row : expected) {
    const auto found = table.get(row.key, hash_of(row.key), row.ts, {});
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->expires_at, row.expires_at);
  }
}

}  // namespace
}  // namespace varve::engine
