#pragma once

#include <cstdint>

#include "engine/base/mutex.hpp"

namespace varve::engine {

/// Closing as a type (after seastar's gate): work enters while it is open, and close() lets
/// nothing more in and waits for what is inside. Any thread.
class Gate {
 public:
  [[nodiscard]] bool enter() {
    const Lock lock(mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
  }
  void leave() {
    const Lock lock(mutex_);
    if (--inside_ == 0 && closed_) empty_.notify_all();
  }
  /// False where it was closed already; then too it returns when nothing is inside any more.
  bool close() {
    const Lock lock(mutex_);
    const bool was_open = !closed_;
    closed_ = true;
    while (inside_ != 0) empty_.wait(mutex_);
    return was_open;
  }

  /// Inside for as long as it lives, if the gate let it in.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(gate.enter() ? &gate : nullptr) {}
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    Gate* gate_;
  };

 private:
  Mutex mutex_;
  Condition empty_;
  std::uint64_t inside_ VARVE_GUARDED_BY(mutex_) = 0;
  bool closed_ VARVE_GUARDED_BY(mutex_) = false;
};

}  // namespace varve::engine
