#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/mutex.hpp"
#include "engine/memtable/memtable.hpp"
#include "engine/version/version.hpp"
#include "engine/version/view.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// What every read begins with: the current version, the memtables above it and the visible
/// sequence. Writes nothing to any file.
///
/// Threads: one thread at a time, the holder of the writer's role, calls publish(), rotate() and
/// active(). One thread at a time calls replace(); ManifestLog does, under its mutex. Everything
/// else is for any thread. What orders them:
///
/// - A batch is in the active memtable before publish() stores its sequence with release. A reader
///   loads the sequence with acquire, and the sources after it. So the sources hold every batch up
///   to the sequence: a flush in between only turns a whole memtable into a table.
/// - The sources are one pointer, which is replaced as a whole under the mutex. So no reader sees a
///   memtable and the table it became, or neither. The mutex is held for nanoseconds, and nothing
///   that it guards is destroyed under it.
/// - active() is the writer's own copy of a pointer, for which the writer needs no lock.
class Published {
 public:
  /// `sequence` is visible at first: what the version holds, and the active memtable if anything.
  Published(Version version, std::shared_ptr<Memtable> active, std::uint64_t sequence);

  // Reading.

  /// Everything that is visible now, as of `now`. Pins it.
  std::shared_ptr<const View> view(Timestamp now) const;
  /// The same for one read, which keeps it on its stack.
  View view_here(Timestamp now) const;
  std::shared_ptr<const Version> version() const { return load()->version; }
  std::uint64_t visible_sequence() const { return visible_.load(std::memory_order_acquire); }
  /// Frozen memtables that are not flushed yet, oldest first.
  std::vector<std::shared_ptr<const Memtable>> frozen() const;
  /// What memtables hold that were flushed, and that a view still pins.
  std::size_t pinned_bytes() const;

  // What writers pace themselves by, at every write.

  /// Takes no lock. It may be a moment old; whoever waits for a flush is woken after its store.
  std::size_t frozen_count() const { return frozen_count_.load(std::memory_order_acquire); }
  std::size_t active_bytes() const { return load()->memtables.front()->bytes(); }

  // The writer's.

  /// Publishes that every batch up to `sequence` has been applied to the active memtable.
  void publish(std::uint64_t sequence) {
    // A reader that saw a sequence must never be told of a lower one.
    VARVE_ASSERT(sequence >= visible_.load(std::memory_order_relaxed));
    visible_.store(sequence, std::memory_order_release);
  }
  /// Freezes the active memtable and makes `fresh`, which is empty, the active one.
  /// REQUIRES that all of the active one is visible, and a higher number of the fresh one.
  void rotate(std::shared_ptr<Memtable> fresh) {
    auto sources = prepare_rotation(fresh);
    rotate(std::move(fresh), std::move(sources));
  }
  /// Takes the memory for that; the second call then cannot fail. Nothing else of the writer's
  /// comes between.
  std::shared_ptr<ViewSources> prepare_rotation(const std::shared_ptr<Memtable>& fresh) const;
  void rotate(std::shared_ptr<Memtable> fresh, std::shared_ptr<ViewSources> sources);
  const std::shared_ptr<Memtable>& active() const { return active_; }

  // The keeper's.

  /// Takes the memory that publishing the version needs: replace() then cannot fail any more.
  std::shared_ptr<ViewSources> prepare(std::shared_ptr<const Version> next);
  /// Publishes the version of `next` in the place of the one before, without `flushed`: the oldest
  /// memtable, whose records it holds in tables; null where it holds what the version before did.
  /// REQUIRES what prepare() gave, of a version after the one before. Takes no memory, unless more
  /// memtables came since than the writer ever lets wait.
  ///
  /// Returns what was published before, to be let go outside every lock: with the last reference to
  /// a table goes its file.
  [[nodiscard]] std::shared_ptr<const ViewSources> replace(std::shared_ptr<ViewSources> next,
                                                           const Memtable* flushed);

 private:
  /// So many memtables may come between prepare() and replace(). The writer rotates only while less
  /// than two wait for a flush (Committer::frozen_max).
  static constexpr std::size_t memtables_to_come_max = 4;

  std::shared_ptr<const ViewSources> load() const {
    const Lock lock(mutex_);
    return sources_;
  }

  std::atomic<std::uint64_t> visible_;
  std::shared_ptr<Memtable> active_;

  mutable Mutex mutex_;
  std::shared_ptr<const ViewSources> sources_ VARVE_GUARDED_BY(mutex_);
  /// The memtables that were flushed, as long as somebody has them; those that went are struck out
  /// by the next flush.
  std::vector<std::weak_ptr<const Memtable>> flushed_ VARVE_GUARDED_BY(mutex_);
  std::atomic<std::size_t> frozen_count_{0};  // Of sources_, stored with them.
};

}  // namespace varve::engine
