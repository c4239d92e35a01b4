#include "maintenance/flush.hpp"

#include <algorithm>
#include <cstdint>

#include "engine/base/try.hpp"

namespace varve::maintenance {

namespace {

// A flush of a large memtable makes several tables, so that compactions can take it in parts.
constexpr std::uint64_t flush_table_bytes_max = std::uint64_t{64} << 20;

}  // namespace

Result<engine::VersionEdit> write_flush(const engine::Memtable& memtable,
                                        const engine::Version& version, JobFiles& files) {
  const std::uint64_t sequence = memtable.last_sequence();
  TableStream stream(files, 0, memtable.number(), flush_table_bytes_max);
  const auto all_series = memtable.sorted_series();
  for (const engine::MemtableSeries* series : *all_series) {
    engine::MemtableRows rows(memtable, *series, engine::TimeSpan{}, sequence, false);
    for (auto stretch = rows.next(); !stretch.empty(); stretch = rows.next()) {
      VARVE_CHECK(stream.add(stretch));
    }
  }
  VARVE_CHECK(stream.finish());

  engine::VersionEdit edit;
  edit.added = files.added();
  for (auto& tombstone : memtable.range_tombstones(sequence)) {
    if (version.overlapping(tombstone.range.keys, tombstone.range.times).empty()) continue;
    engine::FlushedTombstone flushed{std::move(tombstone.range), memtable.number()};
    if (std::ranges::find(edit.tombstones_added, flushed) == edit.tombstones_added.end()) {
      edit.tombstones_added.push_back(std::move(flushed));
    }
  }
  edit.flushed_through = sequence;
  edit.flush_number = memtable.number();
  return edit;
}

}  // namespace varve::maintenance
