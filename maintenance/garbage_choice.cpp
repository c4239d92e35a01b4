#include "maintenance/garbage_choice.hpp"

#include <algorithm>
#include <memory>

#include "engine/cursor/cursor.hpp"
#include "maintenance/compaction.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

using engine::RangeTombstone;
using engine::RowType;
using engine::TableMeta;
using engine::Version;

std::vector<std::uint64_t> expired_tables(const Version& version, Timestamp now) {
  std::vector<std::uint64_t> gone;
  for (std::size_t level = engine::level_count; level-- > 0;) {
    const auto& tables = version.levels[level];
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
      const TableMeta& meta = (*table)->meta();
      if (meta.expiry_max > now) continue;
      gone.push_back(meta.number);
      if (OlderTables(version, meta.number, gone).overlap(meta)) gone.pop_back();
    }
  }
  return gone;
}

namespace {

/// Of the tombstones newer than the table, those that reach into its bounds.
std::vector<RangeTombstone> reaching(const Version& version, const TableMeta& meta) {
  std::vector<RangeTombstone> ranges = version.hiding(meta.newest_flush);
  std::erase_if(
      ranges, [&](const RangeTombstone& range) { return !meta.overlaps(range.keys, range.times); });
  return ranges;
}

bool reach(const std::vector<RangeTombstone>& ranges, const engine::TableIndex::Entry& entry) {
  return std::ranges::any_of(ranges, [&](const RangeTombstone& range) {
    return !(entry.last_key < range.keys.first) && entry.first_key < range.keys.end &&
           range.times.overlaps(entry.times);
  });
}

bool hidden(const std::vector<RangeTombstone>& ranges, std::string_view key, Timestamp ts) {
  return std::ranges::any_of(ranges, [&](const RangeTombstone& range) {
    return range.times.contains(ts) && range.keys.contains(key);
  });
}

}  // namespace

bool may_have_leftovers(const Version& version, const TableMeta& meta, Timestamp now) {
  return meta.expiry_min <= now || !reaching(version, meta).empty();
}

Result<Leftovers> find_leftovers(const Version& version, const engine::Table& table,
                                 Timestamp now) {
  const TableMeta& meta = table.meta();
  const std::vector<RangeTombstone> ranges = reaching(version, meta);
  const OlderTables older(version, meta.number, {meta.number});
  Leftovers leftovers;
  VARVE_TRY(const auto index, table.index({.fill_cache = false}));
  for (std::size_t number = 0; number < index->entries.size(); ++number) {
    const auto& entry = index->entries[number];
    const bool reached = reach(ranges, entry);
    if (entry.expiry_min > now && !reached) continue;
    if (entry.expiry_max <= now && !reached &&
        !older.overlap(entry.first_key, entry.last_key, entry.times)) {
      leftovers.droppable += entry.rows;
      continue;
    }
    VARVE_TRY(const auto block, table.block(*index, number, {.fill_cache = false}));
    for (const engine::RowsView& rows : block->stretches()) {
      for (std::size_t at = 0; at < rows.size(); ++at) {
        const Timestamp ts = rows.timestamps[at];
        if (reached && hidden(ranges, rows.key, ts)) {
          ++leftovers.droppable;
        } else if (rows.type == RowType::tombstone || rows.expires_at(at) <= now) {
          ++(older.may_hold(rows.key, ts) ? leftovers.held : leftovers.droppable);
        }
      }
    }
  }
  return leftovers;
}

namespace {

/// Whether the table has a row in the range, or cannot tell.
bool holds_any(const std::shared_ptr<const engine::Table>& table, const RangeTombstone& range) {
  const auto cursor =
      engine::table_cursor(table, {range.keys, range.times, false}, {.fill_cache = false});
  for (;;) {
    const auto more = cursor->next_key();
    if (!more) return true;
    if (!*more) return false;
    const auto rows = cursor->next_rows();
    if (!rows || !rows->empty()) return true;
  }
}

}  // namespace

std::vector<engine::FlushedTombstone> idle_tombstones(const Version& version) {
  std::vector<engine::FlushedTombstone> idle;
  for (const engine::FlushedTombstone& tombstone : version.tombstones) {
    const auto tables = version.overlapping(tombstone.range.keys, tombstone.range.times);
    if (std::ranges::none_of(tables, [&](const auto& table) {
          return table->meta().newest_flush < tombstone.flush && holds_any(table, tombstone.range);
        })) {
      idle.push_back(tombstone);
    }
  }
  return idle;
}

}  // namespace varve::maintenance
