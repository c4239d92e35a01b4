#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/uuid.hpp"
#include "engine/record/trusted_time.hpp"
#include "varve/error.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// Sequences lie below this, so that a number which is none never leads to one that overflows.
inline constexpr std::uint64_t sequence_end = std::uint64_t{1} << 62;

/// What one append wrote begins with this. A table of its batches follows, then their payloads,
/// then zeros up to a multiple of 8.
///
///   offset  size  field           docs/format/wal.md says why
///        0     8  checksum        XXH3-64 of [8, 56), seeded with the place
///        8     8  table_checksum  XXH3-64 of the table
///       16     8  size            of header, table and payloads
///       24     8  previous        checksum of the group before, or the segment's chain
///       32     8  first_sequence  of the first batch; without one the next that may be
///       40     8  synced          the sequence up to which the log was durable
///       48     4  table_size
///       52     4  batch_count     0: it only says the time, and what is synced
struct GroupHeader {
  static constexpr std::size_t encoded_size = 56;

  std::uint64_t checksum = 0;
  std::uint64_t table_checksum = 0;
  std::uint64_t size = 0;
  std::uint64_t previous = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t synced = 0;
  std::uint32_t table_size = 0;
  std::uint32_t batch_count = 0;

  /// Any bytes may be given. False where they are under encoded_size, or the numbers make no sense
  /// in `room` bytes.
  bool decode(ByteSpan bytes, std::uint64_t room);

  std::uint64_t table_end() const { return encoded_size + std::uint64_t{table_size}; }
};

/// What a group says beside its batches.
struct GroupFacts {
  /// The sequence up to which whoever appends knows the log durable.
  std::uint64_t synced = 0;
  /// When it was appended.
  TrustedTime time;
  /// That the clock was set between the batch before and this group.
  std::optional<ClockStep> step = {};
};

constexpr std::uint64_t group_alignment = 8;
constexpr std::uint64_t aligned(std::uint64_t size) {
  return (size + group_alignment - 1) / group_alignment * group_alignment;
}

/// Ties a group to its database, segment and offset: elsewhere its checksum is wrong.
std::uint64_t group_seed(const Uuid& database, std::uint64_t segment, std::uint64_t offset);

/// Whether `bytes`, which begin with the header, are the header that was written to this place.
/// That alone proves its sizes: nobody who does not know the database's uuid can make one.
bool is_sound(const GroupHeader& header, ByteSpan bytes, std::uint64_t seed);
/// Whether the table is the one of this header. REQUIRES a sound one.
bool is_sound_table(const GroupHeader& header, ByteSpan table);

/// Writes a group's header and table.
class GroupEncoder {
 public:
  /// Overwrites `target`, which outlives the encoder. `next_sequence` is the least that the first
  /// batch may have. REQUIRES that a step of the clock is before that.
  GroupEncoder(Bytes& target, const GroupFacts& facts, std::uint64_t next_sequence);

  /// Begins a batch, whose `key_count` keys follow by number. REQUIRES ascending sequences.
  void add_batch(std::uint64_t sequence, std::optional<Duration> default_ttl,
                 std::size_t payload_size, std::uint64_t payload_checksum, std::size_t key_count);
  void add_known_key(std::uint32_t id);
  void add_new_key(std::string_view key);

  /// Of the whole group, payloads included.
  std::uint64_t size() const { return target_.size() + payload_bytes_; }
  std::uint64_t table_size() const { return target_.size() - GroupHeader::encoded_size; }

  /// Completes the header and returns the group's checksum. REQUIRES a table_size() below 4 GiB.
  std::uint64_t seal(std::uint64_t seed, std::uint64_t previous);

 private:
  Bytes& target_;
  ByteWriter writer_;
  GroupHeader header_;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

/// A group's table, decoded. Views point into the table.
struct GroupTable {
  struct Batch {
    std::uint64_t sequence;
    std::optional<Duration> default_ttl;
    std::uint64_t payload_offset;  // From the group's begin.
    std::size_t payload_size;
    std::uint64_t payload_checksum;
    std::size_t key_count;
  };
  struct Key {
    std::uint32_t id;
    std::string_view definition;  // Empty where the id is known already.
  };

  TrustedTime time;
  std::optional<ClockStep> step;
  std::vector<Batch> batches;
  std::vector<Key> keys;  // Of all batches, one after the other.

  /// For who looks at a group by itself: at most so many keys were defined before it.
  static constexpr std::uint32_t any_known_keys = std::uint32_t{1} << 31;

  /// Keeps the memory of what it held before. `known_keys` is how many ids the segment's groups
  /// have defined so far. Fails with corruption.
  [[nodiscard]] Status decode(const GroupHeader& header, ByteSpan table, std::uint32_t known_keys);

 private:
  bool take_facts(const GroupHeader& header, ByteReader& reader);
  bool take_keys(ByteReader& reader, std::uint64_t count, std::uint32_t& known_keys);
};

}  // namespace varve::engine
