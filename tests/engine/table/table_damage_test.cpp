// What a damaged table file does: give the right rows, or say corruption and where. Never other
// rows, never a crash.

#include <gtest/gtest.h>

#include <algorithm>
#include <system_error>

#include "engine/base/checksum.hpp"
#include "engine/table/table_file.hpp"
#include "engine/table/table_footer.hpp"
#include "tests/engine/table/table_fixture.hpp"
#include "tests/support/endless_file.hpp"

namespace varve::engine {
namespace {

class TableDamage : public testing::TestWithParam<Compression> {
 protected:
  TableDamage() {
    test::Random random(11);
    rows_ = random_rows(random, 15);
    for (int i = 0; i < 10; ++i) rows_.push_back(value_row("\xFF\xFFz", i, std::string(20, 'z')));
    meta_ = fixture_.write(12, rows_, GetParam()).value();
    sound_ = fixture_.contents(12);
  }

  /// Reads everything in every way there is; each answer is right, or corruption in this file.
  void expect_right_or_corruption() {
    const Table table(fixture_.context, meta_);
    const auto all = TableFixture::read(table);
    if (all)
      EXPECT_EQ(*all, rows_);
    else
      expect_corruption(all.error());
    for (std::size_t i = 0; i < rows_.size(); i += 7) {
      const auto row = table.get(rows_[i].key, hash_of(rows_[i].key), rows_[i].ts);
      if (row)
        EXPECT_TRUE(row->has_value());
      else
        expect_corruption(row.error());
    }
    const std::string name = table.path().filename().string();
    if (const auto origin = Table::read_origin(*fixture_.files, name))
      EXPECT_EQ(*origin, TableOrigin());
    else
      expect_corruption(origin.error());
    if (const auto meta = Table::read_meta(*fixture_.files, name))
      EXPECT_EQ(*meta, meta_);
    else
      expect_corruption(meta.error());
  }

  static void expect_corruption(const Error& error) {
    EXPECT_EQ(error.code, Errc::corruption) << error.message();
    EXPECT_TRUE(error.where.starts_with("00000000000000000012.table @ ")) << error.where;
  }

  TableFixture fixture_;
  TestRows rows_;
  TableMeta meta_;
  Bytes sound_;
};

INSTANTIATE_TEST_SUITE_P(Compressions, TableDamage,
                         testing::Values(Compression::none, Compression::zstd),
                         [](const auto& each) {
                           return each.param == Compression::none ? "plain" : "zstd";
                         });

TEST_P(TableDamage, of_every_single_bit_is_corruption_or_leaves_the_rows) {
  for (std::size_t bit = 0; bit < sound_.size() * 8; ++bit) {
    SCOPED_TRACE("bit " + std::to_string(bit));
    Bytes damaged = sound_;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    fixture_.replace(12, damaged);
    expect_right_or_corruption();
    const Status whole = Table::verify(*fixture_.files, fixture_.name(12));
    ASSERT_FALSE(whole.has_value());
    expect_corruption(whole.error());
    if (HasFailure()) return;
  }
}

TEST_P(TableDamage, by_an_early_end_is_corruption_at_every_length) {
  for (std::size_t size = 0; size < sound_.size(); ++size) {
    SCOPED_TRACE("size " + std::to_string(size));
    fixture_.replace(12, ByteSpan(sound_).first(size));
    const auto index = Table(fixture_.context, meta_).index();
    ASSERT_FALSE(index.has_value());
    expect_corruption(index.error());
    expect_right_or_corruption();
    if (HasFailure()) return;
  }
}

TEST_P(TableDamage, by_bytes_added_is_corruption) {
  Bytes longer = sound_;
  longer.push_back(std::byte{0});
  fixture_.replace(12, longer);
  expect_corruption(Table(fixture_.context, meta_).index().error());
}

TEST_P(TableDamage, by_cutting_the_file_while_it_is_open_is_an_error) {
  const Table table(fixture_.context, meta_);
  const auto index = table.index().value();
  const auto block = table.block(*index, 0, {.fill_cache = false});
  ASSERT_TRUE(block.has_value());
  fixture_.replace(12, ByteSpan(sound_).first(10));
  EXPECT_EQ(table.block(*index, 0, {.fill_cache = false}).error().code, Errc::corruption);
}

TEST_P(TableDamage, of_a_block_is_remembered_once_a_read_has_met_it) {
  Bytes damaged = sound_;
  damaged[20] ^= std::byte{1};  // In the first block.
  fixture_.replace(12, damaged);
  const Table table(fixture_.context, meta_);
  const auto index = table.index().value();
  ASSERT_GT(index->entries.front().size, 20u);
  EXPECT_FALSE(table.has_damage());
  ASSERT_FALSE(table.block(*index, 0));
  EXPECT_TRUE(table.has_damage());
}

TEST(TableFile, of_another_number_is_corruption) {
  TableFixture fixture;
  const TestRows rows{value_row("a", 1, 1.0)};
  TableMeta meta = fixture.write(3, rows).value();
  fixture.replace(4, fixture.contents(3));
  meta.number = 4;
  const Error error = Table(fixture.context, meta).index().error();
  EXPECT_EQ(error.code, Errc::corruption);
  EXPECT_NE(error.where.find("footer of table 3"), std::string::npos) << error.where;
  EXPECT_EQ(Table::read_meta(*fixture.files, fixture.name(4)).error().code, Errc::corruption);
}

TEST(TableFile, with_a_part_that_no_memory_holds_fails_and_is_not_called_damaged) {
  const test::EndlessFile endless;
  const TableFile file(endless, "large.table");
  const auto index = file.part(4'096, std::uint64_t{1} << 63, 0, 3, "index");
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, std::errc::value_too_large);
  EXPECT_TRUE(index.error().where.starts_with("large.table @ 4096")) << index.error().where;
}

TEST(TableFile, whose_origin_is_damaged_gives_its_rows_and_all_else) {
  TableFixture fixture;
  const TestRows rows{value_row("a", 1, 1.0), value_row("b", 1, true)};
  const TableOrigin origin{.last_sequence = 7, .flush_number = 1, .flushed_through = 7};
  const TableMeta meta = fixture.write(3, rows, Compression::none, 1, origin).value();
  EXPECT_EQ(Table::read_origin(*fixture.files, fixture.name(3)).value(), origin);

  Bytes file = fixture.contents(3);
  const std::size_t place = file.size() - TableFooter::encoded_size - 1;
  file[place] ^= std::byte{1};
  fixture.replace(3, file);
  const auto damaged = Table::read_origin(*fixture.files, fixture.name(3));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Errc::corruption);
  EXPECT_TRUE(damaged.error().where.ends_with("origin checksum")) << damaged.error().where;
  EXPECT_EQ(fixture.read(meta).value(), rows);
  EXPECT_EQ(Table::read_meta(*fixture.files, fixture.name(3)).value(), meta);
  EXPECT_EQ(Table::verify(*fixture.files, fixture.name(3)).error().code, Errc::corruption);
}

TEST(TableFile, whose_origin_lies_in_another_table_is_corruption) {
  TableFixture fixture;
  const TestRows rows{value_row("a", 1, 1.0)};
  ASSERT_TRUE(fixture.write(3, rows));
  const TableOrigin origin{.log_start = 2};
  ASSERT_TRUE(fixture.write(4, rows, Compression::none, 1, origin));
  Bytes file = fixture.contents(3);
  const Bytes other_file = fixture.contents(4);
  ASSERT_EQ(file.size(), other_file.size());
  Bytes bytes;
  ByteWriter writer(bytes);
  origin.encode(writer);
  const std::size_t place = file.size() - TableFooter::encoded_size - bytes.size();
  ASSERT_TRUE(std::ranges::equal(ByteSpan(other_file).subspan(place, bytes.size()), bytes));
  std::ranges::copy(bytes, std::span(file).subspan(place).begin());
  fixture.replace(3, file);
  EXPECT_EQ(Table::read_origin(*fixture.files, fixture.name(3)).error().code, Errc::corruption);
}

TEST(TableFile, whose_block_belongs_to_another_table_is_corruption) {
  TableFixture fixture;
  const TestRows rows{value_row("a", 1, 1.0)};
  const TableMeta meta = fixture.write(3, rows).value();
  const TableMeta other_meta = fixture.write(4, rows).value();
  Bytes file = fixture.contents(3);
  const Bytes other = fixture.contents(4);
  ASSERT_EQ(file.size(), other.size());
  const auto index = Table(fixture.context, other_meta).index().value();
  std::copy_n(other.begin(), index->entries[0].size, file.begin());
  fixture.replace(3, file);
  const auto read = fixture.read(meta);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().where, "00000000000000000003.table @ 0: block checksum");
}

TEST(TableFile, whose_blocks_changed_places_is_corruption) {
  TableFixture fixture;
  TestRows rows;
  for (int i = 0; i < 2048; ++i) rows.push_back(value_row("a", i * 10, 1.0));
  const TableMeta meta = fixture.write(3, rows).value();
  const auto index = Table(fixture.context, meta).index().value();
  ASSERT_EQ(index->entries.size(), 2u);
  Bytes file = fixture.contents(3);
  const auto middle = file.begin() + index->entries[0].size;
  std::rotate(file.begin(), middle, middle + index->entries[1].size);
  fixture.replace(3, file);
  EXPECT_EQ(fixture.read(meta).error().code, Errc::corruption);
}

TEST(TableFile, of_a_newer_version_is_unsupported_and_named) {
  TableFixture fixture;
  const TableMeta meta = fixture.write(3, {value_row("a", 1, 1.0)}).value();
  Bytes file = fixture.contents(3);
  const auto footer = std::span(file).last(TableFooter::encoded_size);
  footer[108] = std::byte{TableFooter::version_max + 1};
  Bytes seal;
  ByteWriter(seal).put(checksum(footer.first(TableFooter::checksum_offset)));
  std::ranges::copy(seal, footer.begin() + TableFooter::checksum_offset);
  fixture.replace(3, file);
  const Error error = Table(fixture.context, meta).index().error();
  EXPECT_EQ(error.code, Errc::unsupported_format);
  EXPECT_NE(error.where.find("00000000000000000003.table"), std::string::npos) << error.where;
  EXPECT_NE(error.where.find("version 2"), std::string::npos) << error.where;
}

}  // namespace
}  // namespace varve::engine
