#include "engine/memtable/short_rows.hpp"

#include <gtest/gtest.h>

#include "engine/base/checksum.hpp"
#include "tests/support/flat_row.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using test::append_walked;
using test::FlatRow;

using FlatRows = std::vector<FlatRow>;

constexpr auto latest = std::numeric_limits<std::uint64_t>::max();

class ShortRowsTest : public testing::Test {
 protected:
  void put(std::string_view key, Timestamp ts, const ValueView& value,
           Timestamp expires_at = never) {
    memtable_.put(memtable_.series(key, hash_of(key)), ts, value, expires_at, ++sequence_);
  }
  std::size_t taken(std::string_view end = {}) {
    const auto all = memtable_.sorted_series();
    return ShortRows(memtable_, {}, latest).read(*all, end);
  }

  Memtable memtable_{1, 1, 0};
  std::uint64_t sequence_ = 0;
};

TEST_F(ShortRowsTest, reads_series_together_up_to_one_that_is_long) {
  for (int i = 0; i < 3; ++i) put("a", i, 1.0);
  put("b", 1, true);
  for (int i = 0; i < 2000; ++i) put("c", i, 1.0);
  put("d", 1, 1.0);
  EXPECT_EQ(taken(), 2u);
}

TEST_F(ShortRowsTest, reads_up_to_a_key) {
  for (const char* key : {"a", "b", "c", "d"}) put(key, 1, 1.0);
  EXPECT_EQ(taken("c"), 2u);
  EXPECT_EQ(taken("x"), 4u);
}

TEST_F(ShortRowsTest, leaves_series_of_several_types_and_late_rows_to_others) {
  put("a", 1, 1.0);
  put("b", 1, 1.0);
  put("b", 2, std::int64_t{1});
  EXPECT_EQ(taken(), 1u);
  put("a", 1, 2.0);
  EXPECT_EQ(taken(), 0u);
}

TEST_F(ShortRowsTest, leaves_all_to_others_where_a_range_was_deleted) {
  put("a", 1, 1.0);
  memtable_.erase_range({{"x", "y"}, {}}, ++sequence_);
  EXPECT_EQ(taken(), 0u);
}

class ShortRowsModel : public ShortRowsTest, public testing::WithParamInterface<int> {
 protected:
  static constexpr int series_count = 80;

  void fill(test::Random& random) {
    std::vector<Timestamp> clocks(series_count);
    std::vector<int> types(series_count);
    for (int& type : types) type = static_cast<int>(random.below(5));
    for (std::uint64_t rows = 100 + random.below(3000); rows > 0; --rows) {
      const std::size_t series = random.below(series_count);
      const std::string key = "key" + std::to_string(100 + series);
      const Timestamp ts = clocks[series] += random.chance(0.002) ? -1 : 1;
      const Timestamp expires_at = random.chance(0.05) ? ts + 5 : never;
      switch (types[series]) {
        case 0: put(key, ts, static_cast<double>(ts), expires_at); break;
        case 1: put(key, ts, ts, expires_at); break;
        case 2: put(key, ts, ts % 2 == 0, expires_at); break;
        case 3: put(key, ts, std::string(random.below(40), 'v'), expires_at); break;
        default: memtable_.erase(memtable_.series(key, hash_of(key)), ts, ++sequence_); break;
      }
    }
  }
};

TEST_P(ShortRowsModel, gives_what_a_walk_of_each_series_gives) {
  const std::uint64_t seed = test::test_seed() + static_cast<std::uint64_t>(GetParam());
  SCOPED_TRACE(test::describe_seed(seed) + " and the case for 0");
  test::Random random(seed);
  fill(random);
  const auto all = memtable_.sorted_series();
  std::size_t read = 0;
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t sequence = random.chance(0.3) ? latest : random.below(sequence_ + 2);
    TimeSpan times;
    if (random.chance(0.5)) times = {random.between(-1, 20), random.between(-1, 40)};
    if (times.empty()) continue;
    ShortRows short_rows(memtable_, times, sequence);
    std::span<const MemtableSeries* const> left(*all);
    while (!left.empty()) {
      const std::size_t taken = short_rows.read(left);
      FlatRows wanted;
      for (const MemtableSeries* series : left.first(taken)) {
        MemtableRows walk(memtable_, *series, times, sequence, false);
        for (RowsView rows = walk.next(); !rows.empty(); rows = walk.next()) {
          append_walked(wanted, rows, false);
        }
      }
      FlatRows given;
      for (const RowsView& rows : short_rows.rows()) append_walked(given, rows, false);
      ASSERT_EQ(given, wanted) << "sequence " << sequence;
      read += taken;
      left = left.subspan(std::max(taken, std::size_t{1}));
    }
  }
  EXPECT_GT(read, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ShortRowsModel, testing::Range(0, 10));

}  // namespace
}  // namespace varve::engine
