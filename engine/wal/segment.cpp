#include "engine/wal/segment.hpp"

#include <algorithm>
#include <string>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/wal/group.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::uint32_t recycled_flag = 1;
constexpr std::uint32_t synchronised_flag = 2;
constexpr std::size_t reserved_size = 24;

}  // namespace

Bytes SegmentHeader::encode() const {
  Bytes bytes;
  bytes.reserve(encoded_size);
  ByteWriter writer(bytes);
  writer.put(magic);
  writer.put(version_max);
  writer.put((recycled ? recycled_flag : 0U) | (time.synchronised ? synchronised_flag : 0U));
  writer.put_bytes(database);
  writer.put(number);
  writer.put(last_sequence);
  writer.put(chain);
  writer.put(synced);
  writer.put(size);
  writer.put_bytes(ByteSpan(boot));
  writer.put(static_cast<std::uint64_t>(time.time));
  bytes.resize(checksum_offset);
  writer.put(checksum(bytes));
  VARVE_ASSERT(bytes.size() == encoded_size);
  return bytes;
}

Result<SegmentHeader> SegmentHeader::decode(ByteSpan bytes) {
  ByteReader reader(bytes);
  const auto found_magic = reader.take<std::uint64_t>();
  const auto version = reader.take<std::uint32_t>();
  const auto flags = reader.take<std::uint32_t>();
  SegmentHeader header;
  std::ranges::copy(reader.take_bytes(header.database.size()), header.database.begin());
  header.number = reader.take<std::uint64_t>();
  header.last_sequence = reader.take<std::uint64_t>();
  header.chain = reader.take<std::uint64_t>();
  header.synced = reader.take<std::uint64_t>();
  header.size = reader.take<std::uint64_t>();
  std::ranges::copy(reader.take_bytes(header.boot.size()), header.boot.begin());
  header.time = {static_cast<Timestamp>(reader.take<std::uint64_t>()),
                 (flags & synchronised_flag) != 0};
  header.recycled = (flags & recycled_flag) != 0;
  const ByteSpan reserved = reader.take_bytes(reserved_size);
  const auto found_checksum = reader.take<std::uint64_t>();
  if (!reader.ok() || !reader.at_end()) return fail(Errc::corruption, "segment header: size");
  if (found_magic != magic) return fail(Errc::corruption, "segment header: magic");
  if (found_checksum != checksum(bytes.first(checksum_offset))) {
    return fail(Errc::corruption, "segment header: checksum");
  }
  // The version is judged after the checksum, so a flipped bit is never taken for the future.
  if (version == 0 || version > version_max) {
    return fail(Errc::unsupported_format, "segment header: version " + std::to_string(version));
  }
  if ((flags & ~(recycled_flag | synchronised_flag)) != 0 ||
      std::ranges::any_of(reserved, [](std::byte byte) { return byte != std::byte{0}; })) {
    return fail(Errc::corruption, "segment header: reserved bits");
  }
  if (header.last_sequence >= sequence_end || header.synced >= sequence_end) {
    return fail(Errc::corruption, "segment header: sequence");
  }
  return header;
}

}  // namespace varve::engine
