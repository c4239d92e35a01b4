#pragma once

#include <cstdint>
#include <vector>

#include "engine/table/table.hpp"
#include "engine/version/version.hpp"
#include "engine/version/version_edit.hpp"
#include "varve/error.hpp"

// What there is to collect: decisions, which change nothing.

namespace varve::maintenance {

/// Tables whose rows have all expired (or are tombstones) at `now`, with no older table left that
/// they overlap, once the older ones of this list are gone. Oldest first.
std::vector<std::uint64_t> expired_tables(const engine::Version& version, Timestamp now);

/// Rows of a table that a rewrite of it alone would drop, and rows that would have to go but may
/// hide something in an older table.
struct Leftovers {
  std::uint64_t droppable = 0;
  std::uint64_t held = 0;
};

/// Whether a table can have any, judged by its bounds.
bool may_have_leftovers(const engine::Version& version, const engine::TableMeta& meta,
                        Timestamp now);

/// Counts them. Reads only the blocks that can have some.
Result<Leftovers> find_leftovers(const engine::Version& version, const engine::Table& table,
                                 Timestamp now);

/// Range tombstones for which no row is left to hide. Tables that cannot be read count as having
/// one.
std::vector<engine::FlushedTombstone> idle_tombstones(const engine::Version& version);

}  // namespace varve::maintenance
