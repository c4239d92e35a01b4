// What the Keeper collects. All of it in the turn.

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "maintenance/compaction.hpp"
#include "maintenance/keeper_impl.hpp"
#include "varve/time.hpp"
#include "varve/try.hpp"

namespace varve::maintenance {

namespace {

// Between two looks of the background at what there is to collect.
constexpr nanoseconds collection_interval = std::chrono::minutes(1);
// A table that had too little to collect is looked at again after pauses that double.
constexpr nanoseconds leftovers_pause_min = std::chrono::minutes(10);
constexpr nanoseconds leftovers_pause_max = std::chrono::hours(24);
// The background rewrites rows once this share of them can go: one part in so many.
constexpr std::uint64_t leftovers_share = 4;
// And where what stays of them is no more than so many jobs read: it takes that much spare space.
constexpr std::uint64_t kept_jobs_max = 4;
// A collection on demand: each round brings what hides and what is hidden a level closer.
constexpr int collection_rounds = 2 * static_cast<int>(engine::level_count);

/// The tables of level 0 that came into being after `before`, but for flushes.
std::set<std::uint64_t> left_waiting(const Version& before, const Version& after) {
  std::set<std::uint64_t> numbers;
  for (const TablePointer& table : after.levels[0]) {
    if (table->meta().newest_flush <= before.flush_number) numbers.insert(table->meta().number);
  }
  for (const TablePointer& table : before.levels[0]) numbers.erase(table->meta().number);
  return numbers;
}

std::optional<std::size_t> position_of(const LiveTables& tables, std::uint64_t number) {
  const auto at = std::ranges::find_if(
      tables, [number](const LiveTable& table) { return table.meta->number == number; });
  if (at == tables.end() || at->blocked) return std::nullopt;
  return static_cast<std::size_t>(at - tables.begin());
}

/// Whether enough goes where the plan brings a table's leftovers together with what they hide.
bool pays(const CompactionPlan& plan, const LiveTables& tables, const Leftovers& leftovers,
          const Rules& rules) {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (const std::uint64_t number : plan.inputs) {
    const auto at = position_of(tables, number);
    if (!at) return false;
    rows += tables[*at].meta->rows;
    bytes += tables[*at].meta->size;
  }
  // Each that hides something goes with what it hides.
  const std::uint64_t gone = std::min(rows, leftovers.droppable + 2 * leftovers.held);
  const double kept_share = static_cast<double>(rows - gone) / static_cast<double>(rows);
  return gone >= rows / leftovers_share + 1 &&
         kept_share * static_cast<double>(bytes) <=
             static_cast<double>(kept_jobs_max * rules.job_bytes);
}

}  // namespace

Result<std::uint64_t> Keeper::Impl::unlink_expired(Timestamp now) {
  const auto version = context.versions->version();
  VersionEdit edit;
  edit.removed = expired_tables(*version, now);
  std::erase_if(edit.removed, [this](std::uint64_t number) { return damaged.contains(number); });
  if (edit.removed.empty()) return 0;
  std::uint64_t rows = 0;
  std::uint64_t tombstones = 0;
  for (const auto& level : version->levels) {
    for (const TablePointer& table : level) {
      if (std::ranges::find(edit.removed, table->meta().number) == edit.removed.end()) continue;
      rows += table->meta().rows;
      tombstones += table->meta().tombstones;
    }
  }
  VARVE_CHECK(settle());
  VARVE_CHECK(apply(std::move(edit), nullptr));
  context.counters->records_expired.add(rows - tombstones);
  context.counters->records_purged.add(rows);
  return rows;
}

/// To rewrite one table where it is.
CompactionPlan Keeper::Impl::alone(const Version& version, const TableMeta& meta) {
  CompactionPlan plan{.output_level = 0, .inputs = {meta.number}, .regions = {}};
  plan.regions.push_back({meta.times, meta.size});
  while (std::ranges::none_of(version.levels[plan.output_level], [&](const TablePointer& table) {
    return table->meta().number == meta.number;
  })) {
    ++plan.output_level;
  }
  return plan;
}

/// Drops what can go table by table, then brings together what cannot with what it may hide.
Result<std::uint64_t> Keeper::Impl::collect_round(Timestamp now, bool& changed) {
  VARVE_TRY(std::uint64_t gone, unlink_expired(now));
  changed = gone != 0;
  std::vector<Held> held;
  const auto begun = context.versions->version();
  for (std::size_t level = engine::level_count; level-- > 0;) {
    const auto& tables = begun->levels[level];
    for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
      if (damaged.contains((*table)->meta().number)) continue;
      // What was rewritten before is gone from here, and hides less.
      const auto version = context.versions->version();
      if (!may_have_leftovers(*version, (*table)->meta(), now)) continue;
      const auto leftovers = find_leftovers(*version, **table, now);
      if (!leftovers) {
        if (!is_damage(leftovers.error())) return std::unexpected(leftovers.error());
        note_damage((*table)->meta().number, leftovers.error());
        continue;
      }
      if (leftovers->held != 0) held.push_back({*table, *leftovers});
      if (leftovers->held != 0 || leftovers->droppable == 0) continue;
      VARVE_TRY(const std::uint64_t dropped,
                run_around_damage(version, alone(*version, (*table)->meta()), now, changed));
      gone += dropped;
    }
  }
  if (!held.empty()) {
    VARVE_TRY(const std::uint64_t merged, bring_together(held, now, changed));
    gone += merged;
  }
  return gone;
}

/// What holds something goes down a level, or to the deepest one that it reaches into: those of
/// level 0 first, so that what comes down with them goes on with the others. One plan takes those
/// that lie together, as many as a job may, or what is below would be written anew for each.
Result<std::uint64_t> Keeper::Impl::bring_together(const std::vector<Held>& held, Timestamp now,
                                                   bool& changed) {
  std::set<std::uint64_t> numbers;
  for (const Held& one : held) numbers.insert(one.table->meta().number);
  VARVE_TRY(std::uint64_t gone, bring_down(numbers, now, changed));
  for (auto one = held.rbegin(); one != held.rend(); ++one) {
    const auto version = context.versions->version();
    forget_gone(*version);
    VARVE_CHECK(learn_shapes(*version));
    const LiveTables tables = live_tables(*version);
    const TableMeta& meta = one->table->meta();
    const auto position = position_of(tables, meta.number);
    // Went along with another, or has just been found damaged.
    if (!position) continue;
    const std::uint32_t level = tables[*position].level;
    std::optional<CompactionPlan> plan;
    if (level != 0) {
      std::vector<std::size_t> together{*position};
      for (std::size_t at = 0; at < tables.size(); ++at) {
        const LiveTable& other = tables[at];
        const bool joins = other.level == level && !other.blocked && at != *position;
        if (joins && numbers.contains(other.meta->number)) together.push_back(at);
      }
      plan = plan_merge_down(tables, rules, together);
    }
    if (!plan && one->leftovers.droppable != 0) plan = alone(*version, meta);
    if (!plan) continue;
    VARVE_TRY(const std::uint64_t dropped,
              run_around_damage(version, *std::move(plan), now, changed));
    gone += dropped;
    changed = true;  // If only in that the two are closer.
  }
  return gone;
}

/// Takes those of the tables that lie in level 0 down, with what they lie over in level 1, in as
/// many jobs as their bounds ask for, from the oldest on: what one leaves in level 0 is the next
/// one's too.
Result<std::uint64_t> Keeper::Impl::bring_down(std::set<std::uint64_t> numbers, Timestamp now,
                                               bool& changed) {
  Rules all = rules;
  all.everything = true;
  std::uint64_t gone = 0;
  while (true) {
    const auto version = context.versions->version();
    forget_gone(*version);
    VARVE_CHECK(learn_shapes(*version));
    const LiveTables tables = live_tables(*version);
    std::vector<std::size_t> seeds;
    for (std::size_t at = 0; at < tables.size(); ++at) {
      const LiveTable& table = tables[at];
      const bool is_meant = table.level == 0 && numbers.contains(table.meta->number);
      if (is_meant && !table.blocked) seeds.push_back(at);
    }
    auto plan = plan_oldest(tables, all, seeds);
    if (!plan) return gone;
    const std::size_t damaged_before = damaged.size();
    VARVE_TRY(const std::uint64_t dropped,
              run_around_damage(version, *std::move(plan), now, changed));
    gone += dropped;
    if (damaged.size() != damaged_before) continue;  // The next plan goes around it.
    const auto after = context.versions->version();
    const std::uint64_t flush = version->flush_number;
    if (waiting_in(*after, flush) >= waiting_in(*version, flush)) return gone;
    changed = true;  // If only in that rows and what hides them are closer.
    numbers.merge(left_waiting(*version, *after));
  }
}

/// The same in the background, for one table, where enough goes by it.
Result<bool> Keeper::Impl::bring_where_it_pays(const std::shared_ptr<const Version>& version,
                                               const TableMeta& meta, const Leftovers& leftovers,
                                               Timestamp now) {
  VARVE_CHECK(learn_shapes(*version));
  const LiveTables tables = live_tables(*version);
  const auto position = position_of(tables, meta.number);
  if (!position) return false;
  Rules all = rules;
  all.everything = true;
  const bool waits = tables[*position].level == 0;
  auto plan =
      waits ? plan_level0(tables, all, {*position}) : plan_merge_down(tables, rules, {*position});
  if (!plan || !pays(*plan, tables, leftovers, rules)) return false;
  // Where it fails, for want of room say, it is not tried again at once.
  postpone(meta.number);
  bool changed = false;
  VARVE_CHECK(run_around_damage(version, *std::move(plan), now, changed));
  const auto after = context.versions->version();
  const std::uint64_t flush = version->flush_number;
  if (waits && waiting_in(*after, flush).rows >= waiting_in(*version, flush).rows) {
    // No row went down, nor would one the next time.
    for (const std::uint64_t number : left_waiting(*version, *after)) postpone(number);
  }
  return true;
}

/// Brings the deletes of records that lie below level 0 to what they delete. Ends, since each job
/// takes a table to a deeper level, or its deletes out of it.
Result<bool> Keeper::Impl::settle_deletes() {
  bool did = false;
  std::set<std::uint64_t> left;  // With which nothing can be done.
  while (true) {
    const auto version = context.versions->version();
    forget_gone(*version);
    VARVE_CHECK(learn_shapes(*version));
    const LiveTables tables = live_tables(*version);
    std::vector<std::size_t> together;  // Of the first such level.
    for (std::size_t at = 0; at < tables.size(); ++at) {
      const LiveTable& table = tables[at];
      if (table.level == 0 || table.blocked || table.meta->tombstones == 0) continue;
      if (left.contains(table.meta->number)) continue;
      const bool joins = together.empty() || tables[together.front()].level == table.level;
      if (joins) together.push_back(at);
    }
    if (together.empty()) return did;
    const TableMeta& meta = *tables[together.front()].meta;
    auto plan = plan_merge_down(tables, rules, together);
    if (!plan && !OlderTables(*version, meta.number, {meta.number}).overlap(meta)) {
      plan = alone(*version, meta);
    }
    if (!plan) {
      left.insert(meta.number);
      continue;
    }
    VARVE_CHECK(run_around_damage(version, *std::move(plan), context.trusted->purge_now(), did));
    did = true;
  }
}

Result<bool> Keeper::Impl::drop_idle_tombstones() {
  VersionEdit edit;
  edit.tombstones_removed = idle_tombstones(*context.versions->version());
  if (edit.tombstones_removed.empty()) return false;
  VARVE_CHECK(settle());
  VARVE_CHECK(apply(std::move(edit), nullptr));
  return true;
}

bool Keeper::Impl::due(std::uint64_t table) const {
  const auto pause = pauses.find(table);
  return pause == pauses.end() || context.clock->monotonic() >= pause->second.until;
}

void Keeper::Impl::postpone(std::uint64_t table) {
  Pause& pause = pauses[table];
  pause.length = std::clamp(pause.length * 2, leftovers_pause_min, leftovers_pause_max);
  pause.until = context.clock->monotonic() + pause.length;
}

/// Until the next table has expired whole, within the usual interval.
nanoseconds Keeper::Impl::time_to_expiry(const Version& version, Timestamp now) {
  const Timestamp horizon = saturating_add(
      now, std::chrono::duration_cast<std::chrono::microseconds>(collection_interval).count());
  Timestamp next = horizon;
  for (const auto& level : version.levels) {
    for (const TablePointer& table : level) {
      const Timestamp expiry = table->meta().expiry_max;
      if (expiry > now) next = std::min(next, expiry);
    }
  }
  return next == horizon ? collection_interval : std::chrono::microseconds(next - now);
}

/// The background's: one table at most, and only what pays.
Result<bool> Keeper::Impl::collect_step() {
  if (context.clock->monotonic() < next_collection) return false;
  const auto version = context.versions->version();
  const Timestamp now = context.trusted->purge_now();
  VARVE_TRY(const std::uint64_t unlinked, unlink_expired(now));
  if (unlinked != 0) return true;
  for (const auto& level : version->levels) {
    for (const TablePointer& table : level) {
      const TableMeta& meta = table->meta();
      if (damaged.contains(meta.number) || !due(meta.number)) continue;
      if (!may_have_leftovers(*version, meta, now)) continue;
      const auto leftovers = find_leftovers(*version, *table, now);
      if (!leftovers && !is_damage(leftovers.error())) return std::unexpected(leftovers.error());
      if (!leftovers) {
        note_damage(meta.number, leftovers.error());
      } else if (leftovers->droppable >= meta.rows / leftovers_share + 1) {
        VARVE_CHECK(run(version, alone(*version, meta), now));
        return true;
      } else if (leftovers->held != 0) {
        VARVE_TRY(const bool brought, bring_where_it_pays(version, meta, *leftovers, now));
        if (brought) return true;
        postpone(meta.number);
      } else {
        postpone(meta.number);
      }
      std::ignore = flush_pending();
    }
  }
  VARVE_TRY(const bool dropped, drop_idle_tombstones());
  if (dropped) return true;
  next_collection = context.clock->monotonic() + time_to_expiry(*version, now);
  if (context.on_collected) context.on_collected();
  return false;
}

Result<std::uint64_t> Keeper::collect(Timestamp now) {
  const Turn::Holder holder(impl_->turn);
  std::uint64_t gone = 0;
  bool changed = true;
  for (int round = 0; changed && round < collection_rounds; ++round) {
    VARVE_TRY(const std::uint64_t dropped, impl_->collect_round(now, changed));
    gone += dropped;
  }
  VARVE_CHECK(impl_->drop_idle_tombstones());
  impl_->count_collection();
  return gone;
}

}  // namespace varve::maintenance
