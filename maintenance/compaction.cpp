#include "maintenance/compaction.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/cursor/cursor.hpp"
#include "maintenance/compaction_input.hpp"
#include "varve/try.hpp"

// Runs one compaction: merges of the inputs, newest first, of which each row goes one of three
// ways.
//
// - It is gone: a newer row replaces it (the merge does that), or it is a tombstone or has expired,
//   and no table that is no input may hold an older row for it to hide (OlderTables).
// - It lies in a region of the plan: it goes to the stream of that region, at the output level.
// - It lies in none: it waits in one table of level 0.
//
// A few regions are merged at once, and what waits with the last of them: what hides a row has its
// moment, so it lies in the same one. So few tables are written at a time, and of the inputs those
// are open that have something there. A block that lies in regions of two merges is read twice.
//
// Blocks to which nothing happens are copied without being decoded (pass_block()), which is most of
// a compaction out of level 0. A row that has expired is kept as long as an older one lies below:
// dropped, it would uncover that.
//
// Nothing changes until the edit is applied, so a job may fail anywhere. An error that is an
// input's is noted with its table: the next choice goes around it.

namespace varve::maintenance {

using engine::Cursor;
using engine::RowsView;
using engine::RowType;

OlderTables::OlderTables(const engine::Version& version, std::uint64_t newest,
                         const std::vector<std::uint64_t>& inputs) {
  bool older = false;
  for (std::size_t level = 0; level < engine::level_count; ++level) {
    bool here = false;
    for (const TablePointer& table : version.levels[level]) {
      const std::uint64_t number = table->meta().number;
      here = here || number == newest;
      const bool input = std::ranges::find(inputs, number) != inputs.end();
      if ((older || (here && level == 0)) && !input) tables_.push_back(&table->meta());
    }
    older = older || here;  // Tables of one level above 0 have no row in common.
  }
}

bool OlderTables::may_hold(std::string_view key, Timestamp ts) const {
  return std::ranges::any_of(tables_, [&](const engine::TableMeta* meta) {
    return meta->times.contains(ts) && meta->first_key <= key && key <= meta->last_key;
  });
}

bool OlderTables::overlap(std::string_view first_key, std::string_view last_key,
                          const engine::TimeSpan& times) const {
  return std::ranges::any_of(tables_, [&](const engine::TableMeta* meta) {
    return meta->times.overlaps(times) && meta->first_key <= last_key &&
           first_key <= meta->last_key;
  });
}

namespace {

// Rows between two looks at what outranks a compaction: some milliseconds' work.
constexpr std::uint64_t quantum_rows = std::uint64_t{64} * 1024;

using StatisticsPointer = std::shared_ptr<const engine::TableStatistics>;

class Compaction {
 public:
  Compaction(const CompactionJob& job, JobFiles& files, BrokenInput& broken)
      : job_(job),
        files_(files),
        broken_(broken),
        copied_rows_min_(files.settings().block_size.rows / 2),
        older_(*job.version, job.plan.inputs.front(), job.plan.inputs) {
    const auto& level0 = job.version->levels[0];
    for (const std::uint64_t number : job.plan.inputs) {
      inputs_.push_back(find(number));
      const engine::TableMeta& meta = inputs_.back()->meta();
      all_.add(meta);
      const bool is_waiting = std::ranges::find(level0, inputs_.back()) != level0.end();
      // Of the others no row is looked for outside.
      VARVE_ASSERT(is_waiting || is_in_regions(meta.times));
      if (is_waiting) {
        level0_.push_back(inputs_.back());
        waiting_.add(meta);
      }
      rows_read_ += meta.rows;
      outcome_.bytes_read += meta.size;
      outcome_.edit.removed.push_back(meta.number);
    }
  }

  Result<CompactionOutcome> run() {
    const std::size_t at_once = std::max<std::size_t>(job_.regions_at_once, 1);
    while (!is_last_) {
      is_last_ = job_.plan.regions.size() - end_ <= at_once;
      end_ = is_last_ ? job_.plan.regions.size() : end_ + at_once;
      VARVE_CHECK(merge());
    }
    outcome_.edit.added = files_.added();
    VARVE_ASSERT(tables_are_apart());
    outcome_.rows_gone = rows_read_ - files_.rows();
    return std::move(outcome_);
  }

 private:
  /// Where rows come from.
  struct Sources {
    std::uint64_t newest_flush = 0;
    std::uint64_t first_sequence = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t last_sequence = 0;

    void add(const engine::TableMeta& input) {
      newest_flush = std::max(newest_flush, input.newest_flush);
      first_sequence = std::min(first_sequence, input.first_sequence);
      last_sequence = std::max(last_sequence, input.last_sequence);
    }
  };

  /// Of tables with rows of these sources. They replace all inputs all the same.
  engine::TableOrigin origin_of(std::uint32_t level, const Sources& sources) const {
    const engine::Version& version = *job_.version;
    engine::TableOrigin origin;
    origin.database = files_.settings().database;
    origin.written = files_.settings().written;
    origin.maker = engine::TableOrigin::Maker::compaction;
    origin.level = level;
    origin.first_sequence = sources.first_sequence;
    origin.last_sequence = sources.last_sequence;
    origin.flush_number = version.flush_number;
    origin.flushed_through = version.flushed_through;
    origin.log_start = version.log_start;
    origin.replaced = job_.plan.inputs;
    std::ranges::sort(origin.replaced);
    origin.list(version.tombstones);
    return origin;
  }

  TablePointer find(std::uint64_t number) const {
    for (const auto& level : job_.version->levels) {
      for (const TablePointer& table : level) {
        if (table->meta().number == number) return table;
      }
    }
    // A plan names tables of its version.
    VARVE_ASSERT(false);
    return nullptr;
  }

  /// Tables of about one size, rather than full ones and a small rest.
  std::uint64_t table_bytes(const Region& region) const {
    const std::uint64_t count = region.bytes / job_.table_bytes_max + 1;
    return count == 1 ? job_.table_bytes_max : region.bytes / count + 1;
  }

  /// Merges what lies in the regions [begin_, end_), and in the last merge what lies in none.
  Status merge() {
    begin_streams();
    const auto cursor = open();
    for (;;) {
      VARVE_TRY(const bool more, cursor->next_key());
      if (!more) break;
      for (;;) {
        VARVE_TRY(std::size_t passed, pass_block(*cursor));
        if (passed == 0) {
          VARVE_TRY(const RowsView rows, cursor->next_rows());
          if (rows.empty()) break;
          VARVE_CHECK(route(rows));
          passed = rows.size();
        }
        give_way(passed);
      }
    }
    for (TableStream& stream : streams_) VARVE_CHECK(stream.finish());
    statistics_.clear();
    begin_ = end_;
    return {};
  }

  void begin_streams() {
    streams_.clear();
    for (std::size_t at = begin_; at < end_; ++at) {
      streams_.emplace_back(files_, origin_of(job_.plan.output_level, all_), all_.newest_flush,
                            table_bytes(job_.plan.regions[at]));
    }
    // What waits in level 0 stays one table, however large: so tables there become fewer. All its
    // rows are of level 0. The newest flush of a deeper input may be above that of tables of level
    // 0 which are newer than these rows, and must not lift them above those.
    streams_.emplace_back(files_, origin_of(0, waiting_), waiting_.newest_flush,
                          std::numeric_limits<std::uint64_t>::max());
  }

  /// The inputs that have rows for this merge.
  std::unique_ptr<Cursor> open() {
    const auto begin = job_.plan.regions.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto end = job_.plan.regions.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto has_rows = [&](const engine::TimeSpan& times) {
      return std::any_of(begin, end,
                         [&](const Region& region) { return region.times.overlaps(times); });
    };
    engine::TimeSpan times;
    if (!is_last_) times = {begin->times.first, std::prev(end)->times.last};
    std::vector<engine::MergeInput> sources;
    for (const TablePointer& input : inputs_) {
      const engine::TableMeta& meta = input->meta();
      const bool waits = is_last_ && std::ranges::find(level0_, input) != level0_.end();
      if (!waits && !has_rows(meta.times)) continue;
      auto cursor =
          input_cursor(input, times, broken_, [this, of = input.get()] { statistics_.erase(of); });
      sources.push_back({std::move(cursor), job_.version->hiding(meta.newest_flush)});
    }
    return engine::merge_cursor(std::move(sources), false);
  }

  /// Does what outranks this, every few blocks.
  void give_way(std::size_t rows) {
    quantum_ += rows;
    if (quantum_ < quantum_rows) return;
    quantum_ = 0;
    if (job_.between) job_.between();
  }

  /// Deals with the block that comes next without decoding it, where it lies in one place: passes
  /// over it where that is another merge's, and copies it as it is where nothing is to be changed
  /// in it. Says how many rows it has, or 0.
  Result<std::size_t> pass_block(Cursor& cursor) {
    const auto block = cursor.peek_block();
    if (!block) return 0;
    const engine::TableIndex::Entry& entry = block->entry();
    const auto region = region_at(entry.times.first);
    const bool inside = has(region, entry.times.first);
    const bool in_one_place =
        region == job_.plan.regions.end() ||
        (inside ? entry.times.last <= region->times.last : entry.times.last < region->times.first);
    if (!in_one_place) return 0;
    TableStream* const stream = stream_of(region, inside);
    if (stream == nullptr) {
      cursor.skip_block();
      return entry.rows;
    }
    if (entry.rows < copied_rows_min_ || entry.expiry_min <= job_.now) return 0;
    return copy_block(cursor, *block, *stream);
  }

  /// Small blocks are packed anew with their neighbours: where a few rows wait to be packed, they
  /// and this block become two that are equally large, and the next one can be copied again.
  Result<std::size_t> copy_block(Cursor& cursor, const engine::StoredBlock& block,
                                 TableStream& stream) {
    const std::size_t rows = block.entry().rows;
    const std::size_t pending = stream.pending_rows(block.entry().first_key);
    if (pending != 0 && pending < copied_rows_min_) {
      VARVE_TRY(const RowsView read, cursor.next_rows());
      const std::size_t first = std::min((pending + rows) / 2 - pending, read.size());
      VARVE_CHECK(stream.add(read.slice(0, first)));
      VARVE_CHECK(stream.end_block());
      VARVE_CHECK(stream.add(read.slice(first, read.size() - first)));
      return read.size();
    }

    VARVE_TRY(const auto statistics, statistics_of(block));
    VARVE_CHECK(broken_.watch(block.table->meta().number,
                              stream.add(block, statistics->blocks[block.number])));
    cursor.skip_block();
    return rows;
  }

  Result<StatisticsPointer> statistics_of(const engine::StoredBlock& block) {
    StatisticsPointer& known = statistics_[block.table];
    if (known == nullptr) {
      auto read = broken_.watch(block.table->meta().number,
                                block.table->statistics(*block.index, {.fill_cache = false}));
      if (!read) return read;
      known = *std::move(read);
    }
    return known;
  }

  /// Whether each table below level 0 lies in one region and overlaps no other in key and time.
  bool tables_are_apart() const {
    const auto& added = files_.added();
    for (auto one = added.begin(); one != added.end(); ++one) {
      if (one->level == 0) continue;
      const auto region = region_at(one->meta.times.last);
      if (region == job_.plan.regions.end()) return false;
      if (one->meta.times.first < region->times.first) return false;
      if (std::any_of(added.begin(), one, [&](const auto& other) {
            return other.level == one->level && other.meta.overlaps(one->meta);
          })) {
        return false;
      }
    }
    return true;
  }

  using RegionPlace = std::vector<Region>::const_iterator;

  /// The first that ends at or after the moment.
  RegionPlace region_at(Timestamp ts) const {
    return std::ranges::lower_bound(job_.plan.regions, ts, {},
                                    [](const Region& one) { return one.times.last; });
  }
  /// Whether a row at any moment of the span lies in a region.
  bool is_in_regions(const engine::TimeSpan& times) const {
    const auto& regions = job_.plan.regions;
    Timestamp from = times.first;
    for (auto at = region_at(from); at != regions.end() && at->times.first <= from; ++at) {
      if (times.last <= at->times.last) return true;
      from = at->times.last + 1;
    }
    return false;
  }
  bool has(RegionPlace region, Timestamp ts) const {
    return region != job_.plan.regions.end() && region->times.first <= ts;
  }
  /// Where rows go that lie in the region, or in none; null where another merge takes them.
  TableStream* stream_of(RegionPlace region, bool inside) {
    if (!inside) return is_last_ ? &streams_.back() : nullptr;
    const auto number = static_cast<std::size_t>(region - job_.plan.regions.begin());
    return begin_ <= number && number < end_ ? &streams_[number - begin_] : nullptr;
  }

  bool goes(const RowsView& rows, std::size_t at) const {
    if (rows.type != RowType::tombstone && rows.expires_at(at) > job_.now) return false;
    return !older_.may_hold(rows.key, rows.timestamps[at]);
  }

  /// Gives each part of the rows to the stream of its time.
  Status route(RowsView rows) {
    while (!rows.empty()) {
      const Timestamp ts = rows.first_ts();
      const auto region = region_at(ts);
      const bool inside = has(region, ts);
      std::size_t count = rows.size();
      if (region != job_.plan.regions.end()) {
        const Timestamp last = inside ? region->times.last : region->times.first - 1;
        const auto end = std::ranges::upper_bound(rows.timestamps, last);
        count = static_cast<std::size_t>(end - rows.timestamps.begin());
      }
      if (TableStream* const stream = stream_of(region, inside)) {
        VARVE_CHECK(keep(rows.slice(0, count), *stream));
      }
      rows = rows.slice(count, rows.size() - count);
    }
    return {};
  }

  /// Adds those that do not go.
  Status keep(const RowsView& rows, TableStream& stream) {
    if (rows.type != RowType::tombstone && rows.expiries.empty()) return stream.add(rows);
    std::size_t first = 0;
    for (std::size_t at = 0; at < rows.size(); ++at) {
      if (!goes(rows, at)) continue;
      if (rows.type != RowType::tombstone) ++outcome_.rows_expired;
      if (at > first) VARVE_CHECK(stream.add(rows.slice(first, at - first)));
      first = at + 1;
    }
    return first == rows.size() ? Status() : stream.add(rows.slice(first, rows.size() - first));
  }

  const CompactionJob& job_;
  JobFiles& files_;
  BrokenInput& broken_;
  const std::size_t copied_rows_min_;
  const OlderTables older_;
  std::vector<TablePointer> inputs_;
  std::vector<TablePointer> level0_;  // Of the inputs.
  Sources all_;
  Sources waiting_;  // Of the inputs of level 0.
  std::uint64_t rows_read_ = 0;

  // Of the merge under way.
  std::size_t begin_ = 0;  // Its regions.
  std::size_t end_ = 0;
  bool is_last_ = false;
  std::vector<TableStream> streams_;  // One for each of its regions, and one for what waits.
  std::map<const engine::Table*, StatisticsPointer> statistics_;  // Of the inputs that are open.
  std::uint64_t quantum_ = 0;  // Rows since the last look at what outranks this.

  CompactionOutcome outcome_;
};

}  // namespace

Result<CompactionOutcome> run_compaction(const CompactionJob& job, JobFiles& files,
                                         BrokenInput& broken) {
  VARVE_ASSERT(!job.plan.inputs.empty());
  return Compaction(job, files, broken).run();
}

}  // namespace varve::maintenance
