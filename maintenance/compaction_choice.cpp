#include "maintenance/compaction_choice.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>

#include "engine/base/assert.hpp"
#include "maintenance/windows.hpp"
#include "varve/time.hpp"

namespace varve::maintenance {

using engine::TimeSpan;

namespace {

constexpr std::uint32_t level_last = 7;

std::size_t level0_count(const LiveTables& tables) {
  const auto end = std::ranges::find_if(tables, [](const auto& one) { return one.level != 0; });
  return static_cast<std::size_t>(end - tables.begin());
}

/// Seeds in level 0: the oldest run of neighbours of about one size, else the newest few of a
/// pile. Tables of a job's size stay where they are: there is nothing to gain any more.
std::vector<std::size_t> level0_seeds(const LiveTables& tables, const Rules& rules) {
  const std::size_t count = level0_count(tables);
  const auto idle = [&](std::size_t position) {
    return tables[position].blocked ||
           (!rules.everything && tables[position].meta->size > rules.job_bytes);
  };
  std::vector<std::size_t> usable;
  for (std::size_t position = 0; position < count; ++position) {
    if (!idle(position)) usable.push_back(position);
  }
  if (rules.everything) return usable;

  for (std::size_t begin = count; begin-- > 0;) {
    std::vector<std::size_t> run;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t greatest = 0;
    std::uint64_t total = 0;
    for (std::size_t position = begin + 1; position-- > 0;) {
      if (idle(position)) break;
      const std::uint64_t size = tables[position].meta->size;
      least = std::min(least, size);
      greatest = std::max(greatest, size);
      total += size;
      if (greatest / rules.run_factor > least) break;
      const bool is_a_job = total > rules.job_bytes || run.size() >= rules.job_tables;
      if (run.size() >= rules.run_tables && is_a_job) break;
      run.push_back(position);
    }
    if (run.size() >= rules.run_tables) return run;
  }
  if (usable.size() < rules.pile_tables) return {};
  usable.resize(rules.pile_taken);
  return usable;
}

/// The box of keys and times around some tables of neighbouring levels.
class Box {
 public:
  explicit Box(const LiveTables& tables) : tables_(tables) {}

  void add(std::size_t position) {
    const engine::TableMeta& meta = *tables_[position].meta;
    const bool first = positions_.empty();
    if (first || meta.first_key < first_key_) first_key_ = meta.first_key;
    if (first || meta.last_key > last_key_) last_key_ = meta.last_key;
    times_ = first ? meta.times
                   : TimeSpan{std::min(times_.first, meta.times.first),
                              std::max(times_.last, meta.times.last)};
    positions_.push_back(position);
    bytes_ += meta.weight();
    blocked_ = blocked_ || tables_[position].blocked;
  }

  /// Adds every table of levels `first` to `last` that overlaps the box, which grows meanwhile.
  void close(std::uint32_t first, std::uint32_t last) {
    for (bool grown = true; grown;) {
      grown = false;
      for (std::size_t position = 0; position < tables_.size(); ++position) {
        const LiveTable& table = tables_[position];
        if (table.level < first || table.level > last || holds(position)) continue;
        if (!overlaps(*table.meta)) continue;
        add(position);
        grown = true;
      }
    }
  }

  bool overlaps(const engine::TableMeta& meta) const {
    return meta.first_key <= last_key_ && first_key_ <= meta.last_key &&
           meta.times.overlaps(times_);
  }
  std::size_t size() const { return positions_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  bool blocked() const { return blocked_; }

  CompactionPlan plan(std::uint32_t output_level) const {
    std::vector<std::size_t> order = positions_;
    std::ranges::sort(order);
    CompactionPlan plan{.output_level = output_level, .inputs = {}, .regions = {{times_, bytes_}}};
    for (const std::size_t position : order) plan.inputs.push_back(tables_[position].meta->number);
    return plan;
  }

 private:
  bool holds(std::size_t position) const {
    return std::ranges::find(positions_, position) != positions_.end();
  }

  const LiveTables& tables_;
  std::vector<std::size_t> positions_;
  std::string_view first_key_;
  std::string_view last_key_;
  TimeSpan times_;
  std::uint64_t bytes_ = 0;
  bool blocked_ = false;
};

/// The small tables of `level` that lie within one closed window of `target` each, by window.
std::map<Timestamp, std::vector<std::size_t>> small_tables(const LiveTables& tables,
                                                           const Rules& rules, std::uint32_t level,
                                                           std::uint32_t target, Timestamp newest) {
  const std::int64_t width = window_width(rules.window, target);
  const std::int64_t margin = window_width(rules.window, level);
  std::map<Timestamp, std::vector<std::size_t>> by_window;
  for (std::size_t position = 0; position < tables.size(); ++position) {
    const LiveTable& table = tables[position];
    if (table.level != level || table.blocked || table.meta->weight() >= rules.cut_bytes) continue;
    const Timestamp end = window_last(table.meta->times.first, width);
    if (table.meta->times.last > end) continue;
    if (newest < saturating_add(end, margin)) continue;  // Not closed.
    by_window[end].push_back(position);
  }
  return by_window;
}

std::optional<CompactionPlan> join(const LiveTables& tables, const Rules& rules,
                                   std::vector<std::size_t> small, std::uint32_t level,
                                   std::uint32_t target) {
  std::ranges::sort(small, {}, [&](std::size_t at) { return tables[at].meta->times.first; });
  Box box(tables);
  for (const std::size_t position : small) {
    if (box.size() != 0 && box.bytes() + tables[position].meta->weight() > rules.job_bytes) break;
    if (box.size() == rules.job_tables) break;
    box.add(position);
  }
  if (box.size() < rules.join_tables && box.bytes() < 2 * rules.cut_bytes) return std::nullopt;
  const std::uint64_t gain = box.bytes();
  box.close(std::min(level + 1, target), target);
  if (box.blocked() || box.bytes() / rules.share > gain) return std::nullopt;
  return box.plan(target);
}

/// Of positions in level 0, newest first, the oldest: as many as one job begins with. What is newer
/// is the next job's.
std::vector<std::size_t> seeds_of_one_job(const LiveTables& tables, const Rules& rules,
                                          std::span<const std::size_t> positions) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (; count < positions.size() && count < rules.job_tables; ++count) {
    bytes += tables[positions[positions.size() - 1 - count]].meta->weight();
    if (count != 0 && bytes > rules.job_bytes) break;
  }
  const auto oldest = positions.last(count);
  return {oldest.begin(), oldest.end()};
}

}  // namespace

std::optional<CompactionPlan> choose_join(const LiveTables& tables, const Rules& rules) {
  // The data's own time: a clock that runs ahead closes nothing. One wild timestamp does, and
  // costs that windows are joined before they are full.
  Timestamp newest = std::numeric_limits<Timestamp>::min();
  for (const LiveTable& table : tables) newest = std::max(newest, table.meta->times.last);
  for (std::uint32_t level = 1; level <= level_last; ++level) {
    for (std::uint32_t target = level; target <= level_last; ++target) {
      for (auto& [window, small] : small_tables(tables, rules, level, target, newest)) {
        if (auto plan = join(tables, rules, std::move(small), level, target)) return plan;
      }
    }
  }
  return std::nullopt;
}

std::optional<CompactionPlan> plan_oldest(const LiveTables& tables, const Rules& rules,
                                          std::span<const std::size_t> positions) {
  for (auto left = positions; !left.empty();) {
    const auto some = seeds_of_one_job(tables, rules, left);
    VARVE_ASSERT(!some.empty());  // So this ends.
    if (auto plan = plan_level0(tables, rules, some)) return plan;
    left = left.first(left.size() - some.size());
  }
  return std::nullopt;
}

std::optional<CompactionPlan> choose_compaction(const LiveTables& tables, const Rules& rules) {
  const std::vector<std::size_t> seeds = level0_seeds(tables, rules);
  if (!seeds.empty()) {
    auto plan =
        rules.everything ? plan_oldest(tables, rules, seeds) : plan_level0(tables, rules, seeds);
    if (plan) return plan;
  }
  return choose_join(tables, rules);
}

std::optional<CompactionPlan> plan_merge_down(const LiveTables& tables, const Rules& rules,
                                              const std::vector<std::size_t>& positions) {
  const std::uint32_t level = tables[positions.front()].level;
  const auto deepest_below = [&](std::size_t position) {
    std::uint32_t deepest = level;
    for (const LiveTable& older : tables) {
      const bool is_below = older.level > level && older.meta->overlaps(*tables[position].meta);
      if (is_below) deepest = std::max(deepest, older.level);
    }
    return deepest;
  };
  const std::uint32_t target = deepest_below(positions.front());
  if (target == level) return std::nullopt;
  std::optional<Box> box(std::in_place, tables);
  box->add(positions.front());
  box->close(level + 1, target);
  if (box->blocked()) return std::nullopt;
  std::vector<std::size_t> left(positions.begin() + 1, positions.end());
  while (box->bytes() < rules.job_bytes && box->size() < rules.job_tables) {
    const auto next = std::ranges::find_if(left, [&](std::size_t position) {
      return box->overlaps(*tables[position].meta) && deepest_below(position) == target;
    });
    if (next == left.end()) break;
    Box larger = *box;
    larger.add(*next);
    larger.close(level + 1, target);
    left.erase(next);
    if (!larger.blocked()) box.emplace(larger);
  }
  return box->plan(target);
}

}  // namespace varve::maintenance
