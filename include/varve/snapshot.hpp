#pragma once

#include "varve/detail/requirements.hpp"

#include <cstdint>
#include <memory>
#include <utility>

#include "varve/time.hpp"

namespace varve {

namespace engine {
struct PinnedView;
class Reads;
}  // namespace engine

/// The database as it was at one moment, for as long as this lives: what is written, deleted,
/// compacted or expires later changes no answer. Engine::snapshot() takes one, and
/// ReadOptions::snapshot() makes a read answer from it.
///
/// Taking one is O(1) and blocks nobody. It pins memtables and table files: as long as one is alive
/// their memory and disk space are not given back, so do not keep one for longer than it takes to
/// answer from it. Stats::snapshots counts those that are alive, and Stats::oldest_pin_age says how
/// long the oldest has been.
///
/// Any number of threads may read from one. Copies share it. It is for reads of its own engine: one
/// of another fails with invalid_argument. It may outlive its engine; what it pins then goes with
/// the last copy of it.
class Snapshot {
 public:
  /// The sequence of the newest batch that it shows. It shows every batch up to it, each whole.
  std::uint64_t sequence() const;
  /// The moment by which it judges expiry: when it was taken, by the engine's clock.
  Timestamp now() const;

 private:
  friend class engine::Reads;
  explicit Snapshot(std::shared_ptr<const engine::PinnedView> pinned)
      : pinned_(std::move(pinned)) {}

  std::shared_ptr<const engine::PinnedView> pinned_;
};

}  // namespace varve
