#pragma once

#include <atomic>
#include <cstdint>

#include "engine/base/assert.hpp"
#include "engine/base/fork.hpp"
#include "engine/base/mutex.hpp"

namespace varve::engine {

/// Closing as a type (after seastar's gate): work enters while it is open, and close() lets
/// nothing more in and waits for what is inside. Any thread.
///
/// state_ counts who is inside, and its highest bit says that it was closed. Entering and leaving
/// take no lock: only who leaves last, with the bit set, does, to tell close(). close() waits for
/// that word and not for the count, so that the gate is not destroyed before the word is given.
/// Release and acquire on state_ order what was done inside before what follows close().
///
/// A gate that goes must be empty, or whoever is inside would leave what is gone. It need not have
/// been closed: one that nobody entered has nothing to wait for.
///
/// In a child that was forked it is shut: those inside are the parent's, and would never leave. So
/// nobody must close() it there.
class Gate {
 public:
  Gate() = default;
  ~Gate() { VARVE_ASSERT((state_.load(std::memory_order_relaxed) & ~closed_bit) == 0); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  [[nodiscard]] bool enter() {
    if (!home_.is_here()) return false;
    std::uint64_t state = state_.load(std::memory_order_relaxed);
    do {
      if ((state & closed_bit) != 0) return false;
    } while (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire,
                                           std::memory_order_relaxed));
    return true;
  }
  /// For `count` that have entered.
  void leave(std::uint64_t count = 1) {
    const std::uint64_t before = state_.fetch_sub(count, std::memory_order_acq_rel);
    VARVE_ASSERT((before & ~closed_bit) >= count);  // They had entered.
    if (before - count != closed_bit) return;
    const Lock lock(mutex_);
    empty_ = true;
    emptied_.notify_all(mutex_);
  }
  /// False where it was closed already; then too it returns when nothing is inside any more.
  bool close() {
    const std::uint64_t before = state_.fetch_or(closed_bit, std::memory_order_acq_rel);
    if ((before & ~closed_bit) != 0) {
      const Lock lock(mutex_);
      while (!empty_) emptied_.wait(mutex_);
    }
    return (before & closed_bit) == 0;
  }

  /// False in a child of the process that made it.
  bool is_here() const { return home_.is_here(); }
  /// Nobody is inside, and nobody can come in any more.
  bool is_closed_and_empty() const { return state_.load(std::memory_order_acquire) == closed_bit; }

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
  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63;

  std::atomic<std::uint64_t> state_{0};
  const HomeProcess home_;
  Mutex mutex_;
  Condition emptied_;
  bool empty_ VARVE_GUARDED_BY(mutex_) = false;
};

}  // namespace varve::engine
