#include "maintenance/flush.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/memtable/short_rows.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

namespace {

// zstd is tried where packed values take over 40 bits each. A smaller block comes out the same
// whether it is copied or encoded again.
constexpr std::size_t copied_size_without_zstd = std::size_t{1024} * 5;

std::size_t copied_size_max(Compression compression) {
  return compression == Compression::none ? std::numeric_limits<std::size_t>::max()
                                          : copied_size_without_zstd;
}

Status write_series(engine::MemtableRows rows, std::size_t size_max, TableStream& stream) {
  while (true) {
    if (const auto packed = rows.next_packed(size_max)) {
      VARVE_CHECK(stream.add(*packed));
      continue;
    }
    const engine::RowsView stretch = rows.next();
    if (stretch.empty()) return {};
    VARVE_CHECK(stream.add(stretch));
  }
}

/// The memtable's range tombstones that a table of the version has something for to hide.
std::vector<engine::FlushedTombstone> tombstones_to_keep(const engine::Memtable& memtable,
                                                         const engine::Version& version) {
  std::vector<engine::FlushedTombstone> kept;
  for (auto& tombstone : memtable.range_tombstones(memtable.last_sequence())) {
    if (version.overlapping(tombstone.range.keys, tombstone.range.times).empty()) continue;
    engine::FlushedTombstone flushed{std::move(tombstone.range), memtable.number()};
    if (std::ranges::find(kept, flushed) == kept.end()) kept.push_back(std::move(flushed));
  }
  return kept;
}

engine::TableOrigin origin_of(const engine::VersionEdit& edit, const engine::Memtable& memtable,
                              const engine::Version& version, const JobSettings& settings) {
  engine::TableOrigin origin;
  origin.database = settings.database;
  origin.written = settings.written;
  origin.maker = engine::TableOrigin::Maker::flush;
  origin.first_sequence = memtable.base_sequence() + 1;
  origin.last_sequence = *edit.flushed_through;
  origin.flush_number = *edit.flush_number;
  origin.flushed_through = *edit.flushed_through;
  origin.log_start = *edit.log_start;
  std::vector<engine::FlushedTombstone> held = version.tombstones;
  held.insert(held.end(), edit.tombstones_added.begin(), edit.tombstones_added.end());
  origin.list(held);
  return origin;
}

}  // namespace

Result<engine::VersionEdit> write_flush(const engine::Memtable& memtable,
                                        const engine::Version& version, std::uint64_t log_start,
                                        JobFiles& files, std::uint64_t table_bytes_max) {
  VARVE_ASSERT(memtable.number() > version.flush_number);
  const std::uint64_t sequence = memtable.last_sequence();
  engine::VersionEdit edit;
  edit.tombstones_added = tombstones_to_keep(memtable, version);
  edit.flushed_through = sequence;
  edit.flush_number = memtable.number();
  edit.clock_steps = memtable.clock_steps();
  edit.log_start = log_start;

  const JobSettings& settings = files.settings();
  TableStream stream(files, origin_of(edit, memtable, version, settings), memtable.number(),
                     table_bytes_max);
  const auto all_series = memtable.sorted_series();
  const std::size_t size_max = copied_size_max(settings.compression);
  engine::ShortRows short_rows(memtable, engine::TimeSpan{}, sequence);
  std::span<const engine::MemtableSeries* const> left(*all_series);
  while (!left.empty()) {
    if (const std::size_t taken = short_rows.read(left); taken > 0) {
      for (const engine::RowsView& rows : short_rows.rows()) VARVE_CHECK(stream.add(rows));
      left = left.subspan(taken);
    } else {
      VARVE_CHECK(write_series({memtable, *left.front(), engine::TimeSpan{}, sequence, false},
                               size_max, stream));
      left = left.subspan(1);
    }
  }
  VARVE_CHECK(stream.finish());
  edit.added = files.added();
  return edit;
}

}  // namespace varve::maintenance
