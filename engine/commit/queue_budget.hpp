#pragma once

#include <atomic>
#include <cstddef>

#include "engine/base/assert.hpp"
#include "engine/base/mutex.hpp"

namespace varve::engine {

/// The bytes of writes that were accepted and not yet applied. The only place where a write waits
/// for others, or is told busy: once past it a write cannot fail for want of room. Any thread.
///
/// Without a lock while there is room. used_ and waiting_ are sequentially consistent: who waits
/// raises waiting_ and then looks at used_, who releases lowers used_ and then looks at waiting_,
/// so at least one of them sees the other.
class QueueBudget {
 public:
  explicit QueueBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  ~QueueBudget() { VARVE_ASSERT(used() == 0 && waiting() == 0); }
  QueueBudget(const QueueBudget&) = delete;
  QueueBudget& operator=(const QueueBudget&) = delete;

  /// Waits until `bytes` fit. REQUIRES bytes <= bytes_max().
  void reserve(std::size_t bytes) {
    if (try_reserve(bytes)) return;
    VARVE_ASSERT(bytes <= bytes_max_);  // Or it would wait for ever.
    const Lock lock(mutex_);
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    while (!try_reserve(bytes)) room_.wait(mutex_);
    waiting_.fetch_sub(1, std::memory_order_relaxed);
  }
  /// False where they do not fit now.
  [[nodiscard]] bool try_reserve(std::size_t bytes) {
    std::size_t used = used_.load(std::memory_order_seq_cst);
    do {
      if (used + bytes > bytes_max_) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_seq_cst));
    return true;
  }
  /// Gives back what was reserved, once, and wakes all who wait: who fits goes on.
  void release(std::size_t bytes) {
    const std::size_t before = used_.fetch_sub(bytes, std::memory_order_seq_cst);
    VARVE_ASSERT(before >= bytes);
    if (waiting_.load(std::memory_order_seq_cst) == 0) return;
    const Lock lock(mutex_);  // So the waiter is not between its look and its sleep.
    room_.notify_all(mutex_);
  }

  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  /// How many threads have found no room and wait.
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  std::size_t bytes_max() const { return bytes_max_; }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> waiting_{0};
  Mutex mutex_;
  Condition room_;
};

}  // namespace varve::engine
