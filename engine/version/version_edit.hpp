#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/record/flushed_tombstone.hpp"
#include "engine/record/level.hpp"
#include "engine/record/trusted_time.hpp"
#include "engine/table/table_meta.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// One change of the version, as the manifest stores it (docs/format/manifest.md). The first
/// record of a manifest is the edit that makes the whole version out of nothing.
struct VersionEdit {
  struct Added {
    std::uint32_t level = 0;  // Below level_count.
    TableMeta meta;
    friend bool operator==(const Added&, const Added&) = default;
  };

  std::vector<Added> added;
  std::vector<std::uint64_t> removed;  // Table numbers.
  std::vector<FlushedTombstone> tombstones_added;
  std::vector<FlushedTombstone> tombstones_removed;
  std::optional<std::uint64_t> flushed_through;  // Sequence: everything at or below is in tables.
  std::optional<std::uint64_t> flush_number;     // The newest flush.
  std::optional<std::uint64_t> log_start;        // The first WAL segment that is still needed.
  std::optional<std::uint64_t> next_file;        // Numbers below were given away.
  // Written last by close(): whatever follows an earlier record's damage is then not a torn tail.
  // With flushed_through no batch beyond that was ever visible.
  bool closed = false;
  std::optional<TrustedTime> trusted_time;
  std::vector<ClockStep> clock_steps;  // In their order.

  void encode(ByteWriter& writer) const;
  /// Any bytes may be given. What decodes encodes back to the same bytes; what does not is
  /// corruption, or unsupported_format where it holds a field that this version does not know.
  static Result<VersionEdit> decode(ByteSpan bytes);

  friend bool operator==(const VersionEdit&, const VersionEdit&) = default;
};

}  // namespace varve::engine
