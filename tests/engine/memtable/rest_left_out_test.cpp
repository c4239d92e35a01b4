// A batch of which only a part is in the memtable, since there was no memory for the rest.

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/memtable/short_rows.hpp"
#include "tests/support/flat_row.hpp"

namespace varve::engine {
namespace {

using test::append_walked;
using test::FlatRow;

constexpr auto latest = std::numeric_limits<std::uint64_t>::max();

/// A memtable with rows of sequence 2 that count, and of sequence 3 that do not.
class RestLeftOut : public testing::Test {
 protected:
  static constexpr std::uint64_t counts = 2;

  RestLeftOut() {
    put("a", 10, 1.0, counts);
    put("a", 20, 2.0, counts);
    put("b", 10, 3.0, counts);
    memtable_.set_last_sequence(counts);
    put("a", 20, 9.0, counts + 1);  // Instead of a row.
    put("a", 15, 9.0, counts + 1);  // Late.
    put("a", 30, 9.0, counts + 1);
    put("new", 10, 9.0, counts + 1);
    memtable_.erase(memtable_.series("b", hash_of("b")), 10, counts + 1);
  }

  void put(std::string_view key, Timestamp ts, double value, std::uint64_t sequence) {
    memtable_.put(memtable_.series(key, hash_of(key)), ts, value, never, sequence);
  }
  void erase_all() { memtable_.erase_range({{"", "zz"}, {}}, counts + 1); }

  std::vector<double> values(std::string_view key, bool newest_first = false) const {
    const MemtableSeries* const series = memtable_.find(key, hash_of(key));
    std::vector<FlatRow> walked;
    MemtableRows source(memtable_, *series, TimeSpan{}, latest, newest_first);
    for (RowsView piece = source.next(); !piece.empty(); piece = source.next()) {
      append_walked(walked, piece, newest_first);
    }
    std::vector<double> found;
    for (const FlatRow& row : walked) found.push_back(row.value.as_double());
    return found;
  }
  std::optional<double> get(std::string_view key, Timestamp ts) const {
    const auto row = memtable_.get(key, hash_of(key), ts, latest);
    if (!row) return std::nullopt;
    EXPECT_EQ(row->type, RowType::double_);
    return row->value.as_double();
  }

  Memtable memtable_{1, 1, 0};
};

TEST_F(RestLeftOut, is_not_walked) {
  memtable_.leave_rest_out();
  EXPECT_EQ(values("a"), (std::vector{1.0, 2.0}));
  EXPECT_EQ(values("a", true), (std::vector{2.0, 1.0}));
  EXPECT_EQ(values("b"), std::vector{3.0});
  EXPECT_TRUE(values("new").empty());
}

TEST_F(RestLeftOut, hides_no_record_that_counts) {
  memtable_.leave_rest_out();
  EXPECT_EQ(get("a", 20), 2.0);
  EXPECT_EQ(get("b", 10), 3.0);
  EXPECT_FALSE(get("a", 15));
  EXPECT_FALSE(get("new", 10));
}

TEST_F(RestLeftOut, is_not_the_newest_of_its_series) {
  memtable_.leave_rest_out();
  EXPECT_EQ(memtable_.newest("a", hash_of("a"), latest)->ts, 20);
  EXPECT_FALSE(memtable_.newest("new", hash_of("new"), latest));
}

TEST_F(RestLeftOut, deletes_no_range) {
  erase_all();
  memtable_.leave_rest_out();
  EXPECT_TRUE(memtable_.range_tombstones(latest).empty());
  EXPECT_EQ(values("a"), (std::vector{1.0, 2.0}));
  EXPECT_EQ(get("a", 10), 1.0);
  EXPECT_EQ(memtable_.newest("a", hash_of("a"), latest)->ts, 20);
}

TEST_F(RestLeftOut, has_touched_nothing) {
  erase_all();
  EXPECT_TRUE(memtable_.touched_since("a", hash_of("a"), 10, counts));
  EXPECT_TRUE(memtable_.has_rows_since("a", hash_of("a"), counts));
  memtable_.leave_rest_out();
  EXPECT_FALSE(memtable_.touched_since("a", hash_of("a"), 10, counts));
  EXPECT_FALSE(memtable_.has_rows_since("a", hash_of("a"), counts));
  EXPECT_TRUE(memtable_.has_rows_since("a", hash_of("a"), counts - 1));
}

TEST_F(RestLeftOut, is_not_among_rows_of_short_series) {
  Memtable memtable(2, 2, 0);
  MemtableSeries& series = memtable.series("short", hash_of("short"));
  memtable.put(series, 10, 1.0, never, counts);
  memtable.set_last_sequence(counts);
  memtable.put(series, 20, 9.0, never, counts + 1);
  memtable.erase_range({{"", "zz"}, {}}, counts + 1);
  memtable.leave_rest_out();
  const auto all = memtable.sorted_series();
  ShortRows rows(memtable, TimeSpan{}, latest);
  ASSERT_EQ(rows.read(*all), 1u) << "no range that counts was deleted";
  ASSERT_EQ(rows.rows().size(), 1u);
  EXPECT_EQ(rows.rows()[0].size(), 1u);
}

}  // namespace
}  // namespace varve::engine
