#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "engine/base/log.hpp"
#include "engine/base/mutex.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// Files that are to become segments: pre-written, so that a sync of theirs has no metadata to
/// write and a full disk shows before anything is acknowledged. They bear names that no replay
/// reads, and none outlives close() or the next start.
///
/// The first ones are small, so that a program which opens, writes little and closes wears its
/// flash little. They grow as segments are filled, and never shrink.
///
/// Any thread. The mutex guards the lists only; prepare() has a mutex of its own, held while it
/// writes, so that two threads do not prepare the same file.
class SparePool {
 public:
  /// Spares come to have `segment_bytes` each, and `spare_bytes` together at most.
  SparePool(std::shared_ptr<Directory> directory, std::uint64_t segment_bytes,
            std::uint64_t spare_bytes, Log log);

  struct Spare {
    std::string name;
    std::shared_ptr<File> file;
    std::uint64_t bytes = 0;
    bool recycled = false;
  };

  /// Removes what an earlier process left. To be called before all else.
  [[nodiscard]] Status start();

  /// Segments are being filled: from now on spares are larger, up to `segment_bytes`. True where
  /// none is ready, so that prepare() has something to do.
  bool grow();

  /// A file of at least `bytes`: one that is ready, else a new one, written here and now.
  Result<Spare> take(std::uint64_t bytes);
  /// A new file of exactly `bytes`, written here and now.
  Result<Spare> create(std::uint64_t bytes);
  /// Removes a spare that was taken and came to nothing.
  void discard(Spare spare);

  /// Takes a segment of `bytes` that nobody needs any more, unless it is smaller than spares are by
  /// now, larger than they ever get, or there are enough. True if it did: the old name is gone
  /// then.
  Result<bool> recycle(const std::string& segment, std::uint64_t bytes);

  /// Pre-writes a piece of a spare where none is ready. False where there is nothing to do.
  Result<bool> prepare();

  /// Removes all spares.
  [[nodiscard]] Status clear();

  std::uint64_t bytes() const;
  std::uint64_t count() const;

 private:
  struct Ready {
    std::string name;
    std::uint64_t bytes;
    bool recycled;
  };
  /// Each comes as a node that was made before its file: so none is forgotten for want of memory.
  using ReadyList = std::list<Ready>;
  struct Preparing {
    std::string name;
    std::unique_ptr<File> file;
    std::uint64_t bytes = 0;
    std::uint64_t written = 0;
  };

  std::string new_name();
  std::uint64_t bytes_ready() const VARVE_REQUIRES(mutex_);
  /// Takes one of at least so many bytes off the list. Empty where there is none.
  ReadyList take_ready(std::uint64_t bytes);
  void put_ready(ReadyList ready);
  Result<std::shared_ptr<File>> open_ready(const Ready& spare) const;
  bool begin_recycling(std::uint64_t bytes);
  void end_recycling(std::uint64_t bytes, ReadyList recycled);
  [[nodiscard]] Status write_piece(File& file, std::uint64_t offset, std::uint64_t end) const;

  const std::shared_ptr<Directory> directory_;
  const std::uint64_t segment_bytes_;
  const std::uint64_t spare_bytes_;
  const Log log_;

  Mutex preparing_mutex_;                                   // Taken before mutex_.
  Preparing preparing_ VARVE_GUARDED_BY(preparing_mutex_);  // No file: none is under way.

  mutable Mutex mutex_;
  std::uint64_t next_bytes_ VARVE_GUARDED_BY(mutex_);  // Of a new spare.
  ReadyList ready_ VARVE_GUARDED_BY(mutex_);
  std::uint64_t next_number_ VARVE_GUARDED_BY(mutex_) = 1;
  std::uint64_t recycling_bytes_ VARVE_GUARDED_BY(mutex_) = 0;  // Being renamed.
  std::uint64_t prepared_bytes_ VARVE_GUARDED_BY(mutex_) = 0;
  bool started_ VARVE_GUARDED_BY(mutex_) = false;
};

}  // namespace varve::engine
