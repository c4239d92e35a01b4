#include "engine/wal/group.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "engine/base/checksum.hpp"
#include "engine/wal/segment.hpp"
#include "tests/engine/wal/wal_log.hpp"

namespace varve::engine {
namespace {

std::string hex(ByteSpan bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

const SegmentHeader some_header{.database = wal_database,
                                .number = 7,
                                .last_sequence = 41,
                                .chain = 0x1122334455667788,
                                .synced = 40,
                                .size = 4096,
                                .boot = {std::byte{0xB0}},
                                .time = {-2, true},
                                .recycled = true};

TEST(SegmentHeader, has_its_golden_bytes) {
  EXPECT_EQ(hex(some_header.encode()),
            "564152564557414c"                  // magic
            "01000000"                          // version
            "03000000"                          // flags
            "db010000000000000000000000000000"  // database
            "0700000000000000"                  // number
            "2900000000000000"                  // last_sequence
            "8877665544332211"                  // chain
            "2800000000000000"                  // synced
            "0010000000000000"                  // size
            "b0000000000000000000000000000000"  // boot
            "feffffffffffffff" +                // time
                std::string(48, '0') +          // reserved
                "6003024f261225c0");
}

TEST(SegmentHeader, comes_back_as_it_was) {
  EXPECT_EQ(SegmentHeader::decode(some_header.encode()).value(), some_header);
}

TEST(SegmentHeader, is_refused_with_any_bit_flipped) {
  const Bytes good = some_header.encode();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_EQ(SegmentHeader::decode(bad).error().code, Errc::corruption) << "bit " << bit;
  }
}

TEST(SegmentHeader, of_a_newer_version_is_not_taken_for_damage) {
  Bytes bytes = some_header.encode();
  bytes[8] = std::byte{2};
  bytes.resize(SegmentHeader::checksum_offset);
  ByteWriter(bytes).put(checksum(bytes));
  EXPECT_EQ(SegmentHeader::decode(bytes).error().code, Errc::unsupported_format);
}

/// Two batches; the second uses a key of the first, and one that an earlier group defined.
Bytes some_group(std::uint64_t seed) {
  Bytes bytes;
  GroupEncoder encoder(bytes, {.synced = 40, .time = {-3, true}, .step = ClockStep{39, 4, 5, true}},
                       42);
  encoder.add_batch(42, {}, 3, 0xAAAA, 1);
  encoder.add_new_key("\1k");
  encoder.add_batch(45, Duration(1), 200, 0xBBBB, 2);
  encoder.add_known_key(1);
  encoder.add_known_key(0);
  encoder.seal(seed, 0x1122334455667788);
  return bytes;
}

TEST(Group, has_its_golden_bytes) {
  EXPECT_EQ(hex(some_group(group_seed(wal_database, 7, 128))),
            "c1ecdd93cf75e55c"
            "b4927777ae3c5474"  // table_checksum
            "2601000000000000"  // size
            "8877665544332211"  // previous
            "2a00000000000000"  // first_sequence
            "2800000000000000"  // synced
            "23000000"          // table_size
            "02000000"          // batch_count
            "07"                // flags: synchronised, a step, synchronised after it
            "05"                // time
            "02"                // batches after the step's
            "08"                // before
            "0a"                // after
            "00"                // no TTL
            "03"                // payload size
            "aaaa000000000000"  // payload checksum
            "01"                // keys
            "0002016b"          // a new one
            "02"                // two sequences lie between
            "02"                // a TTL of 1
            "c801"              // payload size
            "bbbb000000000000"  // payload checksum
            "02"                // keys
            "0201");            // known ones
}

struct Decoded {
  Bytes bytes;  // What the table's views point into.
  GroupHeader header;
  GroupTable table;
};

Result<Decoded> decode(Bytes source, std::uint32_t known_keys) {
  Decoded decoded{.bytes = std::move(source), .header = {}, .table = {}};
  const ByteSpan bytes = decoded.bytes;
  if (!decoded.header.decode(bytes.first(GroupHeader::encoded_size), 1000) ||
      decoded.header.table_end() != bytes.size()) {
    return std::unexpected(Error{make_error_code(Errc::corruption), "sizes"});
  }
  const Status status =
      decoded.table.decode(decoded.header, bytes.subspan(GroupHeader::encoded_size), known_keys);
  if (!status) return std::unexpected(status.error());
  return decoded;
}

TEST(Group, comes_back_as_it_was) {
  const Decoded decoded = decode(some_group(1), 1).value();
  EXPECT_EQ(decoded.header.first_sequence, 42u);
  EXPECT_EQ(decoded.header.synced, 40u);
  EXPECT_EQ(decoded.table.time, (TrustedTime{-3, true}));
  EXPECT_EQ(decoded.table.step, (ClockStep{39, 4, 5, true}));
  ASSERT_EQ(decoded.table.batches.size(), 2u);
  EXPECT_EQ(decoded.table.batches[0].payload_offset, decoded.header.table_end());
  EXPECT_EQ(decoded.table.batches[1].sequence, 45u);
  EXPECT_EQ(decoded.table.batches[1].payload_offset, decoded.header.table_end() + 3);
  EXPECT_EQ(decoded.table.batches[1].payload_size, 200u);
  EXPECT_EQ(decoded.table.batches[1].payload_checksum, 0xBBBBu);
  ASSERT_EQ(decoded.table.keys.size(), 3u);
  EXPECT_EQ(decoded.table.keys[0].id, 1u);
  EXPECT_EQ(decoded.table.keys[0].definition, "\1k");
  EXPECT_EQ(decoded.table.keys[1].id, 1u);
  EXPECT_EQ(decoded.table.keys[2].id, 0u);
}

TEST(Group, may_not_use_a_key_that_nobody_defined) {
  EXPECT_TRUE(decode(some_group(1), 1));
  EXPECT_FALSE(decode(some_group(1), 0));
}

TEST(Group, is_not_sound_anywhere_else) {
  const Uuid other{};
  const std::uint64_t seed = group_seed(wal_database, 7, 128);
  const Bytes bytes = some_group(seed);
  GroupHeader header;
  ASSERT_TRUE(header.decode(ByteSpan(bytes).first(GroupHeader::encoded_size), 1000));
  EXPECT_TRUE(is_sound(header, bytes, seed));
  EXPECT_FALSE(is_sound(header, bytes, group_seed(other, 7, 128)));
  EXPECT_FALSE(is_sound(header, bytes, group_seed(wal_database, 8, 128)));
  EXPECT_FALSE(is_sound(header, bytes, group_seed(wal_database, 7, 136)));
}

TEST(Group, never_decodes_to_more_than_it_has) {
  const Bytes good = some_group(1);
  // Past the checksum every byte may hold anything; what decodes must add up.
  for (std::size_t at = 8; at < good.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      Bytes bytes = good;
      bytes[at] = static_cast<std::byte>(value);
      const Result<Decoded> decoded = decode(bytes, 1);
      if (!decoded) continue;
      std::uint64_t end = decoded->header.table_end();
      std::size_t keys = 0;
      for (const GroupTable::Batch& each : decoded->table.batches) {
        EXPECT_EQ(each.payload_offset, end);
        end += each.payload_size;
        keys += each.key_count;
      }
      EXPECT_EQ(end, decoded->header.size);
      EXPECT_EQ(keys, decoded->table.keys.size());
    }
  }
}

TEST(Group, refuses_sequences_past_the_last) {
  Bytes bytes = some_group(1);
  const auto put = [&](std::uint64_t first_sequence) {
    for (unsigned i = 0; i < 8; ++i) {
      bytes[32 + i] = static_cast<std::byte>(first_sequence >> (8 * i));
    }
  };
  put(sequence_end - 4);
  EXPECT_TRUE(decode(bytes, 1));
  put(sequence_end - 3);
  EXPECT_FALSE(decode(bytes, 1));
}

}  // namespace
}  // namespace varve::engine
