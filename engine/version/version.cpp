// A version changes by edits: VersionBuilder applies one after the other to a copy. Each edit is
// compared with what is there, and refused where it does not fit: it may come from a damaged
// manifest. finish() then asserts what every reader relies on.
//
// A table is one object for as long as any version names it, even where an edit moves it to another
// level: its destructor removes the file.

#include "engine/version/version.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/table/key_list.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

using TablePointer = std::shared_ptr<const Table>;

bool newer(const TablePointer& a, const TablePointer& b) {
  return std::pair(a->meta().newest_flush, a->meta().number) >
         std::pair(b->meta().newest_flush, b->meta().number);
}

bool before(const TablePointer& a, const TablePointer& b) {
  return std::tie(a->meta().first_key, a->meta().times.first) <
         std::tie(b->meta().first_key, b->meta().times.first);
}

/// Whether tables keep the order of their level. Each overlap was looked for when a table was
/// added; here that neighbours have none.
bool is_in_order(const Version& version) {
  for (std::size_t level = 0; level < level_count; ++level) {
    const auto& tables = version.levels[level];
    for (std::size_t i = 1; i < tables.size(); ++i) {
      const bool is_ordered = level == 0 ? newer(tables[i - 1], tables[i])
                                         : before(tables[i - 1], tables[i]) &&
                                               !tables[i - 1]->meta().overlaps(tables[i]->meta());
      if (!is_ordered) return false;
    }
  }
  return std::ranges::is_sorted(version.tombstones, {}, &FlushedTombstone::flush);
}

/// A bound may be the key that follows the longest one.
constexpr std::size_t bound_size_max = internal_key_size_max + 1;

Status check_tombstone(const FlushedTombstone& tombstone, std::uint64_t flush_number) {
  const KeyRange& keys = tombstone.range.keys;
  if (keys.first.empty() || keys.empty() || keys.first.size() > bound_size_max ||
      keys.end.size() > bound_size_max) {
    return fail(Errc::corruption, "a range tombstone has no range of keys");
  }
  if (tombstone.range.times.empty()) {
    return fail(Errc::corruption, "a range tombstone has inverted times");
  }
  if (tombstone.flush > flush_number) {
    return fail(Errc::corruption, "a range tombstone is of flush " +
                                      std::to_string(tombstone.flush) + ", beyond the version's");
  }
  return {};
}

std::size_t count_tables(const Version& version) {
  std::size_t count = 0;
  for (const auto& level : version.levels) count += level.size();
  return count;
}

/// Changes a version in place, so that many edits fold without a copy for each.
class VersionBuilder {
 public:
  VersionBuilder(Version& version, const TableContext& context)
      : version_(version), context_(context) {
    for (const auto& level : version_.levels) {
      for (const auto& table : level) numbers_.emplace(table->meta().number, table);
    }
  }

  Status apply(const VersionEdit& edit) {
    removed_.clear();
    VARVE_CHECK(advance_numbers(edit));
    for (const std::uint64_t number : edit.removed) VARVE_CHECK(remove(number));
    for (const VersionEdit::Added& added : edit.added) VARVE_CHECK(add(added));
    for (const FlushedTombstone& tombstone : edit.tombstones_removed) {
      const auto at = std::ranges::find(version_.tombstones, tombstone);
      if (at == version_.tombstones.end()) {
        return fail(Errc::corruption, "a range tombstone is removed that is not there");
      }
      version_.tombstones.erase(at);
    }
    for (const FlushedTombstone& tombstone : edit.tombstones_added) {
      VARVE_CHECK(check_tombstone(tombstone, version_.flush_number));
      const auto at = std::ranges::upper_bound(version_.tombstones, tombstone.flush, {},
                                               &FlushedTombstone::flush);
      version_.tombstones.insert(at, tombstone);
    }
    return keep_times(edit);
  }

  /// Completes the version. What an edit can get wrong was refused by apply(), so what is wrong
  /// here is a mistake of ours.
  void finish() {
    VARVE_ASSERT(is_in_order(version_));
    VARVE_ASSERT(count_tables(version_) == numbers_.size());
    version_.newest_ts = std::numeric_limits<Timestamp>::min();
    for (const auto& [number, table] : numbers_) {
      version_.newest_ts = std::max(version_.newest_ts, table->meta().times.last);
    }
  }

 private:
  /// Before tables and tombstones, which must not be of a later flush.
  Status advance_numbers(const VersionEdit& edit) {
    VARVE_CHECK(advance(version_.flushed_through, edit.flushed_through, "flushed_through"));
    VARVE_CHECK(advance(version_.flush_number, edit.flush_number, "flush_number"));
    // To 0 is no way back: the log has gone, as under Durability::none().
    if (edit.log_start == 0u) version_.log_start = 0;
    return advance(version_.log_start, edit.log_start, "log_start");
  }

  Status keep_times(const VersionEdit& edit) {
    if (edit.trusted_time) version_.trusted_time = edit.trusted_time;
    auto& steps = version_.clock_steps;
    for (const ClockStep& step : edit.clock_steps) {
      std::uint64_t last = steps.empty() ? 0 : steps.back().sequence;
      VARVE_CHECK(advance(last, step.sequence, "the sequence of a clock step"));
      steps.push_back(step);
    }
    if (steps.size() > clock_steps_max) {
      steps.erase(steps.begin(), steps.end() - std::ptrdiff_t{clock_steps_max});
    }
    return {};
  }

  Status remove(std::uint64_t number) {
    const auto found = numbers_.find(number);
    if (found == numbers_.end()) {
      return fail(Errc::corruption, "table " + std::to_string(number) + " is removed, not there");
    }
    for (auto& level : version_.levels) std::erase(level, found->second);
    removed_.push_back(std::move(found->second));
    numbers_.erase(found);
    return {};
  }

  Status add(const VersionEdit::Added& added) {
    const std::string name = "table " + std::to_string(added.meta.number);
    const TableMeta& meta = added.meta;
    if (meta.number > file_number_max) return fail(Errc::corruption, name + " has no file name");
    if (meta.first_key > meta.last_key || meta.times.empty()) {
      return fail(Errc::corruption, name + " has inverted bounds");
    }
    if (meta.newest_flush > version_.flush_number) {
      return fail(Errc::corruption, name + " is of flush " + std::to_string(meta.newest_flush) +
                                        ", beyond the version's");
    }
    if (added.level >= level_count || numbers_.contains(meta.number)) {
      return fail(Errc::corruption, name + " is added, but there or at no level");
    }
    auto& level = version_.levels[added.level];
    if (added.level > 0) {
      for (const TablePointer& other : level) {
        // Times first: in a level they mostly settle it, and they compare faster.
        if (other->meta().times.overlaps(meta.times) && other->meta().overlaps(meta)) {
          return fail(Errc::corruption, name + " overlaps table " +
                                            std::to_string(other->meta().number) + " of level " +
                                            std::to_string(added.level));
        }
      }
    }
    VARVE_TRY(const TablePointer table, removed_or_new(meta));
    const auto order = added.level == 0 ? newer : before;
    level.insert(std::ranges::upper_bound(level, table, order), table);
    numbers_.emplace(meta.number, table);
    return {};
  }

  /// The object decides when the file goes, so there is never a second one for a file.
  Result<TablePointer> removed_or_new(const TableMeta& meta) const {
    for (const TablePointer& table : removed_) {
      if (table->meta().number != meta.number) continue;
      if (table->meta() == meta) return table;
      return fail(Errc::corruption, "table " + std::to_string(meta.number) + " has changed");
    }
    return std::make_shared<const Table>(context_, meta);
  }

  static Status advance(std::uint64_t& number, std::optional<std::uint64_t> next,
                        const char* name) {
    if (!next) return {};
    if (*next < number) return fail(Errc::corruption, std::string(name) + " runs back");
    // They count up one by one, so none comes near its end, and counting on does not overflow.
    if (*next > file_number_max) return fail(Errc::corruption, std::string(name) + " is too large");
    number = *next;
    return {};
  }

  Version& version_;
  const TableContext& context_;
  std::unordered_map<std::uint64_t, TablePointer> numbers_;
  std::vector<TablePointer> removed_;  // By the edit under way.
};

}  // namespace

std::vector<TablePointer> Version::overlapping(const KeyRange& keys, const TimeSpan& times) const {
  std::vector<TablePointer> tables;
  for (const auto& level : levels) {
    for (const TablePointer& table : level) {
      if (table->meta().overlaps(keys, times)) tables.push_back(table);
    }
  }
  return tables;
}

std::vector<RangeTombstone> Version::hiding(std::uint64_t newest_flush) const {
  std::vector<RangeTombstone> ranges;
  const auto first =
      std::ranges::upper_bound(tombstones, newest_flush, {}, &FlushedTombstone::flush);
  for (auto at = first; at != tombstones.end(); ++at) ranges.push_back(at->range);
  return ranges;
}

bool Version::hides(std::uint64_t newest_flush, std::string_view key, Timestamp ts) const {
  const auto first =
      std::ranges::upper_bound(tombstones, newest_flush, {}, &FlushedTombstone::flush);
  return std::any_of(first, tombstones.end(), [&](const FlushedTombstone& tombstone) {
    return tombstone.range.times.contains(ts) && tombstone.range.keys.contains(key);
  });
}

Result<Version> apply(const Version& version, const VersionEdit& edit,
                      const TableContext& context) {
  Version next = version;
  VersionBuilder builder(next, context);
  VARVE_CHECK(builder.apply(edit));
  builder.finish();
  VARVE_ASSERT(next.flushed_through >= version.flushed_through &&
               next.flush_number >= version.flush_number);
  return next;
}

Result<Version> fold(std::span<const VersionEdit> edits, const TableContext& context) {
  Version version;
  VersionBuilder builder(version, context);
  for (std::size_t index = 0; index < edits.size(); ++index) {
    if (auto status = builder.apply(edits[index]); !status) {
      return fail(Errc::corruption, "edit " + std::to_string(index) + ": " + status.error().where);
    }
  }
  builder.finish();
  return version;
}

VersionEdit whole_edit_of(const Version& version) {
  VersionEdit edit;
  for (std::uint32_t level = 0; level < level_count; ++level) {
    for (const TablePointer& table : version.levels[level]) {
      edit.added.push_back({level, table->meta()});
    }
  }
  edit.tombstones_added = version.tombstones;
  edit.flushed_through = version.flushed_through;
  edit.flush_number = version.flush_number;
  edit.log_start = version.log_start;
  edit.trusted_time = version.trusted_time;
  edit.clock_steps = version.clock_steps;
  return edit;
}

}  // namespace varve::engine
