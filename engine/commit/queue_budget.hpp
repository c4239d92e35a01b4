#pragma once

#include <cstddef>

#include "engine/base/mutex.hpp"

namespace varve::engine {

/// The bytes of writes that were accepted and not yet applied. The only place where a write waits
/// for others, or is told busy: once past it a write cannot fail for want of room. Any thread.
class QueueBudget {
 public:
  explicit QueueBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Waits until `bytes` fit. REQUIRES bytes <= bytes_max().
  void reserve(std::size_t bytes) {
    const Lock lock(mutex_);
    ++waiting_;
    while (used_ + bytes > bytes_max_) room_.wait(mutex_);
    --waiting_;
    used_ += bytes;
  }
  /// False where they do not fit now.
  [[nodiscard]] bool try_reserve(std::size_t bytes) {
    const Lock lock(mutex_);
    if (used_ + bytes > bytes_max_) return false;
    used_ += bytes;
    return true;
  }
  void release(std::size_t bytes) {
    const Lock lock(mutex_);
    used_ -= bytes;
    if (waiting_ != 0) room_.notify_all();
  }

  std::size_t used() const {
    const Lock lock(mutex_);
    return used_;
  }
  std::size_t bytes_max() const { return bytes_max_; }

 private:
  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  Condition room_;
  std::size_t used_ VARVE_GUARDED_BY(mutex_) = 0;
  std::size_t waiting_ VARVE_GUARDED_BY(mutex_) = 0;
};

}  // namespace varve::engine
