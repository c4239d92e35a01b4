#pragma once

#include <memory>

#include "engine/base/counters.hpp"
#include "engine/base/log.hpp"
#include "engine/commit/label_feed.hpp"
#include "engine/database/engine_sizes.hpp"
#include "engine/database/pins.hpp"
#include "engine/record/expiry.hpp"
#include "engine/record/trusted_clock.hpp"
#include "engine/table/block_cache.hpp"
#include "engine/table/file_pool.hpp"
#include "engine/table/table.hpp"
#include "engine/version/version_set.hpp"
#include "query/labels/label_reader.hpp"
#include "varve/options.hpp"
#include "varve/stats.hpp"

namespace varve::engine {

/// What a read needs of an open database. Writes and upkeep stand on it too.
///
/// Threads: opening fills it on one thread, and hands it over before any other thread starts.
/// From then on the pointers and the options are constant, and each part says of itself who may
/// call it. Whoever stands on the store holds a Use, so that the store outlives them all.
///
/// Snapshots and scans share it, and it lives until the last of them has gone, which may be long
/// after the engine. Once that is closed no step of theirs is let in; what is left to do is to let
/// go, which needs nothing but the store, changes no file and logs nothing.
struct Store {
  /// REQUIRES options that check() passes, with a file system and a clock, and without an executor,
  /// which need not live as long as a snapshot may. `at` is the directory that they name, held open
  /// from here on: no call goes through the path again.
  Store(Options with, std::shared_ptr<Directory> at, const EngineSizes& cut_by);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Takes over what recovery begins with. Called once, before the first read.
  void set_versions(std::unique_ptr<VersionSet> loaded);

  /// Once the database is closed: what a snapshot that is left does not need goes now.
  void let_go();

  bool has_log() const { return options.durability.kind() != Durability::Kind::none; }
  /// Adds the figures of what reads and versions count.
  void report(Stats& stats) const;

  const Options options;  // With the seams filled in.
  const std::shared_ptr<Directory> directory;
  const EngineSizes sizes;
  const Log log;
  const Timestamp started_at;
  Counters counters;
  ExpiryClock expiry_clock;
  TrustedClock trusted_clock;  // Goes on from what the manifest says, since set_versions().
  Pins pins;
  BlockCache cache;
  FilePool files;
  TableContext tables;
  std::unique_ptr<VersionSet> versions;  // Null until set_versions().
  /// Stands here and not with the writes, which fill it, because the reader of labels needs it: a
  /// store that nobody writes to has one that stays empty.
  LabelFeed label_feed;
  std::unique_ptr<query::LabelReader> label_reader;  // Null until set_versions().

  /// Held by each part that stands on the store. Parts are built and torn down on one thread at a
  /// time, so the count needs no more than that.
  class Use {
   public:
    explicit Use(Store& store) : store_(store) { ++store_.uses_; }
    ~Use() { --store_.uses_; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    Store& operator*() const { return store_; }
    Store* operator->() const { return &store_; }

   private:
    Store& store_;
  };

 private:
  int uses_ = 0;
};

}  // namespace varve::engine
