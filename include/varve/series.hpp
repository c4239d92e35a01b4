#pragma once

#include <memory>
#include <string>
#include <utility>

#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

class EngineImpl;
namespace engine {
class SeriesState;
}

/// A handle on one series that spares hot loops the hashing of its key. Cheap to copy, good on
/// any thread, and whatever happens to the records meanwhile. It belongs to the engine that gave
/// it; writing through it after that engine closed fails with Errc::closed.
class Series {
 public:
  const std::string& key() const;

  /// Engine::series() makes it.
  explicit Series(std::shared_ptr<engine::SeriesState> state) : state_(std::move(state)) {}

 private:
  friend class EngineImpl;
  friend class WriteBatch;

  std::shared_ptr<engine::SeriesState> state_;
};

/// One record to append through a handle.
struct Point {
  Point(Series to, Timestamp at, Value what)
      : series(std::move(to)), ts(at), value(std::move(what)) {}

  Series series;
  Timestamp ts;
  Value value;
};

}  // namespace varve
