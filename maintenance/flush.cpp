#include "maintenance/flush.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

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

}  // namespace

Result<engine::VersionEdit> write_flush(const engine::Memtable& memtable,
                                        const engine::Version& version, JobFiles& files,
                                        std::uint64_t table_bytes_max) {
  VARVE_ASSERT(memtable.number() > version.flush_number);
  const std::uint64_t sequence = memtable.last_sequence();
  TableStream stream(files, 0, memtable.number(), table_bytes_max);
  const auto all_series = memtable.sorted_series();
  const std::size_t size_max = copied_size_max(files.compression());
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
