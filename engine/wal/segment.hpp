#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/bytes.hpp"
#include "engine/base/uuid.hpp"
#include "engine/record/trusted_time.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// The first 128 bytes of a segment. Groups follow, each at a multiple of 8.
///
///   offset  size  field          docs/format/wal.md says why
///        0     8  magic          "VARVEWAL"
///        8     4  version
///       12     4  flags          bit 0: recycled, bit 1: clock synchronised; the others are zero
///       16    16  database       the database's uuid
///       32     8  number         of the segment, as in its name
///       40     8  last_sequence  what earlier segments hold above it is void
///       48     8  chain          checksum of the last group before this segment, or 0
///       56     8  synced         the sequence up to which the log was durable
///       64     8  size           of the file: all of it was durable before the header
///       72    16  boot           of the machine that began it; zeros where it is not known
///       88     8  time           when it was begun
///       96    24  reserved       zero
///      120     8  checksum       XXH3-64 of bytes [0, 120)
struct SegmentHeader {
  static constexpr std::size_t encoded_size = 128;
  static constexpr std::size_t checksum_offset = 120;
  static constexpr std::uint64_t magic = 0x4C41574556524156;  // "VARVEWAL", little-endian.
  static constexpr std::uint32_t version_max = 1;

  Uuid database{};
  std::uint64_t number = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t chain = 0;
  std::uint64_t synced = 0;
  std::uint64_t size = 0;
  Uuid boot{};
  TrustedTime time;
  bool recycled = false;  // What follows the groups is old bytes, not zeros.

  Bytes encode() const;

  /// Fails with corruption, or with unsupported_format where the bytes are sound but newer.
  static Result<SegmentHeader> decode(ByteSpan bytes);

  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

}  // namespace varve::engine
