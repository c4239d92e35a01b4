#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/table/table.hpp"
#include "engine/version/version_edit.hpp"

namespace varve::engine {

inline constexpr std::size_t level_count = 8;

/// The immutable set of live tables and range tombstones. Shared by views, snapshots and jobs;
/// a table's file lives while any version that names it does.
struct Version {
  /// [0]: newest first, by newest_flush and then number; may overlap in everything. Others: by
  /// first key, then time; no two tables of a level overlap in both key and time. Newer hides
  /// older: level 0 in its order, then level 1, level 2 and so on.
  std::array<std::vector<std::shared_ptr<const Table>>, level_count> levels;
  std::vector<FlushedTombstone> tombstones;  // By flush.
  std::uint64_t flushed_through = 0;
  std::uint64_t flush_number = 0;
  std::uint64_t log_start = 0;

  /// The tables that can hold rows of the bounds, newest first in the sense above.
  std::vector<std::shared_ptr<const Table>> overlapping(const KeyRange& keys,
                                                        const TimeSpan& times) const;
  /// The range tombstones that hide rows of a table with this newest flush.
  std::vector<RangeTombstone> hiding(std::uint64_t newest_flush) const;
};

/// The version after `edit`, pure. Fails with corruption where the edit does not fit: a table
/// removed that is not there, or added twice.
Result<Version> apply(const Version& version, const VersionEdit& edit, const TableContext& context);

/// The one edit that makes `version` out of nothing.
VersionEdit snapshot_of(const Version& version);

}  // namespace varve::engine
