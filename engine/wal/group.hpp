#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/uuid.hpp"
#include "varve/error.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// What one append wrote begins with this. A table of its batches follows, then their payloads,
/// then zeros up to a multiple of 8.
///
///   offset  size  field           docs/format/wal.md says why
///        0     8  checksum        XXH3-64 of [8, 48 + table_size), seeded with the place
///        8     8  size            of header, table and payloads
///       16     8  previous        checksum of the group before, or the segment's chain
///       24     8  first_sequence  of the first batch
///       32     8  synced          the sequence up to which the log was durable
///       40     4  table_size
///       44     4  batch_count     at least 1
struct GroupHeader {
  static constexpr std::size_t encoded_size = 48;

  std::uint64_t checksum = 0;
  std::uint64_t size = 0;
  std::uint64_t previous = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t synced = 0;
  std::uint32_t table_size = 0;
  std::uint32_t batch_count = 0;

  /// Any bytes may be given. False where they are under encoded_size, or the sizes make no sense in
  /// `room` bytes.
  bool decode(ByteSpan bytes, std::uint64_t room);

  std::uint64_t table_end() const { return encoded_size + std::uint64_t{table_size}; }
};

constexpr std::uint64_t group_alignment = 8;
constexpr std::uint64_t aligned(std::uint64_t size) {
  return (size + group_alignment - 1) / group_alignment * group_alignment;
}

/// Ties a group to its database, segment and offset: elsewhere its checksum is wrong.
std::uint64_t group_seed(const Uuid& database, std::uint64_t segment, std::uint64_t offset);

/// Whether `bytes`, a header and its table, are as they were written.
bool is_sound(const GroupHeader& header, ByteSpan bytes, std::uint64_t seed);

/// Writes a group's header and table.
class GroupEncoder {
 public:
  /// Overwrites `target`, which outlives the encoder.
  explicit GroupEncoder(Bytes& target);

  /// Begins a batch, whose `key_count` keys follow by number. REQUIRES ascending sequences.
  void add_batch(std::uint64_t sequence, std::optional<Duration> default_ttl,
                 std::size_t payload_size, std::uint64_t payload_checksum, std::size_t key_count);
  void add_known_key(std::uint32_t id);
  void add_new_key(std::string_view key);

  /// Of the whole group, payloads included.
  std::uint64_t size() const { return target_.size() + payload_bytes_; }
  std::uint64_t table_size() const { return target_.size() - GroupHeader::encoded_size; }

  /// Completes the header and returns the group's checksum. REQUIRES a table_size() below 4 GiB.
  std::uint64_t seal(std::uint64_t seed, std::uint64_t previous, std::uint64_t synced);

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

  std::vector<Batch> batches;
  std::vector<Key> keys;  // Of all batches, one after the other.

  /// Keeps the memory of what it held before. `known_keys` is how many ids the segment's groups
  /// have defined so far. Fails with corruption.
  [[nodiscard]] Status decode(const GroupHeader& header, ByteSpan table, std::uint32_t known_keys);
};

}  // namespace varve::engine
