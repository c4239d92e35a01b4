#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// The last 128 bytes of a table file. Reading a table starts here.
///
///   offset  size  field              docs/format/table.md says why
///        0     8  number             of the file
///        8     8  blocks_size        the parts follow one another from the file's first byte on,
///       16     8  index_size         so their sizes say where each begins
///       24     8  filter_size
///       32     8  statistics_size
///       40     8  meta_size
///       48     8  origin_size
///       56     8  index_checksum     XXH3-64 each, seeded with number and offset
///       64     8  filter_checksum
///       72     8  statistics_checksum
///       80     8  meta_checksum
///       88     8  origin_checksum
///       96     8  file_checksum      XXH3-64 of everything before the footer
///      104     4  features           that a reader must know, one bit each
///      108     4  version
///      112     8  checksum           XXH3-64 of bytes [0, 112)
///      120     8  magic              "VARVETAB"
struct TableFooter {
  static constexpr std::size_t encoded_size = 128;
  static constexpr std::size_t checksum_offset = 112;
  static constexpr std::uint32_t version_max = 1;
  static constexpr std::uint32_t features_known = 0;
  static constexpr std::uint64_t magic = 0x4241'5445'5652'4156;  // "VARVETAB", little-endian.

  std::uint64_t number = 0;
  std::uint64_t blocks_size = 0;
  std::uint64_t index_size = 0;
  std::uint64_t filter_size = 0;
  std::uint64_t statistics_size = 0;
  std::uint64_t meta_size = 0;
  std::uint64_t origin_size = 0;
  std::uint64_t index_checksum = 0;
  std::uint64_t filter_checksum = 0;
  std::uint64_t statistics_checksum = 0;
  std::uint64_t meta_checksum = 0;
  std::uint64_t origin_checksum = 0;
  std::uint64_t file_checksum = 0;
  std::uint32_t features = 0;

  std::uint64_t index_offset() const { return blocks_size; }
  std::uint64_t filter_offset() const { return index_offset() + index_size; }
  std::uint64_t statistics_offset() const { return filter_offset() + filter_size; }
  std::uint64_t meta_offset() const { return statistics_offset() + statistics_size; }
  std::uint64_t origin_offset() const { return meta_offset() + meta_size; }
  std::uint64_t footer_offset() const { return origin_offset() + origin_size; }
  std::uint64_t file_size() const { return footer_offset() + encoded_size; }

  Bytes encode() const;
  /// Fails with corruption, also where the sizes do not make up a file of `file_size` bytes, or
  /// with unsupported_format where the bytes are sound but newer: `where` names the version or each
  /// feature bit.
  static Result<TableFooter> decode(std::span<const std::byte, encoded_size> bytes,
                                    std::uint64_t file_size);

  friend bool operator==(const TableFooter&, const TableFooter&) = default;
};

/// The checksum of a block or of any other part. It is seeded with the place of the
/// part, so sound bytes in the wrong place do not pass.
std::uint64_t part_checksum(ByteSpan bytes, std::uint64_t table_number, std::uint64_t offset);

}  // namespace varve::engine
