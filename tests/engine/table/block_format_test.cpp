#include "engine/table/block_format.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "engine/codec/columns.hpp"
#include "engine/codec/words.hpp"
#include "tests/engine/table/table_fixture.hpp"

namespace varve::engine {
namespace {

constexpr Timestamp least = std::numeric_limits<Timestamp>::min();
constexpr Timestamp greatest = std::numeric_limits<Timestamp>::max();

BlockEncoder encoder_of(const TestRows& rows) {
  BlockEncoder encoder;
  for_each_view(rows, [&](const RowsView& view) { EXPECT_EQ(encoder.add(view), view.size()); });
  return encoder;
}

Bytes block_of(const TestRows& rows, Compression compression = Compression::none) {
  return encoder_of(rows).encode(compression);
}

TestRows round_trip(const TestRows& rows, Compression compression = Compression::none) {
  return rows_of(*BlockDecoder::decode(block_of(rows, compression)).value());
}

std::string bytes_of(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

/// A block of one series of int64 values, with any part of it wrong.
struct HandMade {
  std::uint64_t rows = 3;
  std::uint64_t stretches = 1;
  std::vector<std::string_view> keys = {"k"};
  std::vector<std::uint64_t> types = {2};
  std::vector<std::uint64_t> counts = {3};
  std::vector<std::int64_t> firsts = {100};
  std::vector<std::uint64_t> steps = {10, 20};
  std::uint8_t expiry_form = 0;
  std::vector<std::int64_t> values = {7, 8, 9};

  Bytes encode() const {
    Bytes block;
    ByteWriter writer(block);
    writer.put_varint(rows);
    writer.put_varint(stretches);
    encode_keys(keys, Compression::none, block);
    encode_words(types, Compression::none, block);
    encode_words(counts, Compression::none, block);
    encode_int64s(firsts, Compression::none, block);
    encode_words(steps, Compression::none, block);
    writer.put(expiry_form);
    encode_int64s(values, Compression::none, block);
    return block;
  }
  bool is_sound() const {
    const auto block = BlockDecoder::decode(encode());
    EXPECT_TRUE(block || block.error().code == Errc::corruption);
    return block.has_value();
  }
};

TEST(Block, keeps_a_single_row_of_each_type) {
  for (const Value& value : {Value(1.5), Value(std::int64_t{-7}), Value(true), Value("bytes")}) {
    const TestRows rows{value_row("k", 5, value)};
    EXPECT_EQ(round_trip(rows), rows);
  }
  const TestRows tombstone{tombstone_row("k", 5)};
  EXPECT_EQ(round_trip(tombstone), tombstone);
}

TEST(Block, keeps_the_extremes_of_time) {
  const TestRows rows{value_row("k", least, 1.0),        value_row("k", least + 1, 2.0),
                      value_row("k", -1, 3.0),           value_row("k", 0, 4.0),
                      value_row("k", greatest - 1, 5.0), value_row("k", greatest, 6.0)};
  EXPECT_EQ(round_trip(rows), rows);
  const TestRows far_apart{value_row("k", least, 1.0), value_row("k", greatest, 2.0)};
  EXPECT_EQ(round_trip(far_apart), far_apart);
}

TEST(Block, keeps_expiries_at_every_extreme) {
  TestRows rows;
  for (const Timestamp ts : {least, Timestamp{0}, greatest}) {
    for (const Timestamp expiry : {least, Timestamp{-1}, greatest - 1, never}) {
      rows.push_back(value_row("k" + std::to_string(rows.size() + 100), ts, 1.0, expiry));
    }
  }
  EXPECT_EQ(round_trip(rows), rows);
}

TEST(Block, stores_no_expiry_for_a_tombstone) {
  BlockEncoder encoder;
  const std::vector<Timestamp> times{1, 2};
  const std::vector<Timestamp> expiries{100, 200};
  encoder.add({"k", RowType::tombstone, times, nullptr, expiries});
  EXPECT_EQ(encoder.encode(Compression::none),
            block_of({tombstone_row("k", 1), tombstone_row("k", 2)}));
}

TEST(Block, keeps_expiries_with_their_rows_between_tombstones) {
  const TestRows rows{tombstone_row("a", 1), value_row("a", 2, 1.0, 62), tombstone_row("b", 3),
                      value_row("c", 4, true, 64), value_row("d", 4, 2.0)};
  EXPECT_EQ(round_trip(rows), rows);
}

TEST(Block, of_rows_that_live_equally_long_spends_no_bits_on_it) {
  TestRows without;
  TestRows with;
  for (int i = 0; i < 1000; ++i) {
    without.push_back(value_row("k", i * 10, 1.0));
    with.push_back(value_row("k", i * 10, 1.0, i * 10 + 3'600'000'000));
  }
  EXPECT_LE(block_of(with).size(), block_of(without).size() + 8);
  EXPECT_EQ(round_trip(with), with);
}

TEST(Block, of_a_regular_series_spends_no_bits_on_time) {
  TestRows rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(value_row("k", i * 1'000'000, 1.0));
  EXPECT_LT(block_of(rows).size(), 50u);
  EXPECT_EQ(round_trip(rows), rows);
}

TEST(Block, of_many_keys_shares_their_prefixes) {
  TestRows rows;
  for (int i = 100; i < 1000; ++i) {
    rows.push_back(value_row("a/long/prefix/that/all/share/" + std::to_string(i), 1, 1.0));
  }
  EXPECT_LT(block_of(rows).size(), 900u * 4);
  EXPECT_EQ(round_trip(rows), rows);
}

TEST(Block, ends_at_1024_rows) {
  std::vector<Timestamp> times(2000);
  for (std::size_t i = 0; i < times.size(); ++i) times[i] = static_cast<Timestamp>(i);
  const std::vector<double> values(2000);
  const RowsView rows{"k", RowType::double_, times, values.data(), {}};
  BlockEncoder encoder;
  EXPECT_EQ(encoder.add(rows), 1024u);
  EXPECT_EQ(encoder.add(rows.slice(1024, 976)), 0u);
  encoder.clear();
  EXPECT_EQ(encoder.add(rows.slice(1024, 976)), 976u);
}

TEST(Block, takes_many_rows_of_the_longest_key) {
  const std::string key(internal_key_size_max, 'k');
  const std::vector<Timestamp> times{1, 2, 3, 4};
  const std::vector<std::string_view> texts(4, "text");
  const std::vector<double> numbers(4);
  const RowsView rows{key, RowType::bytes, times, texts.data(), {}};
  BlockEncoder encoder;
  EXPECT_EQ(encoder.add(rows.slice(0, 3)), 3u);
  EXPECT_EQ(encoder.add(rows.slice(3, 1)), 1u);
  encoder.clear();
  const RowsView doubles{key, RowType::double_, times, numbers.data(), {}};
  EXPECT_EQ(encoder.add(doubles.slice(0, 1)), 1u);
  EXPECT_EQ(encoder.add(doubles.slice(1, 3)), 3u) << "one piece after the other";
}

TEST(Block, ends_before_a_second_key_that_is_too_long) {
  const std::vector<Timestamp> times{1};
  const std::vector<double> numbers(1);
  BlockEncoder encoder({.rows = 1'024, .raw_bytes = 1'000});
  const std::string first(900, 'a');
  const std::string second(900, 'b');
  const std::string third(900, 'c');
  EXPECT_EQ(encoder.add({first, RowType::double_, times, numbers.data(), {}}), 1u);
  EXPECT_EQ(encoder.add({second, RowType::double_, times, numbers.data(), {}}), 1u);
  EXPECT_EQ(encoder.add({third, RowType::double_, times, numbers.data(), {}}), 0u);
}

TEST(Block, a_cleared_encoder_gives_the_bytes_of_a_new_one) {
  test::Random random(7);
  const TestRows first = random_rows(random, 500);
  const TestRows second = random_rows(random, 500);
  BlockEncoder encoder = encoder_of(first);
  encoder.clear();
  for_each_view(second, [&](const RowsView& view) { encoder.add(view); });
  EXPECT_EQ(encoder.encode(Compression::none), block_of(second));
  EXPECT_EQ(encoder.entry().expiry_min, encoder_of(second).entry().expiry_min);
  EXPECT_EQ(encoder.tombstones(), encoder_of(second).tombstones());
}

// The bytes on disk, spelled out. If this fails, the format changed: raise the version instead.
TEST(Block, has_the_documented_bytes) {
  const TestRows rows{value_row("ab", 100, std::int64_t{7}, 160),
                      value_row("ab", 110, std::int64_t{9}, 170), tombstone_row("ac", 50),
                      value_row("ad", 60, true, 120)};
  const std::string expected = bytes_of({4, 3}) +                    // Rows, stretches.
                               bytes_of({2}) + "ab" +                // The first key.
                               bytes_of({0, 2}) +                    // Shared: all 1.
                               bytes_of({0, 2, 3}) + "cd" +          // Rests: 1 long, as they are.
                               bytes_of({1, 0, 2, 0b11'00'10}) +     // int64, tombstone, bool.
                               bytes_of({1, 2, 1, 0b001}) +          // Rows: 2, 1, 1.
                               bytes_of({1, 100, 6, 50, 0xA0, 0}) +  // First at 50 + 50, 0, 10.
                               bytes_of({0, 20}) +                   // Steps: all 10.
                               bytes_of({1, 0, 120}) +               // Expiries: all ts + 60.
                               bytes_of({1, 14, 2, 0b10'00}) +       // 7 + 0, 2.
                               bytes_of({0, 1});                     // All true.
  EXPECT_EQ(as_text(block_of(rows)), expected);
  EXPECT_EQ(rows_of(*BlockDecoder::decode(as_bytes(expected)).value()), rows);
}

TEST(Block, made_by_hand_is_sound) { EXPECT_TRUE(HandMade().is_sound()); }

TEST(Block, refuses_rows_that_do_not_add_up) {
  EXPECT_FALSE(HandMade{.rows = 0}.is_sound());
  EXPECT_FALSE(HandMade{.rows = 4}.is_sound());
  EXPECT_FALSE(HandMade{.rows = 2}.is_sound());
  EXPECT_FALSE(
      (HandMade{.rows = BlockLimits::rows + 1, .counts = {BlockLimits::rows + 1}}.is_sound()));
  EXPECT_FALSE(HandMade{.stretches = 0}.is_sound());
  EXPECT_FALSE(HandMade{.stretches = 4}.is_sound());
  EXPECT_FALSE((HandMade{.stretches = 2,
                         .keys = {"k", "l"},
                         .types = {2, 2},
                         .counts = {3, 0},
                         .firsts = {1, 2},
                         .steps = {1}}
                    .is_sound()));
  EXPECT_FALSE((HandMade{.stretches = 2,
                         .keys = {"k", "l"},
                         .types = {2, 2},
                         .counts = {4, ~std::uint64_t{0}},  // 3, once it wraps.
                         .firsts = {1, 2},
                         .steps = {1}}
                    .is_sound()));
}

TEST(Block, refuses_an_unknown_type) {
  EXPECT_FALSE(HandMade{.types = {5}}.is_sound());
  EXPECT_FALSE(HandMade{.types = {256 + 2}}.is_sound());
}

TEST(Block, refuses_timestamps_that_do_not_ascend) {
  EXPECT_FALSE((HandMade{.steps = {10, 0}}.is_sound()));
  EXPECT_FALSE((HandMade{.steps = {10, ~std::uint64_t{0}}}.is_sound()));
  EXPECT_FALSE((HandMade{.firsts = {greatest - 15}}.is_sound())) << "passes the greatest";
}

TEST(Block, refuses_keys_that_do_not_ascend) {
  const HandMade two{.stretches = 2,
                     .keys = {"k", "l"},
                     .types = {2, 2},
                     .counts = {2, 1},
                     .firsts = {100, 50},
                     .steps = {10}};
  EXPECT_TRUE(two.is_sound());
  HandMade swapped = two;
  swapped.keys = {"l", "k"};
  EXPECT_FALSE(swapped.is_sound());
  HandMade prefix = two;
  prefix.keys = {"kk", "k"};
  EXPECT_FALSE(prefix.is_sound());
  HandMade again = two;
  again.keys = {"k", "k"};
  EXPECT_FALSE(again.is_sound()) << "the same key again, further back in time";
  again.firsts = {100, 111};
  EXPECT_TRUE(again.is_sound());
}

TEST(Block, refuses_a_key_that_is_empty_or_too_long) {
  EXPECT_FALSE(HandMade{.keys = {""}}.is_sound());
  const std::string longest(internal_key_size_max, 'k');
  EXPECT_TRUE(HandMade{.keys = {longest}}.is_sound());
  const std::string longer(internal_key_size_max + 1, 'k');
  EXPECT_FALSE(HandMade{.keys = {longer}}.is_sound());
}

// 20 keys that each share all but the last bytes of 60 KB: over 1 MiB from a few KB.
TEST(Block, refuses_keys_that_would_take_too_much_memory) {
  std::vector<std::string> keys;
  for (int i = 10; i < 30; ++i) keys.push_back(std::string(60'000, 'k') + std::to_string(i));
  HandMade block{.rows = 17,
                 .stretches = 17,
                 .keys = {keys.begin(), keys.begin() + 17},
                 .types = std::vector<std::uint64_t>(17, 2),
                 .counts = std::vector<std::uint64_t>(17, 1),
                 .firsts = std::vector<std::int64_t>(17, 1),
                 .steps = {},
                 .values = std::vector<std::int64_t>(17, 1)};
  EXPECT_TRUE(block.is_sound());
  block.keys.push_back(keys[17]);
  block.rows = block.stretches = 18;
  block.types.push_back(2);
  block.counts.push_back(1);
  block.firsts.push_back(1);
  block.values.push_back(1);
  EXPECT_FALSE(block.is_sound());
}

TEST(Block, refuses_an_unknown_form_of_expiry) {
  EXPECT_FALSE(HandMade{.expiry_form = 3}.is_sound());
}

TEST(Block, refuses_bytes_left_over) {
  Bytes block = HandMade().encode();
  block.push_back(std::byte{0});
  EXPECT_FALSE(BlockDecoder::decode(block));
}

TEST(Block, refuses_an_early_end_at_every_length) {
  test::Random random(8);
  const TestRows rows = random_rows(random, 60);
  for (const auto compression : {Compression::none, Compression::zstd}) {
    const Bytes block = block_of(rows, compression);
    ASSERT_TRUE(BlockDecoder::decode(block));
    for (std::size_t size = 0; size < block.size(); ++size) {
      EXPECT_FALSE(BlockDecoder::decode(ByteSpan(block).first(size))) << size;
    }
  }
}

TEST(Block, lower_bound_finds_the_stretch_of_every_row) {
  test::Random random(9);
  const TestRows rows = random_rows(random, 400);
  const auto block = BlockDecoder::decode(block_of(rows)).value();
  EXPECT_EQ(block->lower_bound("", least), 0u);
  EXPECT_EQ(block->lower_bound(rows.back().key, greatest),
            block->stretches().size() - (rows.back().ts == greatest ? 1 : 0));
  for (const TestRow& row : rows) {
    const RowsView& stretch = block->stretches()[block->lower_bound(row.key, row.ts)];
    EXPECT_EQ(stretch.key, row.key);
    EXPECT_TRUE(std::ranges::binary_search(stretch.timestamps, row.ts));
  }
}

TEST(Block, says_about_what_it_takes_in_memory) {
  TestRows rows;
  for (int i = 0; i < 500; ++i)
    rows.push_back(value_row("k", i, std::string(97, 'x') + std::to_string(100 + i), i + 5));
  const auto block = BlockDecoder::decode(block_of(rows)).value();
  const std::size_t expected = 500 * (8 + 8 + sizeof(std::string_view) + 100);
  EXPECT_GE(block->bytes(), expected);
  EXPECT_LE(block->bytes(), expected + 1000);
}

}  // namespace
}  // namespace varve::engine
