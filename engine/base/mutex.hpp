#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// Clang's thread safety analysis does not know libstdc++'s mutex, so these 40 lines name it.
#if defined(__clang__)
#define VARVE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define VARVE_THREAD_ANNOTATION(x)
#endif
#define VARVE_GUARDED_BY(x) VARVE_THREAD_ANNOTATION(guarded_by(x))
#define VARVE_REQUIRES(...) VARVE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define VARVE_EXCLUDES(...) VARVE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace varve::engine {

class VARVE_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() VARVE_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() VARVE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  bool try_lock() VARVE_THREAD_ANNOTATION(try_acquire_capability(true)) {
    return mutex_.try_lock();
  }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class VARVE_THREAD_ANNOTATION(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) VARVE_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  /// Takes over what try_lock() took.
  Lock(Mutex& mutex, std::adopt_lock_t /*taken*/)
      VARVE_THREAD_ANNOTATION(requires_capability(mutex))
      : mutex_(mutex) {}
  ~Lock() VARVE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits on a Mutex that the caller holds: condition.wait(mutex_) inside a while loop. Not a
/// std::condition_variable_any, which takes a mutex of its own in each call.
class Condition {
 public:
  void wait(Mutex& mutex) VARVE_REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// False where the time ran out.
  bool wait_for(Mutex& mutex, std::chrono::nanoseconds duration) VARVE_REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    const std::cv_status status = condition_.wait_for(lock, duration);
    lock.release();
    return status == std::cv_status::no_timeout;
  }
  /// For a waiter that must not be between its look and its sleep: clang refuses a call without the
  /// lock.
  void notify_one([[maybe_unused]] Mutex& mutex) VARVE_REQUIRES(mutex) { condition_.notify_one(); }
  void notify_all([[maybe_unused]] Mutex& mutex) VARVE_REQUIRES(mutex) { condition_.notify_all(); }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace varve::engine
