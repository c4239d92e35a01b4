#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/mutex.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// The segments of a log that are still needed, and how much of each is durable.
///
/// Threads: add(), note_appended() and the current segment's bytes belong to the holder of the
/// writer's role. sync() may run beside them on one other thread; everything else on any. The list
/// is guarded by a mutex, which is held during no call of the file system.
class SegmentList {
 public:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;               // Of the file.
    std::uint64_t appended = 0;            // End of its last group.
    std::uint64_t synced = 0;              // How much of that is durable.
    std::optional<Error> failure = {};     // Of a sync: how much is durable is not known.
    std::shared_ptr<File> file = nullptr;  // Open while it is written or a sync is due.
  };
  /// Segments go in and out as nodes of a list, so that nothing has to be allocated for what must
  /// not fail any more.
  using Segments = std::list<Segment>;

  /// Segments of an earlier process, ascending. `durable` is the sequence up to which the log
  /// itself says that it was durable.
  SegmentList(const std::vector<std::uint64_t>& left, std::uint64_t last_sequence,
              std::uint64_t durable);

  std::vector<std::uint64_t> numbers() const;
  /// What an earlier process left of it, all of it groups.
  void set_bytes(std::uint64_t number, std::uint64_t bytes);

  /// Makes the one in `fresh` the current segment. REQUIRES a number above all others.
  void add(Segments fresh);
  /// The current segment holds groups up to `end`, the last batch of which is `last_sequence`.
  void note_appended(std::uint64_t end, std::uint64_t last_sequence, std::uint64_t bytes);
  /// The last group does not count: batches end with `last_sequence` again, as before it.
  void take_back(std::uint64_t last_sequence);
  /// The current segment was put in the place of itself, with nothing but a header.
  void note_replaced(std::uint64_t bytes);

  /// Makes durable what was appended before. A segment whose sync failed fails it for as long as
  /// the segment is needed, also where there was no memory to say why.
  [[nodiscard]] Status sync();
  /// Everything up to `sequence` that is in the log is durable without a sync of it.
  void note_durable(std::uint64_t sequence);
  /// The sequence up to which all is.
  std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  bool current_has_failed() const;

  /// Takes out those below `segment`, and what put_back() was given. The current one is needed
  /// whatever the caller says.
  Segments take_below(std::uint64_t segment);
  /// Could not be removed: are taken out again by the next take_below().
  void put_back(Segments left);
  /// Those with room behind their last group. REQUIRES that all is durable.
  std::vector<Segment> with_room() const;

  std::uint64_t current() const;     ///< 0 where none is being written.
  std::uint64_t live_bytes() const;  ///< Of files that are needed.
  std::uint64_t bytes() const;       ///< The same, and those that could not be removed.
  std::uint64_t count() const;       ///< The same.
  std::uint64_t bytes_since(std::uint64_t segment) const;  ///< Of the current one what is written.
  std::uint64_t bytes_appended() const;

 private:
  /// A segment that is to be synced, kept open until that is done.
  struct Due {
    std::uint64_t number = 0;
    std::uint64_t appended = 0;
    std::shared_ptr<File> file = nullptr;  // None: there is no such segment.
  };
  /// What a sync makes durable.
  struct Reach {
    std::uint64_t sequence = 0;
    std::uint64_t take_backs = 0;  ///< Before it.
  };
  Due next_due(std::uint64_t after, std::uint64_t last) const VARVE_REQUIRES(mutex_);
  Status note_synced(const Due& due, Status synced) VARVE_REQUIRES(mutex_);
  Status note_reached(const Reach& reach) VARVE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  Segments segments_ VARVE_GUARDED_BY(mutex_);       // Ascending; the last is the current.
  Segments garbage_ VARVE_GUARDED_BY(mutex_);        // Released, and not removed yet.
  std::uint64_t appended_ VARVE_GUARDED_BY(mutex_);  // The last sequence.
  std::uint64_t bytes_appended_ VARVE_GUARDED_BY(mutex_) = 0;
  std::uint64_t take_backs_ VARVE_GUARDED_BY(mutex_) = 0;  // How many there were.
  std::atomic<std::uint64_t> durable_;                     // Stored under the mutex, read anywhere.
};

}  // namespace varve::engine
