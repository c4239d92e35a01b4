#include "engine/wal/segment_scan.hpp"

#include <algorithm>

#include "engine/base/checksum.hpp"
#include "engine/io/io_error.hpp"
#include "engine/record/key.hpp"
#include "engine/record/payload.hpp"
#include "engine/wal/group.hpp"

namespace varve::engine {

namespace {

std::uint64_t word_at(ByteSpan bytes, std::size_t offset) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return little_endian(word);
}

/// One past the last byte that is not zero, or 0.
std::size_t dirty_end(ByteSpan bytes) {
  std::size_t end = bytes.size();
  while (end % sizeof(std::uint64_t) != 0 && bytes[end - 1] == std::byte{0}) --end;
  if (end % sizeof(std::uint64_t) != 0) return end;
  while (end != 0 && word_at(bytes, end - sizeof(std::uint64_t)) == 0) {
    end -= sizeof(std::uint64_t);
  }
  while (end != 0 && bytes[end - 1] == std::byte{0}) --end;
  return end;
}

void widen(std::optional<TimeSpan>& times, const TimeSpan& by) {
  times = times ? TimeSpan{std::min(times->first, by.first), std::max(times->last, by.last)} : by;
}

/// Whether the group says that it is a key of a user.
bool is_users(const GroupTable::Key& key) {
  return !key.definition.empty() && space_of(key.definition) == KeySpace::user;
}

/// Adds what one batch's payload says of times. Labels and notes lie at time 0; of a key that an
/// earlier group defined nothing tells here whose it is, so at that time it is taken for one of
/// them.
void add_times(ByteSpan payload, std::span<const GroupTable::Key> keys,
               std::optional<TimeSpan>& times) {
  BatchDecoder decoder(payload, static_cast<std::uint32_t>(keys.size()));
  Operation operation;
  while (decoder.next(operation).value_or(false)) {
    if (operation.kind == Operation::Kind::erase_range) continue;
    if (operation.ts == 0 && !is_users(keys[operation.key])) continue;
    widen(times, {operation.ts, operation.ts});
  }
}

/// What a group with a sound header holds. Batches whose payload is damaged do not count.
SoundGroups content_of(const GroupHeader& header, ByteSpan group) {
  SoundGroups found;
  const ByteSpan stored = group.subspan(GroupHeader::encoded_size, header.table_size);
  GroupTable table;
  if (!is_sound_table(header, stored)) return found;
  if (!table.decode(header, stored, GroupTable::any_known_keys)) return found;
  bool whole = true;
  std::span<const GroupTable::Key> left(table.keys);
  for (const GroupTable::Batch& batch : table.batches) {
    const auto keys = left.first(batch.key_count);
    left = left.subspan(batch.key_count);
    const ByteSpan payload =
        group.subspan(static_cast<std::size_t>(batch.payload_offset), batch.payload_size);
    if (checksum(payload) != batch.payload_checksum) {
      whole = false;
      continue;
    }
    add_times(payload, keys, found.times);
    if (found.batches++ == 0) found.first_sequence = batch.sequence;
    found.last_sequence = batch.sequence;
  }
  for (const GroupTable::Key& key : table.keys) {
    if (found.keys.size() == SoundGroups::keys_named_max) break;
    if (is_users(key)) found.keys.emplace_back(key.definition);
  }
  found.groups = whole ? 1 : 0;
  return found;
}

}  // namespace

void SoundGroups::add(const SoundGroups& other) {
  groups += other.groups;
  if (other.batches != 0) {
    first_sequence =
        batches == 0 ? other.first_sequence : std::min(first_sequence, other.first_sequence);
    last_sequence = std::max(last_sequence, other.last_sequence);
  }
  batches += other.batches;
  if (other.times) widen(times, *other.times);
  for (const std::string& key : other.keys) {
    if (keys.size() == keys_named_max) return;
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  }
}

namespace {

class Scan {
 public:
  Scan(SegmentReader& reader, const Uuid& database, std::uint64_t segment, std::uint64_t from)
      : reader_(reader), database_(database), segment_(segment), from_(from) {}

  Result<SegmentRest> run() {
    std::uint64_t offset = from_;
    while (offset < reader_.size()) {
      const auto next = look_from(offset);
      if (next) {
        offset = std::max(*next, offset + group_alignment);
      } else if (!is_damage(next.error())) {
        return std::unexpected(next.error());
      } else if (!rest_.unreadable) {
        rest_.unreadable = true;  // From here on sector by sector, the ones of this step too.
      } else {
        offset = (offset / sector_size + 1) * sector_size;
      }
    }
    return std::move(rest_);
  }

 private:
  static constexpr std::uint64_t step_size = std::uint64_t{64} << 10;
  /// What a device reads, or does not, as one.
  static constexpr std::uint64_t sector_size = 512;

  /// Looks at a step's places, up to one behind which it has to read on. Returns where to go on.
  Result<std::uint64_t> look_from(std::uint64_t offset) {
    const std::uint64_t step =
        std::min(rest_.unreadable ? sector_size : step_size, reader_.size() - offset);
    VARVE_TRY(const ByteSpan bytes, reader_.view(offset, step));
    if (const std::size_t end = dirty_end(bytes); end != 0) {
      rest_.bytes = std::max(rest_.bytes, offset - from_ + end);
    }
    if (offset == from_ && step >= group_alignment) rest_.torn = word_at(bytes, 0) != 0;

    // Headers that begin in this step and end in the next are looked at with the next.
    std::uint64_t next = offset + step;
    if (next < reader_.size()) next -= GroupHeader::encoded_size;
    for (std::size_t at = 0; at + GroupHeader::encoded_size <= step; at += group_alignment) {
      const std::uint64_t candidate = offset + at;
      if (candidate >= next) break;
      GroupHeader header;
      const std::uint64_t room = reader_.size() - candidate;
      // The size alone settles nearly every place; zeros are most of what is scanned.
      constexpr std::size_t size_offset = 16;
      if (word_at(bytes, at + size_offset) - GroupHeader::encoded_size >= room) continue;
      if (!header.decode(bytes.subspan(at, GroupHeader::encoded_size), room)) continue;
      // The bytes at the point are a group's beginning, whatever became of them.
      if (candidate == from_) rest_.group_bytes += header.size;
      const std::uint64_t seed = group_seed(database_, segment_, candidate);
      if (!is_sound(header, bytes.subspan(at), seed)) continue;
      return take(header, candidate);  // The window may move.
    }
    return next;
  }

  /// A group with a sound header. Returns where it ends.
  Result<std::uint64_t> take(const GroupHeader& header, std::uint64_t at) {
    rest_.synced = std::max(rest_.synced, header.synced);
    if (header.batch_count != 0) {
      rest_.sequence = std::max(rest_.sequence, header.first_sequence + header.batch_count - 1);
    }
    rest_.bytes = std::max(rest_.bytes, at - from_ + header.size);
    if (at != from_) rest_.group_bytes += header.size;
    VARVE_TRY(const ByteSpan group, reader_.view(at, header.size));
    const SoundGroups content = content_of(header, group);
    const bool holds_any = content.groups != 0 || content.batches != 0;
    if (holds_any && !rest_.first_sound) rest_.first_sound = at;
    rest_.sound.add(content);
    return at + aligned(header.size);
  }

  SegmentReader& reader_;
  const Uuid& database_;
  const std::uint64_t segment_;
  const std::uint64_t from_;
  SegmentRest rest_;
};

}  // namespace

Result<SegmentRest> scan_rest(SegmentReader& reader, const Uuid& database, std::uint64_t segment,
                              std::uint64_t from) {
  return Scan(reader, database, segment, from).run();
}

}  // namespace varve::engine
