// Opening a database, in this order, so that a failure at any step leaves it as it was found:
//
//   options -> directory -> lock -> identity -> version (manifest, tables) -> replay of the WAL
//   -> damaged segments into quarantine, once tables hold what was replayed
//   -> the next segment, which makes the end of the old log durable -> what recovery replaced goes
//
// Replay goes through the same memtable and flush as running does: when the memtable is full it is
// flushed in the middle of the replay, so recovery needs no more memory than running.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/commit/apply_batch.hpp"
#include "engine/database/engine_impl.hpp"
#include "engine/directory/examine_directory.hpp"
#include "engine/directory/file_names.hpp"
#include "engine/directory/identity.hpp"
#include "engine/directory/orphans.hpp"
#include "engine/directory/quarantine.hpp"
#include "engine/version/load_version.hpp"
#include "varve/try.hpp"

namespace varve {

using engine::Memtable;

namespace {

constexpr std::size_t memtable_bytes_min = std::size_t{64} << 10;
constexpr std::size_t wal_bytes_min = std::size_t{256} << 10;
constexpr std::size_t queue_bytes_min = std::size_t{16} << 10;
constexpr std::size_t files_max = 200;  // Of tables; beside them the WAL, manifest and lock.
constexpr std::size_t segment_bytes_max = std::size_t{8} << 20;
/// So many old segments are worth a flush at once: reopening often must not pile them up. Each run
/// leaves two that are small.
constexpr std::size_t replayed_segments_max = 16;

Status check_least(std::string_view name, std::size_t value, std::size_t least) {
  if (value >= least) return {};
  return fail(Errc::invalid_argument, "Options::" + std::string(name) + " is " +
                                          std::to_string(value) + "; the least is " +
                                          std::to_string(least));
}

Status check_options(const Options& options) {
  if (options.dir.empty()) return fail(Errc::invalid_argument, "Options::dir is empty");
  VARVE_CHECK(check_least("memtable_bytes", options.memtable_bytes, memtable_bytes_min));
  VARVE_CHECK(check_least("wal_bytes", options.wal_bytes, wal_bytes_min));
  VARVE_CHECK(check_least("queue_bytes", options.queue_bytes, queue_bytes_min));
  if (options.window < std::chrono::seconds(1)) {
    return fail(Errc::invalid_argument, "Options::window is under one second");
  }
  if (options.default_ttl && options.default_ttl->count() <= 0) {
    return fail(Errc::invalid_argument, "Options::default_ttl is not positive");
  }
  const Durability& durability = options.durability;
  if (durability.kind() == Durability::Kind::every && durability.batches() < 1) {
    return fail(Errc::invalid_argument, "Options::durability: every() of less than 1 batch");
  }
  if (durability.kind() == Durability::Kind::interval && durability.period().count() <= 0) {
    return fail(Errc::invalid_argument, "Options::durability: interval() of no time");
  }
  return {};
}

class Opening {
 public:
  Opening(Options options, const EngineSizes& sizes) {
    parts_.options = std::move(options);
    parts_.sizes = sizes;
  }

  Result<OpenedParts> run() {
    Options& options = parts_.options;
    VARVE_CHECK(check_options(options));
    if (!options.file_system) options.file_system = posix_file_system();
    if (!options.clock) options.clock = system_clock();
    parts_.log = engine::Log(options.log);
    const auto begun = options.clock->monotonic();

    VARVE_CHECK(claim_directory());
    make_parts();
    VARVE_CHECK(load());
    VARVE_CHECK(replay());
    VARVE_CHECK(begin_log());
    tidy();

    parts_.last_sequence = parts_.versions->visible_sequence();
    parts_.report.last_sequence = parts_.last_sequence;
    parts_.report.took = options.clock->monotonic() - begun;
    log_report();
    return std::move(parts_);
  }

 private:
  FileSystem& files() { return *parts_.options.file_system; }
  const std::filesystem::path& dir() const { return parts_.options.dir; }
  bool has_wal() const { return parts_.options.durability.kind() != Durability::Kind::none; }

  Status claim_directory() {
    VARVE_TRY(engine::DirectoryContent found, engine::examine_directory(files(), dir()));
    if (found != engine::DirectoryContent::database && !parts_.options.create_if_missing) {
      return fail(Errc::not_found,
                  dir().string() + ": no database here, and create_if_missing is off");
    }
    if (found == engine::DirectoryContent::missing) {
      VARVE_CHECK(files().create_directory(dir()));
      const auto parent = dir().parent_path();
      VARVE_CHECK(files().sync_directory(parent.empty() ? "." : parent));
    }
    VARVE_TRY(parts_.lock, files().lock(dir() / engine::lock_file_name));
    // Once more: another process may have made it before the lock was ours.
    VARVE_TRY(found, engine::examine_directory(files(), dir()));
    if (found == engine::DirectoryContent::database) {
      VARVE_TRY(const engine::Identity identity, engine::read_identity(files(), dir()));
      database_ = identity.database;
      return {};
    }
    parts_.report.created = true;
    const engine::Identity identity{.database = engine::random_uuid()};
    database_ = identity.database;
    return engine::write_identity(files(), dir(), identity);
  }

  void make_parts() {
    const Options& options = parts_.options;
    parts_.counters = std::make_unique<engine::Counters>();
    parts_.expiry_clock = std::make_unique<engine::ExpiryClock>(*options.clock);
    parts_.cache = std::make_unique<engine::BlockCache>(options.block_cache_bytes);
    parts_.files = std::make_unique<engine::FilePool>(options.file_system, files_max);
    parts_.tables = std::make_unique<engine::TableContext>(engine::TableContext{
        .file_system = options.file_system,
        .dir = options.dir,
        .cache = parts_.cache.get(),
        .files = parts_.files.get(),
        .log = parts_.log,
    });
  }

  Status load() {
    VARVE_TRY(engine::LoadedVersion loaded,
              engine::load_version(files(), dir(), database_, *parts_.tables));
    for (std::string& where : loaded.damages) {
      parts_.report.damages.push_back({.where = std::move(where)});
    }
    for (const auto& level : loaded.version.levels) parts_.report.tables += level.size();
    // Before the new manifest, whose creation makes it durable: should the log be damaged, it will
    // be read from its first file on.
    for (const std::string& name : loaded.old_segments) remove_orphan(name);
    orphans_ = std::move(loaded.orphans);
    manifest_was_torn_ = loaded.torn_tail.has_value();
    flushed_through_ = loaded.version.flushed_through;
    log_start_ = loaded.version.log_start;
    auto active =
        std::make_shared<Memtable>(loaded.version.flush_number + 1, log_start_, flushed_through_);
    VARVE_TRY(parts_.versions, engine::VersionSet::create({
                                   .context = parts_.tables.get(),
                                   .dir = dir(),
                                   .database = database_,
                                   .version = std::move(loaded.version),
                                   .next_file = loaded.next_file,
                                   .manifest_number = loaded.manifest_number,
                                   .active = std::move(active),
                                   .sequence = flushed_through_,
                               }));
    return {};
  }

  Status replay() {
    const engine::ReplayStart start{log_start_, log_start_ != 0, flushed_through_};
    VARVE_TRY(replayed_, engine::replay_wal(
                             files(), dir(), database_, start,
                             [this](const engine::ReplayedBatch& batch) { return apply(batch); }));
    RecoveryReport& report = parts_.report;
    report.segments_replayed = replayed_.segments;
    report.bytes_replayed = replayed_.bytes;
    report.cut = replayed_.cut;
    report.damages.insert(report.damages.end(), replayed_.damages.begin(), replayed_.damages.end());
    // What the tables hold may be newer than what is left of the log.
    replayed_.position.last_sequence =
        std::max(replayed_.position.last_sequence, parts_.versions->visible_sequence());
    return {};
  }

  Status apply(const engine::ReplayedBatch& batch) {
    if (batch.sequence <= flushed_through_) return {};
    engine::VersionSet& versions = *parts_.versions;
    if (!versions.active()->empty() &&
        versions.active()->bytes() + batch.payload.size() > parts_.options.memtable_bytes) {
      VARVE_CHECK(flush_active(batch.segment));
    }
    Memtable& memtable = *versions.active();
    series_.clear();
    for (const std::string_view key : batch.keys) {
      series_.push_back(&memtable.series(key, engine::hash_of(key)));
    }
    VARVE_TRY(
        const std::uint64_t operations,
        engine::apply_batch(memtable, batch.payload, batch.default_ttl, series_, batch.sequence));
    memtable.set_last_sequence(batch.sequence);
    versions.publish(batch.sequence);
    ++parts_.report.batches_replayed;
    parts_.report.records_replayed += operations;
    return {};
  }

  /// Everything in memory goes to tables, and the log then begins at `segment`.
  Status flush_active(std::uint64_t segment) {
    engine::VersionSet& versions = *parts_.versions;
    versions.rotate(std::make_shared<Memtable>(versions.active()->number() + 1, segment,
                                               versions.visible_sequence()));
    maintenance::KeeperContext keeping{
        .versions = &versions,
        .tables = parts_.tables.get(),
        .wal = nullptr,  // Its segments go when recovery is done.
        .counters = parts_.counters.get(),
        .clock = parts_.options.clock.get(),
        .log = parts_.log,
        .window = parts_.options.window,
        .memtable_bytes = parts_.options.memtable_bytes,
        .compression = parts_.options.compression,
        .now = [this] { return parts_.expiry_clock->now(); },
        .on_flushed = [] {},
    };
    maintenance::Keeper keeper(std::move(keeping), parts_.sizes.keeping);
    VARVE_TRY(const bool flushed, keeper.flush_one());
    VARVE_ASSERT(flushed);
    return {};
  }

  Status begin_log() {
    std::vector<std::uint64_t>& old = replayed_.position.segments;
    if (!replayed_.damaged_segments.empty()) VARVE_CHECK(set_damage_aside());
    if (!has_wal()) {
      // Without a log nothing may be in memory alone.
      if (!parts_.versions->active()->empty() || log_start_ != 0) VARVE_CHECK(flush_active(0));
      return engine::remove_segments(files(), dir(), old);
    }
    parts_.wal = std::make_unique<engine::Wal>(
        engine::WalOptions{
            .file_system = parts_.options.file_system,
            .dir = dir(),
            .database = database_,
            .segment_bytes = std::min(parts_.options.wal_bytes / 16, segment_bytes_max),
            .spare_bytes = parts_.options.wal_bytes / 4,
            .log = parts_.log,
        },
        replayed_.position);
    VARVE_TRY(const std::uint64_t segment, parts_.wal->rotate());

    if (parts_.versions->active()->empty() || old.size() >= replayed_segments_max) {
      VARVE_CHECK(flush_active(segment));
      return parts_.wal->release(segment);
    }
    if (log_start_ == 0) {
      // The first start ended before its first flush.
      engine::VersionEdit edit;
      edit.log_start = old.front();
      VARVE_CHECK(parts_.versions->apply(std::move(edit)));
    }
    return {};
  }

  /// What is damaged is kept, out of the way of the log that goes on; afterwards there is no log.
  ///
  /// Wherever the power goes, the next opening must see the damage for as long as a damaged segment
  /// is not in quarantine, and apply nothing beyond it. So everything that counts goes to tables
  /// first, and with that the log is not required any more, but read all the same. Then segments go
  /// oldest first, each durably before the next: those that are left begin with the damage, or with
  /// a segment that goes on from batches which no table holds, and either is damage.
  Status set_damage_aside() {
    const std::vector<std::uint64_t>& damaged = replayed_.damaged_segments;
    std::vector<std::uint64_t>& segments = replayed_.position.segments;
    VARVE_CHECK(flush_active(0));
    std::erase_if(segments, [&](std::uint64_t segment) { return segment >= damaged.front(); });
    VARVE_CHECK(engine::remove_segments(files(), dir(), segments));
    segments.clear();
    for (const std::uint64_t segment : damaged) {
      VARVE_CHECK(engine::set_aside(files(), dir(), engine::segment_name(segment)));
    }
    return {};
  }

  /// Files that nothing names any more. One that stays is tried again at the next opening.
  void tidy() {
    for (const std::string& name : orphans_) {
      // A torn manifest may in truth be a damaged one whose last edit named this table. With a WAL
      // its records would be missed there, and opening would have failed; without one, only this
      // keeps them.
      if (!manifest_was_torn_ || log_start_ != 0 || !name.ends_with(".table")) {
        remove_orphan(name);
      } else if (const Status kept = engine::set_aside(files(), dir(), name); kept) {
        parts_.report.damages.push_back({.where = name + ": set aside after a torn manifest"});
      } else {
        parts_.log.warning("setting a file aside: " + kept.error().message());
      }
    }
  }

  void remove_orphan(const std::string& name) {
    if (engine::remove_orphan(files(), dir(), name, parts_.log)) ++parts_.report.orphans_removed;
  }

  void log_report() const {
    const RecoveryReport& report = parts_.report;
    if (!report.damages.empty()) {
      parts_.log.error(report.to_string());
    } else if (!report.created) {
      parts_.log.info(report.to_string());
    }
  }

  OpenedParts parts_;
  engine::Uuid database_{};
  std::vector<std::string> orphans_;
  bool manifest_was_torn_ = false;
  std::uint64_t flushed_through_ = 0;
  std::uint64_t log_start_ = 0;
  engine::ReplayResult replayed_;
  std::vector<engine::MemtableSeries*> series_;
};

}  // namespace

Result<OpenedParts> open_parts(Options options, const EngineSizes& sizes) {
  return Opening(std::move(options), sizes).run();
}

}  // namespace varve
