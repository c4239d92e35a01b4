#pragma once

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
  std::mutex mutex_;
};

class VARVE_THREAD_ANNOTATION(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) VARVE_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Lock() VARVE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits on a Mutex that the caller holds: condition.wait(mutex_) inside a while loop.
using Condition = std::condition_variable_any;

}  // namespace varve::engine
