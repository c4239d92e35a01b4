#pragma once

#include <memory>

#include "maintenance/keeper.hpp"

namespace varve::maintenance {

/// The background thread: an Asio io_context whose timers run the Keeper's steps, retry what
/// failed with growing pauses, and collect garbage now and then.
class Scheduler {
 public:
  Scheduler(Keeper& keeper, engine::Log log);
  ~Scheduler();  ///< stop()

  /// Starts the thread. Fails where the system has no more.
  [[nodiscard]] Status start();
  /// Between start() and stop().
  bool running() const;

  /// A memtable was frozen: do not wait for the timer. Any thread. Throws nothing.
  void wake();
  /// Waits for the job under way and ends the thread. Any thread but its own; twice is fine. Does
  /// nothing in a child of the process that started it.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varve::maintenance
