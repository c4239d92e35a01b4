#include "engine/table/table_origin.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/record/level.hpp"

namespace varve::engine {
namespace {

Uuid some_database() {
  Uuid uuid{};
  for (std::size_t index = 0; index < uuid.size(); ++index) uuid[index] = std::byte(0xA0 + index);
  return uuid;
}

FlushedTombstone tombstone(std::string first, std::string end, TimeSpan times,
                           std::uint64_t flush) {
  return {{{std::move(first), std::move(end)}, times}, flush};
}

TableOrigin example() {
  return {.database = some_database(),
          .maker = TableOrigin::Maker::compaction,
          .level = 2,
          .first_sequence = 1,
          .last_sequence = 300,
          .flush_number = 44,
          .flushed_through = 301,
          .log_start = 9,
          .written = {.time = -2, .synchronised = true},
          .replaced = {7, 8, 300},
          .tombstones = {tombstone("\1a", "\1b", {-10, 10}, 43), tombstone("", "\2", {0, 1}, 44)},
          .tombstones_left_out = 5};
}

Bytes encoded(const TableOrigin& origin) {
  Bytes bytes;
  ByteWriter writer(bytes);
  origin.encode(writer);
  return bytes;
}

template <class Change>
bool is_corruption(Change change) {
  TableOrigin origin = example();
  change(origin);
  const auto decoded = TableOrigin::decode(encoded(origin));
  return !decoded && decoded.error().code == Errc::corruption;
}

TEST(TableOrigin, survives_a_round_trip) {
  EXPECT_EQ(TableOrigin::decode(encoded(example())).value(), example());
  EXPECT_EQ(TableOrigin::decode(encoded(TableOrigin())).value(), TableOrigin());
}

// The bytes on disk, spelled out. If this fails, the format changed: raise the version instead.
TEST(TableOrigin, has_the_documented_bytes) {
  Bytes expected;
  ByteWriter(expected).put_bytes(ByteSpan(some_database()));
  for (const int byte : {2,  2,                       // a compaction, to level 2
                         1,  0xAC, 0x02,              // sequences 1 to 300
                         44, 0xAD, 0x02, 9,           // flush, flushed through, log start
                         3,  1,                       // time, synchronised
                         3,  7,    1,    0xA4, 0x02,  // replaced 7, 8, 300
                         2,                           // range tombstones
                         2,  1,    0x61, 2,    1,    0x62, 19, 20, 43,  //
                         0,  1,    2,    0,    2,    44,                //
                         5}) {                                          // left out
    expected.push_back(static_cast<std::byte>(byte));
  }
  EXPECT_EQ(encoded(example()), expected);
}

TEST(TableOrigin, that_ends_too_early_or_too_late_is_corruption) {
  Bytes bytes = encoded(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = TableOrigin::decode(ByteSpan(bytes).first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, Errc::corruption) << size;
  }
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(TableOrigin::decode(bytes));
}

TEST(TableOrigin, with_any_bit_turned_is_corruption_or_another_one_that_is_sound) {
  const Bytes sound = encoded(example());
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    Bytes damaged = sound;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto decoded = TableOrigin::decode(damaged);
    if (decoded) {
      EXPECT_EQ(encoded(*decoded), damaged) << "bit " << bit;
    } else {
      EXPECT_EQ(decoded.error().code, Errc::corruption) << "bit " << bit;
    }
  }
}

TEST(TableOrigin, that_contradicts_itself_is_corruption) {
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.level = level_count; }));
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.first_sequence = 301; }));
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.flushed_through = 299; }));
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.replaced = {7, 7}; }));
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.replaced = {8, 7}; }));
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.replaced = {0, 7}; }));
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.replaced.clear(); }));
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.maker = TableOrigin::Maker::flush; }));
  EXPECT_TRUE(is_corruption(
      [](TableOrigin& origin) { origin.maker = static_cast<TableOrigin::Maker>(3); }));
}

TEST(TableOrigin, whose_range_tombstones_hold_nothing_or_are_out_of_order_is_corruption) {
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.tombstones[0].flush = 45; }));
  EXPECT_TRUE(is_corruption([](TableOrigin& origin) { origin.tombstones[1].flush = 45; }));
  EXPECT_TRUE(
      is_corruption([](TableOrigin& origin) { origin.tombstones[0].range.times.last = -11; }));
  EXPECT_TRUE(
      is_corruption([](TableOrigin& origin) { origin.tombstones[0].range.keys.end = "\1a"; }));
}

TEST(TableOrigin, lists_all_range_tombstones_that_have_room) {
  const std::vector held{tombstone("a", "b", {}, 3), tombstone("c", "d", {1, 2}, 4)};
  TableOrigin origin;
  origin.list(held);
  EXPECT_EQ(origin.tombstones, held);
  EXPECT_EQ(origin.tombstones_left_out, 0u);
}

TEST(TableOrigin, lists_the_newest_range_tombstones_and_counts_the_others) {
  std::vector<FlushedTombstone> held;
  for (std::uint64_t flush = 1; flush <= 100; ++flush) {
    held.push_back(tombstone(std::string(100, 'a'), "b", {}, flush));
  }
  TableOrigin origin;
  origin.list(held);
  ASSERT_FALSE(origin.tombstones.empty());
  EXPECT_EQ(origin.tombstones.back(), held.back());
  EXPECT_EQ(origin.tombstones.front().flush, 101 - origin.tombstones.size());
  EXPECT_EQ(origin.tombstones_left_out, 100 - origin.tombstones.size());
  origin.flush_number = 100;
  EXPECT_LE(encoded(origin).size(), TableOrigin::tombstone_bytes_max + 100);
  EXPECT_EQ(TableOrigin::decode(encoded(origin)).value(), origin);
}

TEST(TableOrigin, does_not_list_a_range_tombstone_that_holds_nothing) {
  TableOrigin origin;
  origin.list(std::vector{tombstone("b", "b", {}, 3), tombstone("a", "b", {2, 1}, 3)});
  EXPECT_TRUE(origin.tombstones.empty());
  EXPECT_EQ(origin.tombstones_left_out, 0u);
}

}  // namespace
}  // namespace varve::engine
