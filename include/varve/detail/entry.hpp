#pragma once

#include "varve/detail/requirements.hpp"

#include <asio/any_io_executor.hpp>

namespace varve {

class Engine;
class EngineImpl;

namespace detail {

/// The beginning of an asynchronous call: it is inside the engine, which does not close before the
/// call is on its way, or it was refused, because the engine is closed or was moved from.
class Entry {
 public:
  explicit Entry(EngineImpl* impl);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  /// For the call, and for a handler that brings none. Runs what is posted to it, also when the
  /// call was refused.
  const asio::any_io_executor& executor() const { return executor_; }
  /// Whether that is the engine's own thread.
  bool is_own() const { return is_own_; }

 private:
  friend class varve::Engine;

  EngineImpl* const impl_;
  bool is_inside_;
  bool is_own_;
  asio::any_io_executor executor_;
};

}  // namespace detail

}  // namespace varve
