// What the Keeper collects. All of it in the turn.

#include <algorithm>
#include <tuple>
#include <utility>

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
// The background rewrites a table once this share of its rows can go: one part in so many.
constexpr std::uint64_t leftovers_share = 4;
// A collection on demand: each round brings what hides and what is hidden a level closer.
constexpr int collection_rounds = 2 * static_cast<int>(engine::level_count);

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
  VARVE_CHECK(context.versions->apply(std::move(edit)));
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

Result<std::uint64_t> Keeper::Impl::bring_together(const std::vector<Held>& held, Timestamp now,
                                                   bool& changed) {
  std::uint64_t gone = 0;
  for (const auto& [table, leftovers] : held) {
    const auto version = context.versions->version();
    forget_gone(*version);
    VARVE_CHECK(learn_shapes(*version));
    const LiveTables tables = live_tables(*version);
    const auto at = std::ranges::find(tables, &table->meta(), &LiveTable::meta);
    // Went along with another, or has just been found damaged.
    if (at == tables.end() || at->blocked) continue;
    const auto position = static_cast<std::size_t>(at - tables.begin());
    Rules all = rules;
    all.everything = true;
    auto plan =
        at->level == 0 ? plan_level0(tables, all, {position}) : plan_merge_down(tables, position);
    if (!plan && leftovers.droppable != 0) plan = alone(*version, table->meta());
    if (!plan) continue;
    VARVE_TRY(const std::uint64_t dropped,
              run_around_damage(version, *std::move(plan), now, changed));
    gone += dropped;
    changed = true;  // If only in that the two are closer.
  }
  return gone;
}

Result<bool> Keeper::Impl::drop_idle_tombstones() {
  VersionEdit edit;
  edit.tombstones_removed = idle_tombstones(*context.versions->version());
  if (edit.tombstones_removed.empty()) return false;
  VARVE_CHECK(settle());
  VARVE_CHECK(context.versions->apply(std::move(edit)));
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
  const Timestamp now = cautious_now(*version);
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
  impl_->turn.take();
  const TurnHolder holder(impl_->turn);
  std::uint64_t gone = 0;
  bool changed = true;
  for (int round = 0; changed && round < collection_rounds; ++round) {
    VARVE_TRY(const std::uint64_t dropped, impl_->collect_round(now, changed));
    gone += dropped;
  }
  VARVE_CHECK(impl_->drop_idle_tombstones());
  impl_->context.counters->collections.add();
  return gone;
}

}  // namespace varve::maintenance
