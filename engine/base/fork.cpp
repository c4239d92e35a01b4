#include "engine/base/fork.hpp"

#include <pthread.h>

#include <atomic>
#include <mutex>
#include <new>
#include <tuple>

#include "engine/base/assert.hpp"

namespace varve::engine {

/// What fork() calls, and what it looks at.
struct Forking {
  /// Held while hooks come and go, and by each fork() from before it until after it, on both sides.
  /// So no child finds the list half changed, nor this held by a thread that it has not. Not a
  /// Mutex: clang follows no lock from one function into another.
  static inline constinit std::mutex mutex;
  static inline constinit ForkHook* first = nullptr;

  /// The thread that forks, from before() until after it: it has the mutex.
  static inline thread_local constinit bool is_forking = false;

  static void before() {
    mutex.lock();
    is_forking = true;
  }
  static void in_parent() {
    is_forking = false;
    mutex.unlock();
  }
  static void in_child() {
    HomeProcess::forks_so_far.fetch_add(1, std::memory_order_relaxed);
    for (ForkHook* hook = first; hook != nullptr; hook = hook->next_) {
      hook->in_child_(hook->argument_);
    }
    is_forking = false;
    mutex.unlock();
  }

  /// Has fork() call the three, once for the program, however often it is asked. False where the
  /// system has no memory to note that; then it is tried again.
  static bool try_to_listen() {
    static std::atomic<bool> listens = false;
    if (listens.load(std::memory_order_acquire)) return true;
    const std::lock_guard lock(mutex);
    if (listens.load(std::memory_order_relaxed)) return true;
    if (::pthread_atfork(before, in_parent, in_child) != 0) return false;
    listens.store(true, std::memory_order_release);
    return true;
  }
  static void listen() {
    if (!try_to_listen()) throw std::bad_alloc();
  }
  static std::uint32_t forks() {
    listen();
    return HomeProcess::forks_so_far.load(std::memory_order_relaxed);
  }
  static void add(ForkHook& hook) {
    hook.next_ = first;
    first = &hook;
  }
  static void remove(const ForkHook& hook) {
    ForkHook** at = &first;
    while (*at != &hook) {
      VARVE_ASSERT(*at != nullptr);
      at = &(*at)->next_;
    }
    *at = hook.next_;
  }
};

namespace {

/// From before main() on, so that handlers of the program's own run first before a fork, and last
/// after it: what they do with a database is done while all is as it should be.
[[gnu::constructor(101)]] void listen_from_the_start() { std::ignore = Forking::try_to_listen(); }

}  // namespace

HomeProcess::HomeProcess() : forks_(Forking::forks()) {}

ForkPause::ForkPause() : is_mine_(!Forking::is_forking) {
  Forking::listen();
  if (is_mine_) Forking::mutex.lock();
}

ForkPause::~ForkPause() {
  if (is_mine_) Forking::mutex.unlock();
}

ForkHook::ForkHook(const ForkPause& /*pause*/, Call in_child, void* argument)
    : in_child_(in_child), argument_(argument), next_(nullptr) {
  Forking::add(*this);
}

ForkHook::~ForkHook() {
  const ForkPause pause;
  Forking::remove(*this);
}

}  // namespace varve::engine
