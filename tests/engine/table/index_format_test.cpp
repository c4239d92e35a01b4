#include "engine/table/index_format.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "engine/table/block_format.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using Entry = TableIndex::Entry;

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();

Entry entry(std::string_view first_key, Timestamp first_ts, std::string_view last_key,
            Timestamp last_ts) {
  Entry entry;
  entry.size = 100;
  entry.rows = 10;
  entry.first_key = first_key;
  entry.last_key = last_key;
  entry.first_ts = first_ts;
  entry.last_ts = last_ts;
  entry.times = {std::min(first_ts, last_ts), std::max(first_ts, last_ts)};
  return entry;
}

std::vector<Entry> example() {
  return {entry("a", 1, "a", 50), entry("a", 60, "c", 10), entry("c", 11, "c", 12),
          entry("d", 5, "e", 1)};
}

Result<std::shared_ptr<const TableIndex>> round_trip(const std::vector<Entry>& entries) {
  std::uint64_t blocks_size = 0;
  for (const Entry& each : entries) blocks_size += each.size;
  return decode_index(encode_index(entries, Compression::none), blocks_size);
}

bool is_corruption(const std::vector<Entry>& entries) {
  const auto index = round_trip(entries);
  return !index && index.error().code == Errc::corruption;
}

TEST(TableIndex, survives_a_round_trip) {
  std::vector<Entry> entries = example();
  entries[1].times = {least, greatest};
  entries[1].expiry_min = least;
  entries[2].expiry_min = entries[2].expiry_max = -5;
  const auto index = round_trip(entries).value();
  ASSERT_EQ(index->entries.size(), entries.size());
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& back = index->entries[i];
    EXPECT_EQ(back.offset, offset);
    EXPECT_EQ(back.size, entries[i].size);
    EXPECT_EQ(back.rows, entries[i].rows);
    EXPECT_EQ(back.first_key, entries[i].first_key);
    EXPECT_EQ(back.last_key, entries[i].last_key);
    EXPECT_EQ(back.first_ts, entries[i].first_ts);
    EXPECT_EQ(back.last_ts, entries[i].last_ts);
    EXPECT_EQ(back.times, entries[i].times);
    EXPECT_EQ(back.expiry_min, entries[i].expiry_min);
    EXPECT_EQ(back.expiry_max, entries[i].expiry_max);
    offset += back.size;
  }
}

TEST(TableIndex, of_a_long_regular_series_takes_few_bytes_a_block) {
  std::vector<Entry> entries;
  for (int i = 0; i < 1000; ++i) entries.push_back(entry("key", i * 1024, "key", i * 1024 + 1023));
  EXPECT_LT(encode_index(entries, Compression::none).size(), 300u);
  EXPECT_LT(round_trip(entries).value()->bytes, 1000 * (sizeof(Entry) + 40));
}

TEST(TableIndex, whose_block_of_one_key_has_other_times_than_its_first_and_last_row_is_corruption) {
  for (const std::size_t block : {std::size_t{0}, std::size_t{2}}) {
    std::vector<Entry> entries = example();
    entries[block].times.first -= 1;
    EXPECT_TRUE(is_corruption(entries)) << block;
    entries = example();
    entries[block].times.last += 1;
    EXPECT_TRUE(is_corruption(entries)) << block;
  }
}

TEST(TableIndex, of_nothing_is_corruption) {
  EXPECT_FALSE(decode_index(Bytes(1), 0));
  EXPECT_FALSE(decode_index(Bytes(1), 100));
}

TEST(TableIndex, whose_blocks_overlap_is_corruption) {
  EXPECT_FALSE(is_corruption(example()));
  EXPECT_TRUE(is_corruption({entry("a", 1, "b", 5), entry("b", 5, "b", 9)}));
  EXPECT_TRUE(is_corruption({entry("a", 1, "c", 5), entry("b", 9, "d", 9)}));
}

TEST(TableIndex, whose_entry_contradicts_itself_is_corruption) {
  const auto with = [](auto change) {
    std::vector<Entry> entries = example();
    change(entries[1]);
    return is_corruption(entries);
  };
  EXPECT_TRUE(with([](Entry& each) { each.rows = 0; }));
  EXPECT_TRUE(with([](Entry& each) { each.rows = BlockLimits::rows + 1; }));
  EXPECT_TRUE(with([](Entry& each) { each.size = 1; }));
  EXPECT_TRUE(with([](Entry& each) { each.times.last = 59; }));
  EXPECT_TRUE(with([](Entry& each) { each.times.first = 11; }));
  EXPECT_TRUE(with([](Entry& each) { each.expiry_max = 1; }));
}

TEST(TableIndex, whose_blocks_do_not_fill_their_part_is_corruption) {
  const Bytes bytes = encode_index(example(), Compression::none);
  EXPECT_TRUE(decode_index(bytes, 400));
  EXPECT_FALSE(decode_index(bytes, 399));
  EXPECT_FALSE(decode_index(bytes, 401));
  EXPECT_FALSE(decode_index(bytes, 0));
}

TEST(TableIndex, that_ends_too_early_is_corruption_at_every_length) {
  const Bytes bytes = encode_index(example(), Compression::none);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_index(ByteSpan(bytes).first(size), 400)) << size;
  }
}

// A count that no file could hold is refused before memory is taken for it.
TEST(TableIndex, of_more_entries_than_its_blocks_have_room_for_is_corruption) {
  Bytes bytes;
  ByteWriter(bytes).put_varint(std::uint64_t{1} << 40);
  EXPECT_FALSE(decode_index(bytes, 1'000'000));
}

}  // namespace
}  // namespace varve::engine
