#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "varve/time.hpp"

namespace varve {

namespace engine {
class View;
}

/// The database as it was at one moment, for as long as this lives: what is written, deleted,
/// compacted or expires later changes no answer. Taking one is O(1) and blocks nobody. It pins
/// memory and files, so let it go in time. Copies share it. It must not outlive its engine.
class Snapshot {
 public:
  std::uint64_t sequence() const;  ///< The newest batch it shows.
  Timestamp now() const;           ///< The moment by which it judges expiry.

 private:
  friend class Engine;
  friend class EngineImpl;
  explicit Snapshot(std::shared_ptr<const engine::View> view) : view_(std::move(view)) {}

  std::shared_ptr<const engine::View> view_;
};

}  // namespace varve
