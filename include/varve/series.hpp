#pragma once

#include "varve/detail/requirements.hpp"

#include <memory>
#include <string>
#include <utility>

#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

namespace engine {
class SeriesState;
}

/// A handle on one series that spares hot loops the hashing of its key. Engine::series() makes it.
///
/// Cheap to copy, and safe on any thread. It stays good whatever happens to the records: the series
/// may be empty, expire or be deleted, and is written to again. It belongs to the engine that made
/// it. Writing it to another engine fails with invalid_argument, and writing it after its own
/// engine was closed fails with closed.
class Series {
 public:
  /// The key that it was made with.
  const std::string& key() const;

  /// Engine::series() makes it.
  explicit Series(std::shared_ptr<engine::SeriesState> state) : state_(std::move(state)) {}

 private:
  friend class WriteBatch;

  std::shared_ptr<engine::SeriesState> state_;
};

/// One record to append through a handle: Engine::append() takes many of them as one batch.
struct Point {
  /// Any `at` is legal. The value is checked when the point is written.
  Point(Series to, TimePoint at, Value what)
      : series(std::move(to)), ts(at), value(std::move(what)) {}

  Series series;
  /// In microseconds since the Unix epoch.
  Timestamp ts;
  Value value;
};

}  // namespace varve
