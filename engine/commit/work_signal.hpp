#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "engine/base/mutex.hpp"

namespace varve::engine {

/// Lets one thread sleep while it has no work. Who brings work while the thread is awake takes no
/// lock.
///
/// asleep_ and the work that `idle` looks for are sequentially consistent: who brings work makes it
/// known and then reads asleep_, the thread sets asleep_ and then looks for work, so at least one
/// of them sees the other. Who sees it set takes it down and wakes the thread; those who come while
/// that takes its time need not.
class WorkSignal {
 public:
  /// Sleeps until there is work, or for so long at most, and returns true; or false where there is
  /// none and stop() was called. `idle()` says that there is none. For the one thread.
  template <class Idle>
  bool wait_for_work(Idle idle, std::optional<std::chrono::nanoseconds> at_most = {}) {
    const Lock lock(mutex_);
    for (;;) {
      // Anew before each look: whoever woke the thread has taken the flag down.
      asleep_.store(true, std::memory_order_seq_cst);
      if (!idle()) break;
      if (stopping_) return false;
      if (!at_most) {
        wake_.wait(mutex_);
      } else if (!wake_.wait_for(mutex_, *at_most)) {
        break;
      }
    }
    asleep_.store(false, std::memory_order_relaxed);
    return true;
  }

  /// To be called after the work is known. Any thread.
  void notify() {
    if (!asleep_.load(std::memory_order_seq_cst)) return;
    // Of those who see it asleep only one wakes it, which takes longer than many a write.
    if (!asleep_.exchange(false, std::memory_order_seq_cst)) return;
    const Lock lock(mutex_);  // So the thread is not between its look and its sleep.
    wake_.notify_one(mutex_);
  }

  /// Ends the wait once there is no work. Any thread.
  void stop() {
    const Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_one(mutex_);
  }

 private:
  Mutex mutex_;
  Condition wake_;
  std::atomic<bool> asleep_{false};
  bool stopping_ VARVE_GUARDED_BY(mutex_) = false;
};

}  // namespace varve::engine
