#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/table/block_size.hpp"
#include "engine/table/table_meta.hpp"
#include "maintenance/time_shape.hpp"

// Which tables to compact, and where to: pure decisions.
//
// What a compaction must respect. Newer hides older, and the order is level 0 by flush, then level
// 1, 2 and so on. Moving rows to a deeper level must not carry them below an older row of the same
// key and time: every table that may hold such a row joins the compaction.
//
// newest_flush orders tables within level 0 only. After a join in level 1 the output carries the
// larger newest_flush, even for rows that are older than late rows still in level 0. So only the
// manifest's level orders tables of different levels. Rows that a compaction leaves in level 0 get
// the newest_flush of its newest input: so no table between the inputs may overlap them.
//
// What a good one does. Level 0 gathers flushes until four of about one size lie together. Their
// rows mostly lie after everything in level 1 and go there, once, in tables of one span of time
// each. The late rows among them overlap tables of level 1. Where they are many they are merged
// into those; where they are few they stay behind in level 0, in one table that waits for more of
// its size. Tables that stayed small are joined, eight and more at a time, within the windows of
// the level they go to. So a record is written by its flush, by its way out of level 0, and
// perhaps once more.

namespace varve::maintenance {

/// A live table as the choice sees it.
struct LiveTable {
  const engine::TableMeta* meta = nullptr;
  std::uint32_t level = 0;
  const Shape* shape = nullptr;  // In level 0. Null: rows may lie anywhere in its times.
  bool blocked = false;          // Damaged: neither moved, nor passed by what overlaps it.
};

/// All of a version, newest first in the order of hiding.
using LiveTables = std::vector<LiveTable>;

struct Rules {
  std::int64_t window = 0;  // The base width, above 0.
  /// compact(): all of level 0 goes down, whether it pays or not.
  bool everything = false;

  /// So many tables of level 0 of about one size (within the factor) are worth a compaction;
  std::size_t run_tables = 4;
  std::uint64_t run_factor = 4;
  /// or so many of any sizes, of which the newest are taken.
  std::size_t pile_tables = 12;
  std::size_t pile_taken = 8;
  /// Rows that lie over tables of level 1 are merged into them from this share of their size.
  std::uint64_t share = 4;
  /// Other rows go down where at least this many bytes of them lie together, or a quarter of all.
  std::uint64_t island_bytes = std::uint64_t{1} << 20;
  /// A table is cut at a window's edge once it has this much. Tables below it are joined later.
  std::uint64_t cut_bytes = std::uint64_t{8} << 20;
  std::uint64_t table_bytes_max = std::uint64_t{32} << 20;
  /// Tables joined at once.
  std::size_t join_tables = 8;
  /// A job reads about this much at most, so that it ends, and needs little spare space.
  std::uint64_t job_bytes = std::uint64_t{128} << 20;
  /// And so many tables of the level that it begins with: each that is open takes some memory.
  std::size_t job_tables = 64;
  /// Regions of one job; and so many of them are written side by side: each that is takes some
  /// memory, and the more there are, the less often a block over several is read.
  std::size_t regions_max = 16;
  std::size_t regions_at_once = 4;

  /// A flush of a large memtable makes several tables, so that compactions can take it in parts.
  std::uint64_t flush_table_bytes = std::uint64_t{64} << 20;
  /// Of all tables that are written.
  engine::BlockSize block_size = {};
};

/// A span of time whose rows go to one place.
struct Region {
  engine::TimeSpan times;
  std::uint64_t bytes = 0;  // About.
};

struct CompactionPlan {
  std::uint32_t output_level = 1;
  std::vector<std::uint64_t> inputs;  // Table numbers, newest first.
  /// Ascending, disjoint. Rows in them go to the output level, cut between regions; rows outside
  /// of all, which only level 0 has, stay in level 0 in one table.
  std::vector<Region> regions;
};

/// The most useful compaction, or none that pays. Every plan makes progress: tables of level 0
/// become fewer, or rows go to higher levels. Of the regions that are to be had, those that hold a
/// row of level 0 for sure come first. So only with `everything`, and where damaged tables are over
/// all rows whose times are known, a plan may turn out to move no row: where the caller sees that,
/// nothing more is to be had.
std::optional<CompactionPlan> choose_compaction(const LiveTables& tables, const Rules& rules);

/// From level 0, given what to begin with: positions in `tables`. Takes along what has to come.
std::optional<CompactionPlan> plan_level0(const LiveTables& tables, const Rules& rules,
                                          const std::vector<std::size_t>& seeds);

/// The same, given positions in level 0, newest first, of which it begins with the oldest: as many
/// as one job takes. With newer ones where nothing can be done with those, for damage beside them.
std::optional<CompactionPlan> plan_oldest(const LiveTables& tables, const Rules& rules,
                                          std::span<const std::size_t> positions);

/// Small tables of one window into one of a higher level.
std::optional<CompactionPlan> choose_join(const LiveTables& tables, const Rules& rules);

/// The first of the tables at `positions` (of one level, 1 or up, and not damaged) with every older
/// table that it overlaps, so that nothing is left for its tombstones to hide. The others come
/// along as far as they lie over the same tables, while that is no more than a job takes. None
/// where nothing older is there, or a damaged one is among it.
std::optional<CompactionPlan> plan_merge_down(const LiveTables& tables, const Rules& rules,
                                              const std::vector<std::size_t>& positions);

/// Whether the plan leaves every answer as it is, by all that is known of the tables without
/// reading them: its inputs are sound tables, newest first, none below the output level; no row
/// comes to lie below an older one, or above a newer one, that is not an input; only rows of level
/// 0 lie outside its regions; and what it writes overlaps nothing that stays at the output level.
bool is_sound(const CompactionPlan& plan, const LiveTables& tables);

}  // namespace varve::maintenance
