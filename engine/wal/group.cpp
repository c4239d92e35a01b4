#include "engine/wal/group.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <limits>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "varve/record.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::size_t checksum_size = sizeof(std::uint64_t);
constexpr std::size_t table_size_min = 1 + 1;  // Flags, time.
constexpr std::size_t batch_entry_size_min =
    1 + 1 + 8 + 1;  // TTL, payload size, checksum, key count.
constexpr std::uint64_t ttl_end = std::uint64_t{1} << 63;  // One more than the longest.
constexpr std::size_t internal_key_size_max = Record::key_size_max + 1;
constexpr std::size_t buffer_kept_max = std::size_t{1} << 20;

// The flags that a table begins with.
constexpr std::uint8_t synchronised_flag = 1;
constexpr std::uint8_t step_flag = 2;
constexpr std::uint8_t synchronised_after_step_flag = 4;  // Only with a step.

std::uint8_t flags_of(const GroupFacts& facts) {
  const unsigned flags =
      (facts.time.synchronised ? synchronised_flag : 0U) | (facts.step ? step_flag : 0U) |
      (facts.step && facts.step->synchronised ? synchronised_after_step_flag : 0U);
  return static_cast<std::uint8_t>(flags);
}

}  // namespace

bool GroupHeader::decode(ByteSpan bytes, std::uint64_t room) {
  ByteReader reader(bytes);
  checksum = reader.take<std::uint64_t>();
  table_checksum = reader.take<std::uint64_t>();
  size = reader.take<std::uint64_t>();
  previous = reader.take<std::uint64_t>();
  first_sequence = reader.take<std::uint64_t>();
  synced = reader.take<std::uint64_t>();
  table_size = reader.take<std::uint32_t>();
  batch_count = reader.take<std::uint32_t>();
  return reader.ok() && size >= encoded_size && size <= room && table_size >= table_size_min &&
         table_size <= size - encoded_size && batch_count <= table_size / batch_entry_size_min &&
         first_sequence < sequence_end && synced < first_sequence;
}

std::uint64_t group_seed(const Uuid& database, std::uint64_t segment, std::uint64_t offset) {
  std::array<std::byte, sizeof database + sizeof segment + sizeof offset> place;
  auto at = std::ranges::copy(database, place.begin()).out;
  segment = little_endian(segment);
  offset = little_endian(offset);
  at = std::ranges::copy(std::as_bytes(std::span(&segment, 1)), at).out;
  std::ranges::copy(std::as_bytes(std::span(&offset, 1)), at);
  return checksum(place);
}

bool is_sound(const GroupHeader& header, ByteSpan bytes, std::uint64_t seed) {
  const std::size_t covered = GroupHeader::encoded_size - checksum_size;
  return header.checksum == checksum(bytes.subspan(checksum_size, covered), seed);
}

bool is_sound_table(const GroupHeader& header, ByteSpan table) {
  VARVE_ASSERT(table.size() == header.table_size);
  return header.table_checksum == checksum(table);
}

GroupEncoder::GroupEncoder(Bytes& target, const GroupFacts& facts, std::uint64_t next_sequence)
    : target_(target), writer_(target) {
  // What the table of one group of very many keys took goes with the next group.
  if (target_.capacity() > buffer_kept_max) target_ = Bytes();
  target_.assign(GroupHeader::encoded_size, std::byte{0});
  header_.first_sequence = next_sequence;
  header_.synced = facts.synced;
  writer_.put(flags_of(facts));
  writer_.put_zigzag(facts.time.time);
  if (!facts.step) return;
  VARVE_ASSERT(facts.step->sequence < next_sequence);
  writer_.put_varint(next_sequence - facts.step->sequence - 1);
  writer_.put_zigzag(facts.step->before);
  writer_.put_zigzag(facts.step->after);
}

void GroupEncoder::add_batch(std::uint64_t sequence, std::optional<Duration> default_ttl,
                             std::size_t payload_size, std::uint64_t payload_checksum,
                             std::size_t key_count) {
  if (header_.batch_count == 0) {
    VARVE_ASSERT(sequence == header_.first_sequence);
  } else {
    VARVE_ASSERT(sequence > last_sequence_);
    writer_.put_varint(sequence - last_sequence_ - 1);
  }
  last_sequence_ = sequence;
  ++header_.batch_count;
  VARVE_ASSERT(!default_ttl || default_ttl->count() >= 0);
  writer_.put_varint(default_ttl ? static_cast<std::uint64_t>(default_ttl->count()) + 1 : 0);
  writer_.put_varint(payload_size);
  writer_.put(payload_checksum);
  writer_.put_varint(key_count);
  payload_bytes_ += payload_size;
}

void GroupEncoder::add_known_key(std::uint32_t id) { writer_.put_varint(std::uint64_t{id} + 1); }

void GroupEncoder::add_new_key(std::string_view key) {
  writer_.put_varint(0);
  writer_.put_sized(key);
}

std::uint64_t GroupEncoder::seal(std::uint64_t seed, std::uint64_t previous) {
  VARVE_ASSERT(header_.synced < header_.first_sequence);
  VARVE_ASSERT(table_size() <= std::numeric_limits<std::uint32_t>::max());
  std::byte* at = target_.data() + checksum_size;
  const auto put = [&at](std::unsigned_integral auto value) {
    value = little_endian(value);
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
  };
  put(checksum(ByteSpan(target_).subspan(GroupHeader::encoded_size)));
  put(size());
  put(previous);
  put(header_.first_sequence);
  put(header_.synced);
  put(static_cast<std::uint32_t>(table_size()));
  put(header_.batch_count);
  VARVE_ASSERT(at == target_.data() + GroupHeader::encoded_size);

  const std::size_t covered = GroupHeader::encoded_size - checksum_size;
  const std::uint64_t sum = checksum(ByteSpan(target_).subspan(checksum_size, covered), seed);
  at = target_.data();
  put(sum);
  return sum;
}

bool GroupTable::take_facts(const GroupHeader& header, ByteReader& reader) {
  const auto flags = reader.take<std::uint8_t>();
  time = {reader.take_zigzag(), (flags & synchronised_flag) != 0};
  step.reset();
  if ((flags & step_flag) == 0) return flags <= synchronised_flag;
  const std::uint64_t back = reader.take_varint();
  if (back >= header.first_sequence) return false;
  step = {.sequence = header.first_sequence - back - 1,
          .before = reader.take_zigzag(),
          .after = reader.take_zigzag(),
          .synchronised = (flags & synchronised_after_step_flag) != 0};
  return flags <= (synchronised_flag | step_flag | synchronised_after_step_flag);
}

bool GroupTable::take_keys(ByteReader& reader, std::uint64_t count, std::uint32_t& known_keys) {
  if (count > reader.remaining()) return false;  // Each takes a byte at least.
  for (std::uint64_t k = 0; k < count && reader.ok(); ++k) {
    const std::uint64_t reference = reader.take_varint();
    if (reference > known_keys) return false;
    if (reference != 0) {
      keys.push_back({static_cast<std::uint32_t>(reference - 1), {}});
      continue;
    }
    const std::string_view key = reader.take_sized();
    if (key.empty() || key.size() > internal_key_size_max) return false;
    if (known_keys == std::numeric_limits<std::uint32_t>::max()) return false;
    keys.push_back({known_keys++, key});
  }
  return reader.ok();
}

Status GroupTable::decode(const GroupHeader& header, ByteSpan table, std::uint32_t known_keys) {
  batches.clear();
  keys.clear();
  ByteReader reader(table);
  if (!take_facts(header, reader)) reader.fail();
  std::uint64_t sequence = header.first_sequence;
  std::uint64_t payload_offset = header.table_end();
  for (std::uint32_t i = 0; i < header.batch_count && reader.ok(); ++i) {
    if (i > 0) {
      const std::uint64_t gap = reader.take_varint();
      if (gap >= sequence_end - sequence - 1) reader.fail();
      sequence += gap + 1;
    }
    const std::uint64_t ttl = reader.take_varint();
    if (ttl > ttl_end) reader.fail();
    const std::uint64_t payload_size = reader.take_varint();
    const auto payload_checksum = reader.take<std::uint64_t>();
    const std::uint64_t key_count = reader.take_varint();
    if (payload_size > header.size - payload_offset) reader.fail();
    if (!reader.ok() || !take_keys(reader, key_count, known_keys)) {
      reader.fail();
      break;
    }
    std::optional<Duration> default_ttl;
    if (ttl != 0) default_ttl = Duration(ttl - 1);
    batches.push_back({sequence, default_ttl, payload_offset,
                       static_cast<std::size_t>(payload_size), payload_checksum,
                       static_cast<std::size_t>(key_count)});
    payload_offset += payload_size;
  }
  if (!reader.ok() || !reader.at_end() || payload_offset != header.size) {
    return fail(Errc::corruption, "WAL group: malformed table");
  }
  return {};
}

}  // namespace varve::engine
