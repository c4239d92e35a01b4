// Reads of one query agree on what is damaged: those that may answer by statistics, too.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/table/table_file.hpp"
#include "tests/support/database.hpp"

namespace varve::test {
namespace {

constexpr int records = 4'096;
constexpr int block_records = 1'024;

/// A series of numbers in one table of four blocks.
class DamagedBlock : public testing::Test {
 protected:
  DamagedBlock() {
    WriteBatch batch;
    for (int i = 0; i < records; ++i) batch.put("k", i, i * 7'919 % 10'007 * 0.1);
    db_.write(std::move(batch));
    db_.flush();
  }

  /// Flips a bit of the table at the place that `offset_of` says, with the database closed.
  template <class OffsetOf>
  void damage(OffsetOf offset_of) {
    db_.close();
    const auto directory = db_.options().file_system->open_directory("/db").value();
    const std::vector<std::string> names = directory->list().value();
    const auto table = std::ranges::find_if(
        names, [](const std::string& name) { return name.ends_with(".table"); });
    ASSERT_NE(table, names.end());
    const auto file = directory->open(*table, OpenMode::read_write).value();
    const std::uint64_t offset = offset_of(engine::TableFile(*file, *table).footer().value());
    std::array<std::byte, 1> byte{};
    ASSERT_TRUE(file->read_at(offset, byte));
    byte[0] ^= std::byte{1};
    const std::array<std::span<const std::byte>, 1> pieces{byte};
    ASSERT_TRUE(file->write_at(offset, pieces));
    db_.open();
  }
  /// In the second of the blocks, which are about equally long.
  void damage_a_block() {
    damage([](const engine::TableFooter& footer) { return footer.blocks_size / 8 * 3; });
  }
  void damage_the_statistics() {
    damage([](const engine::TableFooter& footer) { return footer.statistics_offset() + 2; });
  }

  static std::vector<Aggregation> functions() {
    return {Aggregation::count,
            Aggregation::sum,
            Aggregation::max,
            Aggregation::last,
            Aggregation::stddev,
            Aggregation::count.every(Duration(block_records)),
            Aggregation::sum.every(Duration(100))};
  }
  /// The records of the buckets together, as an aggregate counts them.
  std::int64_t counted(const Aggregation& count, const ReadOptions& options) {
    std::int64_t all = 0;
    for (const Aggregate& bucket : db_->aggregate(Query::all(), count, options).value()) {
      all += bucket.value->as_int64();
    }
    return all;
  }

  Database db_;
};

TEST_F(DamagedBlock, is_corruption_to_every_read_of_it) {
  damage_a_block();
  for (const std::size_t threads : {1u, 2u}) {
    const ReadOptions options = ReadOptions().threads(threads);
    const auto query = db_->query(Query::all(), options);
    ASSERT_FALSE(query);
    EXPECT_EQ(query.error().code, Errc::corruption);
    const auto count = db_->count(Query::all(), options);
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().where, query.error().where);
    for (const Aggregation& function : functions()) {
      const auto answer = db_->aggregate(Query::all(), function, options);
      ASSERT_FALSE(answer) << function.name();
      EXPECT_EQ(answer.error().where, query.error().where) << function.name();
    }
  }
}

TEST_F(DamagedBlock, is_counted_by_its_statistics_until_a_read_has_met_it) {
  damage_a_block();
  EXPECT_EQ(db_->count(Query::all()).value(), std::uint64_t{records});
  ASSERT_FALSE(db_->query(Query::all()));
  EXPECT_EQ(db_->count(Query::all()).error().code, Errc::corruption);
}

TEST_F(DamagedBlock, is_missing_to_every_read_that_passes_over_it) {
  damage_a_block();
  for (const std::size_t threads : {1u, 2u}) {
    const ReadOptions options = ReadOptions().threads(threads).skip_damaged(true);
    constexpr int left = records - block_records;
    EXPECT_EQ(db_.query(Query::all(), options).size(), std::size_t{left});
    EXPECT_EQ(db_->count(Query::all(), options).value(), std::uint64_t{left});
    EXPECT_EQ(counted(Aggregation::count, options), left);
    EXPECT_EQ(counted(Aggregation::count.every(Duration(block_records)), options), left);
    EXPECT_EQ(counted(Aggregation::count.every(Duration(100)), options), left);
  }
}

TEST_F(DamagedBlock, does_not_matter_to_a_read_of_others) {
  damage_a_block();
  const Query before = Query::all().between({}, block_records);
  EXPECT_EQ(db_->count(before).value(), std::uint64_t{block_records});
  EXPECT_TRUE(db_->aggregate(before, Aggregation::sum));
}

TEST_F(DamagedBlock, of_statistics_alone_changes_no_answer) {
  std::vector<std::vector<Aggregate>> whole;
  for (const Aggregation& function : functions()) {
    whole.push_back(db_->aggregate(Query::all(), function).value());
  }
  damage_the_statistics();
  EXPECT_EQ(db_->count(Query::all()).value(), std::uint64_t{records});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(db_->aggregate(Query::all(), functions()[i]).value(), whole[i]) << i;
  }
}

}  // namespace
}  // namespace varve::test
