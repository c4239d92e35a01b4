#pragma once

#include <chrono>
#include <thread>

namespace varve::engine {

/// For who waits for what another thread comes to in a moment, and cannot be told of: gives way to
/// others, and after some times sleeps. To give way alone lets nobody run who has less priority
/// than this thread (SCHED_FIFO), and it may be that one who is waited for. For one thread.
class Backoff {
 public:
  static constexpr int yields_max = 100;
  static constexpr std::chrono::microseconds pause{50};

  void wait() {
    if (yields_ < yields_max) {
      ++yields_;
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(pause);
    }
  }
  /// What was waited for came: begins anew.
  void reset() { yields_ = 0; }

 private:
  int yields_ = 0;
};

}  // namespace varve::engine
