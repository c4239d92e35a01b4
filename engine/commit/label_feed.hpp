#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/wal/batch.hpp"

namespace varve::engine {

/// What the writer tells the index of labels, in the order of writes: each series that was
/// described, and its label record. It keeps nothing before start(), so that who never asks for
/// labels pays nothing.
///
/// Threads: add() by the holder of the writer's role, after the batch was applied and before its
/// sequence is published; the others by whoever keeps the index. So whoever sees a sequence finds
/// all that was said up to it here, or was told by start() that it came before.
class LabelFeed {
 public:
  struct Change {
    std::uint64_t sequence = 0;
    std::string key;     // The user's.
    std::string record;  // Of the labels; empty where they were removed.
  };

  /// At most so many bytes are kept for an index that nobody asks.
  explicit LabelFeed(std::size_t bytes_max = std::size_t{16} << 20) : bytes_max_(bytes_max) {}

  /// Tells of a batch that describes series. REQUIRES sequences that grow. Throws nothing: where
  /// there is no memory to note it, all is dropped, as where bytes_max is exceeded.
  void add(const EncodedBatch& batch, std::uint64_t sequence);

  /// Starts recording changes. Returns the sequence of the last change that was not recorded (0:
  /// none). Wait until that sequence is visible, read the earlier changes from a view, then follow
  /// the feed.
  std::uint64_t start();
  /// Stops recording, and drops what was recorded.
  void stop();
  /// Takes out the changes up to `sequence`. None if some were dropped: the feed is then stopped.
  std::optional<std::vector<Change>> take_through(std::uint64_t sequence);

  /// What the changes that it keeps take. Any thread.
  std::size_t bytes() const;

 private:
  void record(const EncodedBatch& batch, std::uint64_t sequence) VARVE_REQUIRES(mutex_);
  void drop() VARVE_REQUIRES(mutex_);
  void clear() VARVE_REQUIRES(mutex_);

  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  bool keeping_ VARVE_GUARDED_BY(mutex_) = false;
  std::uint64_t newest_ VARVE_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ VARVE_GUARDED_BY(mutex_) = 0;
  std::vector<Change> changes_ VARVE_GUARDED_BY(mutex_);  // By sequence.
};

}  // namespace varve::engine
