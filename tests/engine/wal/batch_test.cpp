#include "engine/wal/batch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/record/expiry.hpp"
#include "engine/record/range_tombstone.hpp"
#include "varve/record.hpp"
#include "varve/value.hpp"

namespace varve::engine {
namespace {

using std::chrono::microseconds;

constexpr Timestamp ts_min = std::numeric_limits<Timestamp>::min();
constexpr Timestamp ts_max = std::numeric_limits<Timestamp>::max();

/// Owns what an Operation points to; keys are users'.
struct Told {
  Operation::Kind kind;
  std::string key;
  Timestamp ts = 0;
  Value value = 0;
  Timestamp expires_at = never;
  RangeTombstone range{};

  friend bool operator==(const Told&, const Told&) = default;
};

Told put(std::string key, Timestamp ts, Value value, Timestamp expires_at = never) {
  return {Operation::Kind::put, std::move(key), ts, std::move(value), expires_at};
}
Told erased(std::string key, Timestamp ts) { return {Operation::Kind::erase, std::move(key), ts}; }

EncodedBatch encode(const WriteBatch& batch, const BatchDefaults& defaults = {}) {
  return BatchReader::encode(batch, defaults).value();
}

Error refusal(const WriteBatch& batch, const BatchDefaults& defaults = {}) {
  const auto encoded = BatchReader::encode(batch, defaults);
  return encoded ? Error{{}, "not refused"} : encoded.error();
}

std::vector<Told> decode(const EncodedBatch& batch) {
  std::vector<Told> all;
  BatchDecoder decoder(batch.payload, static_cast<std::uint32_t>(batch.keys.size()));
  for (Operation op; decoder.next(op).value();) {
    const std::string key = op.kind == Operation::Kind::erase_range
                                ? std::string()
                                : std::string(user_key(batch.bytes_of(batch.keys[op.key])));
    switch (op.kind) {
      case Operation::Kind::put:
        all.push_back(
            put(key, op.ts, Value(op.value), expiry_of(op.ts, op.expires_at, batch.default_ttl)));
        break;
      case Operation::Kind::erase: all.push_back(erased(key, op.ts)); break;
      case Operation::Kind::erase_range:
        all.push_back({.kind = op.kind,
                       .key = {},
                       .range = {{std::string(op.first_key), std::string(op.end_key)}, op.times}});
        break;
    }
  }
  return all;
}

Series series(const std::string& key, std::uint64_t engine_id = 0) {
  return Series(std::make_shared<SeriesState>(key, engine_id));
}

TEST(BatchReader, gives_back_every_operation_in_order) {
  WriteBatch batch;
  batch.put("a", 5, 1.25);
  batch.put("b", -3, std::numeric_limits<std::int64_t>::min());
  batch.put("a", ts_max, true);
  batch.erase("c", ts_min);
  batch.put("c", ts_max, false);
  batch.put(RecordView("d", 7, std::string_view("v\0w", 3), 9));
  batch.erase_range("x", "y", TimeRange(1, 4));
  const EncodedBatch encoded = encode(batch);
  EXPECT_EQ(decode(encoded),
            (std::vector{put("a", 5, 1.25), put("b", -3, std::numeric_limits<std::int64_t>::min()),
                         put("a", ts_max, true), erased("c", ts_min), put("c", ts_max, false),
                         put("d", 7, std::string("v\0w", 3), 9),
                         Told{.kind = Operation::Kind::erase_range,
                              .key = {},
                              .range = {{"\x01x", "\x01y"}, {1, 3}}}}));
  EXPECT_EQ(encoded.puts, 5u);
  EXPECT_EQ(encoded.deletes, 2u);
  EXPECT_EQ(encoded.user_bytes, 5u + 5 * 8 + 8 + 8 + 1 + 1 + 3);
  EXPECT_EQ(encoded.payload_checksum, checksum(encoded.payload));
}

TEST(BatchReader, keeps_doubles_bit_for_bit) {
  WriteBatch batch;
  const std::vector<double> doubles{-0.0, std::nan("7"), -std::numeric_limits<double>::infinity(),
                                    std::numeric_limits<double>::denorm_min()};
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    batch.put("k", static_cast<Timestamp>(i), doubles[i]);
  }
  const std::vector<Told> told = decode(encode(batch));
  for (std::size_t i = 0; i < doubles.size(); ++i) EXPECT_EQ(told[i].value, Value(doubles[i]));
}

TEST(BatchReader, stores_a_key_once_for_operations_in_a_row_with_the_hash_of_its_internal_form) {
  WriteBatch batch;
  for (int key = 0; key < 50; ++key) {
    for (int i = 0; i < 3; ++i) batch.put("key" + std::to_string(key), i, i);
  }
  batch.erase("key49", 0);
  const EncodedBatch encoded = encode(batch);
  ASSERT_EQ(encoded.keys.size(), 50u);
  for (const BatchKey& key : encoded.keys) EXPECT_EQ(key.hash, hash_of(encoded.bytes_of(key)));
  EXPECT_EQ(decode(encoded).size(), 151u);
}

TEST(BatchReader, takes_keys_and_handles_in_any_order) {
  WriteBatch batch;
  const Series handle = series("k");
  batch.put("k", 1, 1);
  batch.put(handle, 1, 2);
  batch.put(handle, 2, 3);
  batch.put("k", 2, 4);
  batch.put("j", 2, 5);
  batch.put(handle, 3, 6);
  const EncodedBatch encoded = encode(batch);
  EXPECT_NE(encoded.keys[1].series, nullptr);
  EXPECT_EQ(decode(encoded), (std::vector{put("k", 1, 1), put("k", 1, 2), put("k", 2, 3),
                                          put("k", 2, 4), put("j", 2, 5), put("k", 3, 6)}));
}

TEST(BatchReader, keeps_records_of_one_series_that_come_out_of_order) {
  WriteBatch batch;
  batch.put("a", 2, 1);
  batch.put("a", 1, 2);
  EXPECT_EQ(decode(encode(batch)), (std::vector{put("a", 2, 1), put("a", 1, 2)}));
}

TEST(BatchReader, drops_what_a_later_range_covers_and_keeps_what_follows_it) {
  WriteBatch batch;
  batch.put("a", 1, 1);
  batch.erase("a", 2);
  batch.put("a", 9, 3);
  batch.put("b", 1, 4);
  batch.erase_range("a", "b", TimeRange(0, 5));
  batch.put("a", 1, 5);
  const EncodedBatch encoded = encode(batch);
  const std::vector<Told> told = decode(encoded);
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[0], put("a", 9, 3));
  EXPECT_EQ(told[1], put("b", 1, 4));
  EXPECT_EQ(told[2].kind, Operation::Kind::erase_range);
  EXPECT_EQ(told[3], put("a", 1, 5));
}

TEST(BatchReader, leaves_out_keys_of_which_nothing_is_left) {
  WriteBatch batch;
  batch.put("gone", 1, 1);
  batch.put("stays", 1, 1);
  batch.erase_range("g", "h");
  const EncodedBatch encoded = encode(batch);
  ASSERT_EQ(encoded.keys.size(), 1u);
  EXPECT_EQ(user_key(encoded.bytes_of(encoded.keys[0])), "stays");
}

TEST(BatchReader, drops_ranges_of_nothing) {
  WriteBatch batch;
  batch.erase_range("a", "a");
  batch.erase_range("a", "b", TimeRange(3, 3));
  batch.erase_range("a", "b", TimeRange({}, ts_min));
  EXPECT_TRUE(encode(batch).payload.empty());
}

TEST(BatchReader, bounds_an_open_range_by_the_users_space) {
  WriteBatch batch;
  batch.erase_prefix("");
  batch.erase_prefix("p\xFF");
  const std::vector<Told> told = decode(encode(batch));
  EXPECT_EQ(told[0].range.keys, (KeyRange{"\x01", "\x02"}));
  EXPECT_EQ(told[0].range.times, (TimeSpan{ts_min, ts_max}));
  EXPECT_EQ(told[1].range.keys, (KeyRange{"\x01p\xFF", "\x01q"}));
}

/// The plain meaning of a batch on an empty database, and on one that holds every record.
using Records = std::map<std::pair<std::string, Timestamp>, std::int64_t>;

void apply(Records& records, const std::vector<Told>& told, bool ranges_first) {
  const auto apply_range = [&](const Told& op) {
    std::erase_if(records, [&](const auto& record) {
      return op.range.keys.contains(internal_key(record.first.first)) &&
             op.range.times.contains(record.first.second);
    });
  };
  // A tombstone hides older sequences only, so within its batch it may as well come first.
  for (const Told& op : told) {
    if (ranges_first && op.kind == Operation::Kind::erase_range) apply_range(op);
  }
  for (const Told& op : told) {
    switch (op.kind) {
      case Operation::Kind::put: records[{op.key, op.ts}] = op.value.as_int64(); break;
      case Operation::Kind::erase: records.erase({op.key, op.ts}); break;
      case Operation::Kind::erase_range:
        if (!ranges_first) apply_range(op);
        break;
    }
  }
}

TEST(BatchReader, thins_out_without_changing_what_a_batch_means) {
  std::mt19937 random(1);
  const auto below = [&](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  const auto key = [&] { return std::string(1, static_cast<char>('a' + below(5))); };
  for (int round = 0; round < 500; ++round) {
    WriteBatch batch;
    std::vector<Told> told;
    for (int i = below(30); i >= 0; --i) {
      const Timestamp ts = below(6);
      const int what = below(8);
      if (what < 5) {
        const std::string at = key();
        batch.put(at, ts, i);
        told.push_back(put(at, ts, i));
      } else if (what < 7) {
        const std::string at = key();
        batch.erase(at, ts);
        told.push_back(erased(at, ts));
      } else {
        std::string first = key();
        std::string end = key();
        if (end < first) std::swap(first, end);
        const TimeRange times(ts, ts + below(4));
        batch.erase_range(first, end, times);
        told.push_back({.kind = Operation::Kind::erase_range,
                        .key = {},
                        .range = {user_key_range(first, end), time_span(times)}});
      }
    }
    const std::vector<Told> normal = decode(encode(batch));
    Records full;
    for (char c = 'a'; c < 'f'; ++c) {
      for (Timestamp ts = 0; ts < 6; ++ts) full[{std::string(1, c), ts}] = -1;
    }
    for (const Records& before : {Records(), full}) {
      Records expected = before;
      Records actual = before;
      apply(expected, told, false);
      apply(actual, normal, true);
      EXPECT_EQ(actual, expected) << "round " << round;
    }
  }
}

TEST(BatchReader, prefers_the_records_expiry_then_the_puts_ttl_then_the_default) {
  WriteBatch batch;
  batch.put(RecordView("a", 10, 1, 11));
  batch.put(RecordView("b", 10, 1));
  batch.put("c", 10, 1, microseconds(5));
  batch.put("d", 10, 1);
  batch.put("e", 10, 1, microseconds(0));
  EXPECT_EQ(decode(encode(batch, {.ttl = microseconds(100)})),
            (std::vector{put("a", 10, 1, 11), put("b", 10, 1, 110), put("c", 10, 1, 15),
                         put("d", 10, 1, 110), put("e", 10, 1, 10)}));
  EXPECT_EQ(decode(encode(batch))[3], put("d", 10, 1, never));
}

TEST(BatchReader, saturates_an_expiry_past_the_end_of_time) {
  WriteBatch batch;
  batch.put("a", ts_max - 1, 1, microseconds(5));
  batch.put("b", ts_min, 1, microseconds::max());
  EXPECT_EQ(decode(encode(batch)),
            (std::vector{put("a", ts_max - 1, 1, never), put("b", ts_min, 1, -1)}));
  EXPECT_EQ(decode(encode(batch, {.ttl = microseconds(1)}))[0], put("a", ts_max - 1, 1, never))
      << "a TTL of its own that is longer than time beats the default too";
}

TEST(BatchReader, takes_the_usual_batch_as_it_is) {
  WriteBatch batch;
  batch.erase_range("a", "b");
  batch.put("a", 1, 1);
  batch.put("b", 1, 1);
  batch.put("a", 2, 1);
  batch.erase("a", 2);
  EXPECT_EQ(encode(batch).thinned_payload.size, 0u);
  batch.erase_range("x", "y");
  EXPECT_NE(encode(batch).thinned_payload.size, 0u);
}

TEST(BatchReader, refuses_what_is_over_a_limit_and_names_the_operation) {
  const std::string longest(Record::key_size_max, 'k');
  {
    WriteBatch batch;
    batch.put("a", 1, 1);
    batch.put("", 1, 1);
    EXPECT_EQ(refusal(batch).code, Errc::invalid_argument);
    EXPECT_EQ(refusal(batch).where, "operation 1: an empty key");
  }
  {
    WriteBatch batch;
    batch.erase(longest + 'k', 1);
    EXPECT_EQ(refusal(batch).where, "operation 0: a key of 65536 bytes, at most 65535");
  }
  {
    WriteBatch batch;
    batch.put("a", 1, std::string(Value::size_max + 1, 'v'));
    EXPECT_EQ(refusal(batch).where, "operation 0: a value of 16777217 bytes, at most 16777216");
  }
  {
    WriteBatch batch;
    batch.put("a", 1, 1, microseconds(-1));
    EXPECT_EQ(refusal(batch).where, "operation 0: a negative TTL");
  }
  {
    WriteBatch batch;
    batch.erase_range("b", "a");
    EXPECT_EQ(refusal(batch).code, Errc::invalid_argument);
  }
  {
    WriteBatch batch;
    batch.erase_range("a", "b", TimeRange(2, 1));
    EXPECT_EQ(refusal(batch).code, Errc::invalid_argument);
  }
  {
    WriteBatch batch;
    batch.erase_range(longest, longest + "\1\1");
    EXPECT_EQ(refusal(batch).code, Errc::invalid_argument);
  }
  {
    WriteBatch batch;
    batch.put("a", 1, 1);
    EXPECT_EQ(refusal(batch, {.ttl = microseconds(-1)}).code, Errc::invalid_argument);
  }
}

TEST(BatchReader, takes_what_is_just_within_the_limits) {
  const std::string longest(Record::key_size_max, 'k');
  WriteBatch batch;
  batch.put(longest, 1, std::string(Value::size_max, 'v'));
  batch.erase_range(longest, longest + '\0', TimeRange(2, 3));
  EXPECT_EQ(decode(encode(batch)).size(), 2u);
}

TEST(BatchReader, refuses_a_series_of_another_engine_even_beside_its_own) {
  WriteBatch batch;
  batch.put(series("k", 1), 1, 1);
  EXPECT_TRUE(BatchReader::encode(batch, {.ttl = {}, .engine_id = 1}));
  EXPECT_EQ(refusal(batch, {.ttl = {}, .engine_id = 2}).where,
            "operation 0: a series of another engine");
  batch.put(series("k", 2), 2, 1);
  EXPECT_EQ(refusal(batch, {.ttl = {}, .engine_id = 1}).where,
            "operation 1: a series of another engine");
}

TEST(WriteBatch, is_as_new_after_clear) {
  WriteBatch batch;
  for (int i = 0; i < 100; ++i) batch.put("key" + std::to_string(i), 1, i);
  batch.clear();
  EXPECT_TRUE(batch.empty());
  for (int i = 0; i < 20; ++i) batch.put("key" + std::to_string(i % 10), i, i);
  const EncodedBatch encoded = encode(batch);
  EXPECT_EQ(encoded.keys.size(), 20u);
  EXPECT_EQ(decode(encoded).size(), 20u);
}

TEST(WriteBatch, remembers_no_series_of_before_where_another_comes) {
  const Series a = series("a");
  const Series b = series("b");
  WriteBatch batch;
  for (int round = 0; round < 3; ++round) {
    batch.clear();
    batch.put(a, 1, round);
    batch.put(b, 2, round);
    batch.put("key", 3, round);
    EXPECT_EQ(decode(encode(batch)),
              (std::vector{put("a", 1, round), put("b", 2, round), put("key", 3, round)}));
    batch.clear();
    batch.put("key", 1, round);
    batch.put(b, 2, round);
    batch.put(a, 3, round);
    EXPECT_EQ(decode(encode(batch)),
              (std::vector{put("key", 1, round), put("b", 2, round), put("a", 3, round)}));
  }
}

TEST(EncodedBatch, counts_its_keys_and_payload_in_its_size) {
  WriteBatch batch;
  batch.put(std::string(1000, 'k'), 1, std::string(5000, 'v'));
  EXPECT_GE(encode(batch).size(), 6000u);
}

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

Bytes payload_of(const WriteBatch& batch) {
  const EncodedBatch encoded = encode(batch);
  return {encoded.payload.begin(), encoded.payload.end()};
}

Status decode_all(ByteSpan payload, std::uint32_t key_count) {
  BatchDecoder decoder(payload, key_count);
  for (Operation op;;) {
    const Result<bool> more = decoder.next(op);
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

TEST(BatchDecoder, reads_the_golden_payload) {
  WriteBatch batch;
  batch.put("a", 5, 1.0);
  batch.put("b", 4, -2, microseconds(3));
  batch.put("a", 6, true);
  batch.put("b", 6, "hi");
  batch.erase("a", 7);
  batch.erase("a", 8);
  batch.erase_range("x", "y", TimeRange(0, 1));
  EXPECT_EQ(payload_of(batch),
            bytes_of({0x84, 10, 0, 0,   0,   0, 0,   0, 0xF0, 0x3F,  // put double
                      0xC8, 1,  3, 6,                                // put int64, expiry
                      0xAC, 4,                                       // put bool
                      0x90, 0,  2, 'h', 'i',                         // put bytes
                      0x81, 2,                                       // erase
                      0x01, 2,                                       // erase, of the same key
                      0x02, 2,  1, 'x', 2,   1, 'y', 0, 0}));        // erase_range
}

TEST(BatchDecoder, refuses_what_no_encoder_writes) {
  EXPECT_TRUE(decode_all(bytes_of({0x81, 2}), 1));
  EXPECT_FALSE(decode_all(bytes_of({0x81, 2, 0x81, 2}), 1)) << "a key that is not there";
  EXPECT_FALSE(decode_all(bytes_of({0x81, 2}), 2)) << "a key that is not used";
  EXPECT_FALSE(decode_all(bytes_of({0x01, 2}), 1)) << "the key before the first";
  EXPECT_FALSE(decode_all(bytes_of({0x85, 2}), 1)) << "an erase with a type";
  EXPECT_FALSE(decode_all(bytes_of({0x83}), 1)) << "a kind that is not there";
  EXPECT_FALSE(decode_all(bytes_of({0x80, 2}), 1)) << "a put without a type";
  EXPECT_FALSE(decode_all(bytes_of({0x94, 2, 0}), 1)) << "a type that is not there";
  EXPECT_TRUE(decode_all(bytes_of({0x88, 2, 0}), 1));
  EXPECT_FALSE(decode_all(bytes_of({0xA8, 2, 0}), 1)) << "an int64 with a bool's value";
  EXPECT_FALSE(decode_all(bytes_of({0xAC}), 1)) << "a cut operation";
  EXPECT_FALSE(decode_all(bytes_of({0x81, 0x82, 0}), 1)) << "a longer form of a number";
  EXPECT_TRUE(decode_all(bytes_of({0x02, 1, 'a', 1, 'b', 0, 0}), 0));
  EXPECT_FALSE(decode_all(bytes_of({0x82, 1, 'a', 1, 'b', 0, 0}), 1)) << "a range of a key";
  EXPECT_FALSE(decode_all(bytes_of({0x02, 1, 'b', 1, 'b', 0, 0}), 0)) << "an empty key range";
  EXPECT_FALSE(decode_all(bytes_of({0x02, 1, 'a', 1, 'b', 2, 0}), 0)) << "an empty time range";
}

TEST(BatchDecoder, refuses_a_payload_cut_inside_an_operation) {
  WriteBatch batch;
  batch.put("a", 500, 1.0, microseconds(1000));
  batch.put("a", 501, "some bytes");
  batch.erase_range("x", "y", TimeRange(100, 1000));
  const Bytes payload = payload_of(batch);
  std::size_t whole = 0;
  for (std::size_t size = 0; size <= payload.size(); ++size) {
    if (decode_all(ByteSpan(payload).first(size), 1)) ++whole;
  }
  EXPECT_EQ(whole, 3u);  // After one, two and all three.
}

}  // namespace
}  // namespace varve::engine
