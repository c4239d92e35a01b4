#include "engine/wal/segment_scan.hpp"

#include <algorithm>

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

}  // namespace

Result<SegmentRest> scan_rest(SegmentReader& reader, const Uuid& database, std::uint64_t segment,
                              std::uint64_t from) {
  constexpr std::uint64_t step_size = std::uint64_t{64} << 10;
  SegmentRest rest;
  // Tables of true groups do not overlap, so they are never more than the file. Bytes made to look
  // like groups could make this quadratic.
  std::uint64_t hash_budget = 2 * reader.size();
  std::uint64_t offset = from;
  while (offset < reader.size()) {
    const std::uint64_t step = std::min(step_size, reader.size() - offset);
    VARVE_TRY(const ByteSpan bytes, reader.view(offset, step));
    if (const std::size_t end = dirty_end(bytes); end != 0) {
      rest.bytes = std::max(rest.bytes, offset - from + end);
    }
    if (offset == from && step >= group_alignment) rest.torn = word_at(bytes, 0) != 0;

    // Headers that begin in this step and end in the next are looked at with the next.
    std::uint64_t next = offset + step;
    if (next < reader.size()) next -= GroupHeader::encoded_size;
    for (std::size_t at = 0; at + GroupHeader::encoded_size <= step; at += group_alignment) {
      const std::uint64_t candidate = offset + at;
      if (candidate >= next) break;
      GroupHeader header;
      const std::uint64_t room = reader.size() - candidate;
      // The size alone settles nearly every place; zeros are most of what is scanned.
      if (word_at(bytes, at + sizeof header.checksum) - 1 >= room) continue;
      if (!header.decode(bytes.subspan(at, GroupHeader::encoded_size), room)) continue;
      if (header.table_end() > hash_budget) {
        rest.unclear = true;
        continue;
      }
      hash_budget -= header.table_end();
      VARVE_TRY(const ByteSpan table, reader.view(candidate, header.table_end()));
      if (is_sound(header, table, group_seed(database, segment, candidate))) {
        ++rest.groups;
        rest.group_bytes += header.size;
        rest.synced = std::max(rest.synced, header.synced);
        rest.bytes = std::max(rest.bytes, candidate - from + header.size);
        next = candidate + aligned(header.size);
      } else {
        if (candidate == from) rest.group_bytes += header.size;
        next = candidate + group_alignment;
      }
      break;  // The window may have moved.
    }
    offset = std::max(next, offset + group_alignment);
  }
  return rest;
}

}  // namespace varve::engine
