#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/base/uuid.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/record/trusted_time.hpp"
#include "engine/version/manifest.hpp"
#include "engine/version/published.hpp"
#include "engine/version/version_edit.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// Makes edits of the version durable, and then publishes the version after each. What keepers
/// use: flush, compaction and garbage collection.
///
/// Threads: any. `edit_mutex_` serialises edits and is held across the manifest's sync, so the
/// version that an edit is made to is the newest one until it is published: only apply() replaces
/// it. The mutex of Published is taken inside `edit_mutex_`, never the other way round. A number
/// for a new file needs no lock, nor an order: it only has to be a new one.
class ManifestLog {
 public:
  struct Start {
    TableContext* context = nullptr;
    Uuid database{};
    std::uint64_t next_file = 1;             // Numbers from here are free.
    std::uint64_t manifest_number = 0;       // Of the one that was read; 0: none.
    std::uint64_t manifest_valid_bytes = 0;  // As LoadedVersion says.
    /// A manifest is replaced once it has grown to so much and to four times its first record.
    std::uint64_t manifest_bytes = std::uint64_t{1} << 20;
  };

  /// Writes a new manifest with the whole version that is published, durable, and removes the one
  /// before. On a full disk it goes on with the one before, whose zeros have room for small edits.
  /// Where that cannot be done either the first edit writes the new one.
  /// `published` outlives the log.
  static Result<std::unique_ptr<ManifestLog>> create(const Start& start, Published& published);

  const Uuid& database() const { return database_; }

  /// Whether what this process read of the version is durable, in a manifest that it appends to: on
  /// a full disk that may have to wait.
  bool has_manifest() {
    const Lock lock(edit_mutex_);
    return manifest_.has_value();
  }

  /// A number for a new file, never given twice.
  std::uint64_t new_file_number() { return next_file_.fetch_add(1, std::memory_order_relaxed); }

  /// Logs the edit durably, publishes the version after it (without `flushed`, the memtable whose
  /// records it installs, always the oldest), and marks removed tables obsolete. A manifest whose
  /// append fails is replaced by a new one with the whole version after the edit.
  /// REQUIRES that the files which the edit adds are durable, with their names, and have numbers
  /// from new_file_number() (or are removed by the same edit). Of the first nothing is asserted:
  /// only the disk could tell.
  ///
  /// Fails with corruption where the edit does not fit the version, with closed, or when the new
  /// manifest fails too: then nothing has changed here and the call can be repeated, but what the
  /// disk says is unknown. So the files that the edit adds must stay until an apply() succeeded.
  /// The same where it throws std::bad_alloc. Once the edit is durable nothing here takes memory.
  [[nodiscard]] Status apply(VersionEdit edit, const Memtable* flushed = nullptr);

  /// Writes the closing record, and in it what is trusted by then, and whether tables hold all. No
  /// apply() after it.
  [[nodiscard]] Status close(std::optional<TrustedTime> trusted = {});

 private:
  ManifestLog(const Start& start, Published& published);

  Status log(VersionEdit& edit, const Version& next) VARVE_REQUIRES(edit_mutex_);
  Status append(const VersionEdit& edit) VARVE_REQUIRES(edit_mutex_);
  void renew_manifest(const Version& version) VARVE_REQUIRES(edit_mutex_);
  Status start_manifest(const Version& version) VARVE_REQUIRES(edit_mutex_);
  Status resume_manifest(const Start& start) VARVE_REQUIRES(edit_mutex_);
  void give_manifest_up() VARVE_REQUIRES(edit_mutex_);
  bool remove_manifest(std::uint64_t number) VARVE_REQUIRES(edit_mutex_);
  void remove_replaced() VARVE_REQUIRES(edit_mutex_);

  Published& published_;
  const TableContext& context_;
  const Uuid database_;
  const std::uint64_t manifest_bytes_;

  std::atomic<std::uint64_t> next_file_;

  Mutex edit_mutex_;
  std::optional<Manifest> manifest_ VARVE_GUARDED_BY(edit_mutex_);  // None: the last one failed.
  std::uint64_t whole_bytes_ VARVE_GUARDED_BY(edit_mutex_) = 0;  // Of its header and first record.
  std::vector<std::uint64_t> replaced_ VARVE_GUARDED_BY(edit_mutex_);  // Manifests to be removed.
  bool is_as_read_ VARVE_GUARDED_BY(edit_mutex_) = false;  // Resumed, and nothing was appended.
  bool closed_ VARVE_GUARDED_BY(edit_mutex_) = false;
};

}  // namespace varve::engine
