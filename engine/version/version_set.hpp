#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/log.hpp"
#include "engine/base/mutex.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/version/manifest.hpp"
#include "engine/version/version.hpp"
#include "engine/version/view.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// The current version and memtables, the manifest behind the version, and the published view.
///
/// Threads: view() on any. rotate() by the holder of the writer's role. apply() by flush,
/// compaction and collection, on any thread: edits are serialised by edit_mutex, which is held
/// across the manifest's sync; publish_mutex guards only the pointers and is held for nanoseconds.
class VersionSet {
 public:
  struct Start {
    TableContext* context = nullptr;
    std::filesystem::path dir;
    Uuid database{};
    Version version;
    std::uint64_t next_file = 1;        // Numbers from here are free.
    std::uint64_t manifest_number = 0;  // Of the one that was read; 0: none.
    std::shared_ptr<Memtable> active;
    std::uint64_t sequence = 0;  // Visible at first.
    /// A manifest is replaced once it has grown to so much and to four times its first record.
    std::uint64_t manifest_bytes = std::uint64_t{1} << 20;
  };

  /// Writes a new manifest with the whole version, durable, and removes the one before.
  static Result<std::unique_ptr<VersionSet>> create(Start start);
  ~VersionSet();

  // Reading.

  /// Everything that is visible now, as of `now`. Pins it.
  std::shared_ptr<const View> view(Timestamp now) const;
  /// The same for one read, which keeps it on its stack.
  View view_here(Timestamp now) const;
  std::shared_ptr<const Version> version() const;
  std::uint64_t visible_sequence() const { return visible_.load(std::memory_order_acquire); }

  // The writer's.

  /// Publishes that every batch up to `sequence` has been applied to the active memtable.
  void publish(std::uint64_t sequence) { visible_.store(sequence, std::memory_order_release); }
  /// Freezes the active memtable and makes `fresh` the active one.
  void rotate(std::shared_ptr<Memtable> fresh);
  const std::shared_ptr<Memtable>& active() const { return active_; }

  /// What writers pace themselves by, at every write: without a lock. Any thread.
  std::size_t frozen_count() const;
  std::size_t active_bytes() const;

  // Maintenance.

  /// Frozen memtables that are not flushed yet, oldest first.
  std::vector<std::shared_ptr<const Memtable>> frozen() const;
  /// A number for a new file, never given twice.
  std::uint64_t new_file_number();
  /// Logs the edit durably, publishes the version after it (without `flushed`, the memtable whose
  /// records it installs, always the oldest), and marks removed tables obsolete. A manifest whose
  /// append fails is replaced by a new one with the whole version after the edit.
  /// REQUIRES that the files which the edit adds are durable, with their names.
  ///
  /// Fails with corruption where the edit does not fit the version, with closed, or when the new
  /// manifest fails too: then nothing has changed here and the call can be repeated, but what the
  /// disk says is unknown. So the files that the edit adds must stay until an apply() succeeded.
  [[nodiscard]] Status apply(VersionEdit edit, const Memtable* flushed = nullptr);

  /// Writes the closing record. No apply() after it.
  [[nodiscard]] Status close();

 private:
  explicit VersionSet(Start start);
  struct Impl;

  std::atomic<std::uint64_t> visible_;
  std::shared_ptr<Memtable> active_;  // The writer's copy; readers take theirs under the mutex.
  std::unique_ptr<Impl> impl_;
};

}  // namespace varve::engine
