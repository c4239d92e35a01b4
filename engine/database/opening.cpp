// Opening a database, in this order, so that a failure at any step loses nothing:
//
//   options -> directory -> lock -> identity -> version (manifest, tables) -> replay of the WAL
//   -> files that nothing names go -> damaged segments into quarantine, once tables hold what was
//   replayed -> the next segment, which makes the end of the old log durable
//
// The steps that write nothing are in recovery.hpp. Here are those that write: they put the others
// in order, and flush through the Keeper as running does.

#include "engine/database/opening.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/database/claim.hpp"
#include "engine/database/options_check.hpp"
#include "engine/database/recovery.hpp"
#include "engine/database/upkeep.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/directory/lock_note.hpp"
#include "engine/directory/orphans.hpp"
#include "engine/directory/quarantine.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::size_t segment_bytes_max = std::size_t{8} << 20;
/// So many old segments are worth a flush at once: reopening often must not pile them up. Each run
/// leaves two that are small.
constexpr std::size_t replayed_segments_max = 16;

/// Everything in memory goes to tables, and the log then begins at `segment`.
Status flush_active(Store& store, std::uint64_t segment) {
  VersionSet& versions = *store.versions;
  versions.rotate(std::make_shared<Memtable>(versions.active()->number() + 1, segment,
                                             versions.visible_sequence(),
                                             store.options.memtable_bytes));
  // Without the log, whose segments go when recovery is done; and not counted, since counters begin
  // when the database is open.
  const auto uncounted = std::make_unique<Counters>();  // Large for a small stack.
  maintenance::KeeperContext context = keeper_context(store, nullptr);
  context.counters = uncounted.get();
  maintenance::Keeper keeper(std::move(context), store.sizes.keeping);
  // More than one waits where there was no room for those before.
  while (versions.frozen_count() != 0) {
    Result<bool> flushed = keeper.flush_one();
    // The removal of tables needs next to nothing, and gives much.
    const bool is_full = !flushed && flushed.error().code == Errc::no_space;
    if (is_full && keeper.drop_expired()) flushed = keeper.flush_one();
    VARVE_CHECK(flushed);
  }
  return {};
}

/// Lets a step wait that needs room on a full disk: what it would have put into files stays in
/// memory, and in the log, and the keeper tries again. Opening needs no room.
Status unless_full(const Store& store, const Status& step, std::string_view what) {
  if (step || step.error().code != Errc::no_space) return step;
  store.log.warning(std::string(what) + " waits for room: " + step.error().message());
  return {};
}

/// What loading found that later steps have to do with.
struct Leftovers {
  std::vector<std::string> orphans;
  bool manifest_was_torn = false;
  std::uint64_t log_start = 0;
};

/// Gives the store its versions, with a new manifest.
Result<std::pair<ReplayStart, Leftovers>> begin_versions(Store& store, const Uuid& database,
                                                         std::uint64_t last_segment,
                                                         RecoveryReport& report) {
  VARVE_TRY(LoadedVersion loaded, load(store, database, report));
  const ReplayStart start =
      replay_start(loaded, store.options.file_system->boot_id(), last_segment);
  Leftovers leftovers{std::move(loaded.orphans), loaded.torn_tail.has_value(),
                      loaded.version.log_start};
  std::vector<std::string> old_segments = std::move(loaded.old_segments);
  auto active = memtable_after(loaded.version, store.options);
  VARVE_TRY(auto versions, VersionSet::create({
                               .context = &store.tables,
                               .database = database,
                               .version = std::move(loaded.version),
                               .next_file = loaded.next_file,
                               .manifest_number = loaded.manifest_number,
                               .manifest_valid_bytes = loaded.manifest_valid_bytes,
                               .active = std::move(active),
                               .sequence = start.held,
                           }));
  store.set_versions(std::move(versions));
  // Only now: the edit that made them superfluous may have been read before it was durable. And
  // durably, before anything else is done: should the log be damaged, it will be read from its
  // first file on.
  if (!store.versions->manifest_log().has_manifest()) old_segments.clear();
  for (const std::string& name : old_segments) {
    report.orphans_removed += remove_orphan(*store.directory, name, store.log) ? 1 : 0;
  }
  if (!old_segments.empty()) VARVE_CHECK(store.directory->sync());
  return std::pair(start, std::move(leftovers));
}

/// Sequences of batches that are lost count as dealt with, so that they are never given again.
void count_lost(Store& store, std::uint64_t last_sequence) {
  store.versions->active()->set_last_sequence(last_sequence);
  store.versions->publish(last_sequence);
}

/// What is damaged is kept, out of the way of the log that goes on; afterwards there is no log.
///
/// Wherever the power goes, the next opening must see the damage for as long as a damaged segment
/// is not in quarantine, and apply nothing beyond it. So everything that counts goes to tables
/// first, and with that the log is not required any more, but read all the same. Then segments go
/// oldest first, each durably before the next: those that are left begin with the damage, or with
/// a segment that goes on from batches which no table holds, and either is damage. Behind a cut,
/// which is none, they go newest first: those that are left end with the cut.
Status set_damage_aside(Store& store, ReplayResult& replayed) {
  std::vector<std::uint64_t> damaged = replayed.damaged_segments;
  std::vector<std::uint64_t>& segments = replayed.position.segments;
  VARVE_CHECK(flush_active(store, 0));
  std::erase_if(segments, [&](std::uint64_t segment) { return segment >= damaged.front(); });
  VARVE_CHECK(remove_segments(*store.directory, segments));
  segments.clear();
  if (replayed.damages.empty()) std::ranges::reverse(damaged);
  for (const std::uint64_t segment : damaged) {
    VARVE_CHECK(set_aside(*store.directory, segment_name(segment)));
  }
  // Not before that: what is left of the damage shows by batches that no table holds.
  count_lost(store, replayed.position.last_sequence);
  return flush_active(store, 0);
}

/// What calls that change something fail with, where there is no room to set damage aside: the log
/// cannot go on behind it, nor be given up. What was replayed is in memory, or in tables, and the
/// damaged segments are where they were found: so the next opening finds the same.
Result<std::optional<Error>> refusal_until(const Status& set_aside) {
  if (set_aside) return std::nullopt;
  if (set_aside.error().code != Errc::no_space) return std::unexpected(set_aside.error());
  return Error{set_aside.error().code,
               "the log is damaged, and there is no room to set that aside: make room, then open "
               "the database again: " +
                   set_aside.error().where};
}

/// Where no segment is left that shows how far the log once went, tables say so before it goes on
/// beyond that: else the next opening takes the gap for a loss, and what follows it for the rest of
/// what was lost. On a full disk the log goes on from where the tables end, and LOCK says how far
/// it went: returns what it has to say, or 0.
Result<std::uint64_t> count_gap(Store& store, WalPosition& position) {
  const std::uint64_t lost_through = position.last_sequence;
  const bool is_gap =
      position.segments.empty() && lost_through > store.versions->version()->flushed_through;
  count_lost(store, lost_through);
  if (!is_gap) return 0;
  const Status told = flush_active(store, 0);
  VARVE_CHECK(unless_full(store, told, "what was lost"));
  if (told) return 0;
  position.last_sequence = store.versions->version()->flushed_through;
  return lost_through;
}

/// Puts what was replayed into tables: without a log nothing may be in memory alone. False on a
/// full disk. Then it is in memory, and in the log, which stays, made durable; once a flush finds
/// room, the next opening knows that nothing of it counts.
Result<bool> give_log_up(Store& store, Wal& wal, std::uint64_t log_start) {
  const bool is_in_tables =
      store.versions->active()->empty() && store.versions->frozen_count() == 0;
  if (is_in_tables && log_start == 0) return true;
  const Status flushed = flush_active(store, 0);
  VARVE_CHECK(unless_full(store, flushed, "what was replayed"));
  if (flushed) return true;
  VARVE_CHECK(wal.secure_replayed());
  return false;
}

/// Begins the log after what was replayed. None under Durability::none().
Result<std::unique_ptr<Wal>> begin_log(Store& store, const Uuid& database,
                                       const WalPosition& position, std::uint64_t log_start,
                                       const std::function<void(std::uint64_t)>& on_begun) {
  const Options& options = store.options;
  VersionSet& versions = *store.versions;
  auto wal = std::make_unique<Wal>(
      WalOptions{
          .directory = store.directory,
          .database = database,
          .segment_bytes = std::min(options.wal_bytes / 16, segment_bytes_max),
          .spare_bytes = options.wal_bytes / 4,
          .boot = options.file_system->boot_id(),
          .on_begun = on_begun,
          .now = [&store] { return store.trusted_clock.look(); },
          .log = store.log,
      },
      position);
  if (!store.has_log()) {
    VARVE_TRY(const bool is_given_up, give_log_up(store, *wal, log_start));
    if (is_given_up) {
      on_begun(0);
      VARVE_CHECK(remove_segments(*store.directory, position.segments));
    }
    return nullptr;
  }
  const Status secured = wal->secure_replayed();
  if (!secured) {
    store.log.warning("what was replayed goes to tables: " + secured.error().message());
  }
  const Result<std::uint64_t> segment = wal->rotate();
  if (!segment) {
    if (!secured) return std::unexpected(secured.error());
    // The first write begins it, where there is room then.
    VARVE_CHECK(unless_full(store, std::unexpected(segment.error()), "the log"));
  } else if (!secured || versions.active()->empty() ||
             position.segments.size() >= replayed_segments_max) {
    const Status flushed = flush_active(store, *segment);
    VARVE_CHECK(secured ? unless_full(store, flushed, "what was replayed") : flushed);
    wal->hold_in_tables(versions.version()->flushed_through);
    if (flushed) VARVE_CHECK(wal->release(*segment));
  } else if (versions.version()->log_start == 0) {
    // The first start ended before its first flush.
    VersionEdit edit;
    edit.log_start = position.segments.front();
    VARVE_CHECK(unless_full(store, versions.apply(std::move(edit)), "the beginning of the log"));
  }
  return wal;
}

/// Removes files that nothing names any more.
void tidy(Store& store, const Leftovers& leftovers, RecoveryReport& report) {
  // What was read may be an edit that is not durable, and what it let go of is needed without it.
  if (!store.versions->manifest_log().has_manifest()) return;
  for (const std::string& name : leftovers.orphans) {
    // A torn manifest may in truth be a damaged one whose last edit named this table. With a WAL
    // its records would be missed there, and opening would have failed; without one, only this
    // keeps them.
    if (!leftovers.manifest_was_torn || leftovers.log_start != 0 || !name.ends_with(".table")) {
      report.orphans_removed += remove_orphan(*store.directory, name, store.log) ? 1 : 0;
    } else if (const Status kept = set_aside(*store.directory, name); kept) {
      report.damages.push_back({.where = name + ": set aside after a torn manifest"});
    } else {
      store.log.warning("setting a file aside: " + kept.error().message());
    }
  }
}

}  // namespace

Result<RecoveredParts> open_parts(Options options, const EngineSizes& sizes) {
  VARVE_CHECK(check(options));
  if (!options.file_system) options.file_system = posix_file_system();
  if (!options.clock) options.clock = system_clock();
  const std::shared_ptr<Clock> clock = options.clock;
  const auto begun = clock->monotonic();

  RecoveredParts parts;
  RecoveryReport& report = parts.report;
  VARVE_TRY(Claim claim, claim_directory(options));
  parts.lock = std::move(claim.lock);
  report.created = claim.created;
  parts.store = std::make_unique<Store>(std::move(options), std::move(claim.directory), sizes);
  Store& store = *parts.store;

  const StoredIdentity& identity = claim.identity;
  const Uuid& database = identity.identity.database;
  VARVE_TRY(const auto begin, begin_versions(store, database, claim.note.last_segment, report));
  const auto& [start, leftovers] = begin;
  heal_identity(*store.directory, identity, store.log);
  const auto on_full = [&store](std::uint64_t segment) {
    return unless_full(store, flush_active(store, segment), "a full memtable");
  };
  VARVE_TRY(ReplayResult replayed, replay(store, database, start, on_full, report));
  // An opening that set damage aside may have ended before tables counted what was lost.
  std::uint64_t& last_sequence = replayed.position.last_sequence;
  last_sequence = std::max(last_sequence, claim.note.lost_through);
  tidy(store, leftovers, report);
  std::uint64_t lost_through = 0;
  if (!replayed.damaged_segments.empty()) {
    // None is missing that is moved.
    parts.lock->note(LockNote{database, 0, last_sequence}.to_line(), true);
    VARVE_TRY(parts.refusal, refusal_until(set_damage_aside(store, replayed)));
    if (parts.refusal) store.log.error(parts.refusal->message());
  } else {
    VARVE_TRY(lost_through, count_gap(store, replayed.position));
  }
  const auto note_segment = [lock = parts.lock, database, lost_through](std::uint64_t segment) {
    lock->note(LockNote{database, segment, lost_through}.to_line(),
               segment == 0 || lost_through != 0);
  };
  if (!parts.refusal) {
    VARVE_TRY(parts.wal,
              begin_log(store, database, replayed.position, leftovers.log_start, note_segment));
  }

  parts.last_sequence = store.versions->visible_sequence();
  report_quarantine(store, report);
  report.took = clock->monotonic() - begun;
  tell(store.log, report);
  return parts;
}

}  // namespace varve::engine
