#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/mutex.hpp"
#include "maintenance/compaction.hpp"
#include "maintenance/compaction_choice.hpp"
#include "maintenance/garbage_choice.hpp"
#include "maintenance/job_files.hpp"
#include "maintenance/keeper.hpp"

namespace varve::maintenance {

using engine::Lock;
using engine::Mutex;
using engine::TableMeta;
using engine::Version;
using engine::VersionEdit;
using std::chrono::nanoseconds;

/// One holder at a time. A Mutex that is held across whole jobs.
class Turn {
 public:
  /// Has the turn for as long as it lives, if it got it.
  class Holder {
   public:
    /// Waits for the turn.
    explicit Holder(Turn& turn) : turn_(turn), has_it_(true) { turn.take(); }
    /// Does not wait.
    Holder(Turn& turn, std::try_to_lock_t /*if_free*/) : turn_(turn), has_it_(turn.try_take()) {}
    ~Holder() {
      if (has_it_) turn_.give();
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    explicit operator bool() const { return has_it_; }

   private:
    Turn& turn_;
    const bool has_it_;
  };

 private:
  void take() {
    const Lock lock(mutex_);
    while (taken_) free_.wait(mutex_);
    taken_ = true;
  }
  bool try_take() {
    const Lock lock(mutex_);
    return !std::exchange(taken_, true);
  }
  void give() {
    {
      const Lock lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
  }

  Mutex mutex_;
  engine::Condition free_;
  bool taken_ VARVE_GUARDED_BY(mutex_) = false;
};

enum Kind : std::size_t { flush_job, freeze_job, compaction_job, collection_job, kind_count };

/// Of level 0 what is of this flush or earlier ones: what was flushed since does not count. Less is
/// fewer rows, or as many in fewer tables.
struct WaitingRows {
  std::uint64_t rows = 0;
  std::uint64_t tables = 0;

  auto operator<=>(const WaitingRows&) const = default;
};
WaitingRows waiting_in(const Version& version, std::uint64_t flush);

/// Threads: `flush_mutex` serialises flushes; `turn` serialises compactions and collections. So
/// while one of those chooses and runs, only flushes change the version, and they only add newer
/// tables. Members under "The turn's" are used by its holder alone; the mutex inside Turn orders
/// one holder after the other. The VersionSet serialises edits.
struct Keeper::Impl {
  Impl(KeeperContext with, const Rules& bounds) : context(std::move(with)), rules(bounds) {
    VARVE_ASSERT(context.versions != nullptr && context.tables != nullptr);
    VARVE_ASSERT(context.counters != nullptr && context.clock != nullptr);
    VARVE_ASSERT(context.trusted != nullptr);
    rules.window = std::max<std::int64_t>(context.window.count(), 1);
  }

  const KeeperContext context;
  Rules rules;  // Constant.

  Mutex flush_mutex;
  /// The active memtable that steps have seen something in, and since when.
  struct Waiting {
    std::uint64_t memtable = 0;
    nanoseconds since{};
  };
  std::optional<Waiting> waiting VARVE_GUARDED_BY(flush_mutex);
  Turn turn;

  // The turn's.
  std::map<std::uint64_t, Shape> shapes;  // Of the tables of level 0.
  std::set<std::uint64_t> damaged;
  struct Pause {
    nanoseconds until{};
    nanoseconds length{};
  };
  std::map<std::uint64_t, Pause> pauses;  // Of tables with too little to collect.
  nanoseconds next_collection{std::numeric_limits<std::int64_t>::min()};

  /// Files of edits that failed. The manifest may name them until a new one is durable.
  Mutex orphans_mutex;
  std::list<std::string> orphans VARVE_GUARDED_BY(orphans_mutex);

  mutable Mutex errors_mutex;
  std::array<std::optional<Error>, kind_count> errors VARVE_GUARDED_BY(errors_mutex);
  std::size_t newest_error VARVE_GUARDED_BY(errors_mutex) = flush_job;

  Result<bool> flush_one();
  Result<bool> flush_oldest() VARVE_REQUIRES(flush_mutex);
  Result<bool> flush_waiting();
  bool has_waited() VARVE_REQUIRES(flush_mutex);
  Status settle();
  JobFiles job_files(WriteReason reason) const;
  Status apply(VersionEdit edit, const engine::Memtable* flushed);
  Status install(VersionEdit edit, JobFiles& files, const engine::Memtable* flushed);
  void note_orphans(std::list<std::string>& names);
  void release_log(std::uint64_t log_start) const;

  bool flush_pending();
  void forget_gone(const Version& version);
  void note_damage(std::uint64_t table, const Error& error);
  LiveTables live_tables(const Version& version) const;
  Status learn_shapes(const Version& version);
  Result<std::uint64_t> run(const std::shared_ptr<const Version>& version, CompactionPlan plan,
                            Timestamp now);
  Result<std::uint64_t> run_around_damage(const std::shared_ptr<const Version>& version,
                                          CompactionPlan plan, Timestamp now, bool& changed);
  static bool is_damage(const Error& error);
  Result<bool> compact_step(bool everything, Timestamp now);
  Result<bool> compact_all();
  Result<bool> merge_level0();

  Result<std::uint64_t> unlink_expired(Timestamp now);
  static CompactionPlan alone(const Version& version, const TableMeta& meta);
  Result<std::uint64_t> collect_round(Timestamp now, bool& changed);
  struct Held {
    TablePointer table;
    Leftovers leftovers;
  };
  Result<std::uint64_t> bring_together(const std::vector<Held>& held, Timestamp now, bool& changed);
  Result<std::uint64_t> bring_down(std::set<std::uint64_t> numbers, Timestamp now, bool& changed);
  Result<bool> bring_where_it_pays(const std::shared_ptr<const Version>& version,
                                   const TableMeta& meta, const Leftovers& leftovers,
                                   Timestamp now);
  Result<bool> settle_deletes();
  Result<bool> drop_idle_tombstones();
  static nanoseconds time_to_expiry(const Version& version, Timestamp now);
  Result<bool> collect_step();
  bool due(std::uint64_t table) const;
  void postpone(std::uint64_t table);

  bool note(Kind kind, std::optional<Error> error);
  void count_collection() const;
  bool failed(Kind kind, const Result<bool>& outcome);
  Result<bool> step();
};

}  // namespace varve::maintenance
