#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/table/table.hpp"
#include "engine/version/version_edit.hpp"

namespace varve::engine {

/// Of which a version keeps the newest.
inline constexpr std::size_t clock_steps_max = 64;

/// The immutable set of live tables and range tombstones. Shared by views, snapshots and jobs;
/// a table's file lives while any version that names it does. The order of the tables is what
/// decides which row is the newest, so it is asserted of every version that is made.
struct Version {
  /// [0]: newest first, by newest_flush and then number; may overlap in everything. Others: by
  /// first key, then time; no two tables of a level overlap in both key and time. Newer hides
  /// older: level 0 in its order, then level 1, level 2 and so on.
  std::array<std::vector<std::shared_ptr<const Table>>, level_count> levels;
  std::vector<FlushedTombstone> tombstones;  // By flush.
  /// The greatest timestamp in any table: what is newer can only be in memtables.
  Timestamp newest_ts = std::numeric_limits<Timestamp>::min();
  std::uint64_t flushed_through = 0;
  std::uint64_t flush_number = 0;
  std::uint64_t log_start = 0;
  std::optional<TrustedTime> trusted_time;  // The newest; none: nobody said.
  std::vector<ClockStep> clock_steps;       // The newest clock_steps_max, oldest first.

  /// The tables that can hold rows of the bounds, newest first in the sense above.
  std::vector<std::shared_ptr<const Table>> overlapping(const KeyRange& keys,
                                                        const TimeSpan& times) const;
  /// The range tombstones that hide rows of a table with this newest flush.
  std::vector<RangeTombstone> hiding(std::uint64_t newest_flush) const;
  /// Whether one of them hides the record.
  bool hides(std::uint64_t newest_flush, std::string_view key, Timestamp ts) const;
};

/// The version after `edit`, pure: nothing is read or written. A table that the edit removes and
/// adds again at another level stays the same object.
///
/// Fails with corruption where the edit does not fit: a table removed that is not there or added
/// twice, tables of one level (from 1 on) that overlap, a table or a range tombstone of a later
/// flush than the version's, a range tombstone without keys or times, a number that runs back or
/// from which nothing could count on.
Result<Version> apply(const Version& version, const VersionEdit& edit, const TableContext& context);

/// The version that edits, one after the other, make out of nothing. Fails as apply().
Result<Version> fold(std::span<const VersionEdit> edits, const TableContext& context);

/// The one edit that makes `version` out of nothing.
VersionEdit whole_edit_of(const Version& version);

}  // namespace varve::engine
