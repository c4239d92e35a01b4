#include "engine/database/recovery.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/commit/apply_batch.hpp"
#include "engine/directory/quarantine.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Result<LoadedVersion> load(const Store& store, const Uuid& database, RecoveryReport& report) {
  VARVE_TRY(LoadedVersion loaded, load_version(*store.directory, database, store.tables));
  for (const HealedCopy& healed : loaded.healed) store.log.warning(healed.where);
  for (const std::string& where : loaded.damages) report.damages.push_back({.where = where});
  for (const auto& level : loaded.version.levels) report.tables += level.size();
  return loaded;
}

namespace {

/// Sequences in a memtable are kept relative to its first, in 32 bits; refused writes, and batches
/// that were lost, leave gaps.
constexpr std::uint64_t sequences_per_memtable_max = std::uint64_t{1} << 31;

}  // namespace

std::shared_ptr<Memtable> memtable_after(const Version& version, const Options& options) {
  return std::make_shared<Memtable>(version.flush_number + 1, version.log_start,
                                    version.flushed_through, options.memtable_bytes);
}

namespace {

/// Which of two trusted times counts where nobody knows which is newer: one that the system vouched
/// for, so that what a wrong clock gained does not come back; else the later.
bool outweighs(const TrustedTime& one, const TrustedTime& other) {
  return one.synchronised != other.synchronised ? one.synchronised : one.time > other.time;
}

}  // namespace

Result<ReplayResult> replay(Store& store, const Uuid& database, const ReplayStart& start,
                            const std::function<Status(std::uint64_t segment)>& on_full,
                            RecoveryReport& report) {
  VARVE_ASSERT(store.versions && on_full);
  VersionSet& versions = *store.versions;
  std::vector<MemtableSeries*> series;
  // The last group says what was trusted last, unless an edit came after it. Before a flush, which
  // goes by it.
  const std::optional<TrustedTime> stored = versions.version()->trusted_time;
  std::optional<TrustedTime> heard;
  const auto hear = [&](const TrustedTime& said) {
    if (heard == said) return;
    heard = said;
    const bool edit_counts = stored && outweighs(*stored, said);
    store.trusted_clock.resume(edit_counts ? stored->time : said.time);
  };
  const auto apply = [&](const ReplayedBatch& batch) -> Status {
    if (batch.sequence <= start.held) return {};  // The edit that says so is newer.
    hear(batch.time);
    const Memtable& active = *versions.active();
    const bool full =
        !active.empty() && active.bytes_with(batch.payload.size()) > store.options.memtable_bytes;
    if (full || batch.sequence - active.base_sequence() > sequences_per_memtable_max) {
      versions.publish(batch.sequence - 1);  // There is none between.
      VARVE_CHECK(on_full(batch.segment));
    }
    Memtable& memtable = *versions.active();
    series.clear();
    for (const std::string_view key : batch.keys) {
      series.push_back(&memtable.series(key, hash_of(key)));
    }
    // What had expired when it was written was told then.
    constexpr Timestamp nothing_expired = std::numeric_limits<Timestamp>::min();
    VARVE_TRY(const AppliedBatch applied, apply_batch(memtable, batch.payload, batch.default_ttl,
                                                      series, batch.sequence, nothing_expired));
    memtable.set_last_sequence(batch.sequence);
    if (batch.step) memtable.note_step(*batch.step);
    versions.publish(batch.sequence);
    ++report.batches_replayed;
    report.records_replayed += applied.operations;
    return {};
  };
  VARVE_TRY(ReplayResult replayed, replay_wal(*store.directory, database, start, apply));
  report.segments_replayed = replayed.segments;
  report.bytes_replayed = replayed.bytes;
  report.cut = replayed.cut;
  report.damages.insert(report.damages.end(), replayed.damages.begin(), replayed.damages.end());
  report.set_aside = std::move(replayed.set_aside);
  report.last_sequence = versions.visible_sequence();
  // What the tables hold may be newer than what is left of the log.
  replayed.position.last_sequence =
      std::max(replayed.position.last_sequence, versions.visible_sequence());
  return replayed;
}

void report_quarantine(const Store& store, RecoveryReport& report) {
  if (auto names = quarantined(*store.directory)) {
    report.quarantined = *std::move(names);
  } else {
    store.log.warning("quarantine/ cannot be read: " + names.error().message());
  }
}

void tell(const Log& log, const RecoveryReport& report) {
  if (!report.damages.empty()) {
    log.error(report.to_string());
  } else if (!report.quarantined.empty()) {
    log.warning(report.to_string());
  } else if (!report.created) {
    log.info(report.to_string());
  }
}

}  // namespace varve::engine
