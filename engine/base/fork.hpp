#pragma once

#include <atomic>
#include <cstdint>

namespace varve::engine {

// A fork() copies memory and not threads. What a child has of an open database is of no use to it:
// the threads that would serve it are the parent's alone, any mutex may be held by one of those for
// ever, and its descriptors lead to the parent's files. So what has threads, mutexes or files of
// its own remembers where it was made. In a child it lets nobody in, and is left as it is instead
// of being destroyed, which might wait for a thread, or remove a file that the parent reads.
//
// Meant is fork(), and what calls it. What vfork() and posix_spawn() make only executes another
// program, and has none of this memory to itself.

/// The process that an object was made in.
///
/// Threads: any. The count goes up in a child before fork() returns there, on the one thread that
/// it has, and all that this starts later come after; so relaxed is enough.
class HomeProcess {
 public:
  /// Throws std::bad_alloc where the system has no memory to note that forks are to be counted.
  HomeProcess();
  /// False in a child that was forked since, and in the children of that.
  bool is_here() const { return forks_ == forks_so_far.load(std::memory_order_relaxed); }

 private:
  friend struct Forking;
  static inline std::atomic<std::uint32_t> forks_so_far{0};  // On the way to this process.

  std::uint32_t forks_;
};

/// Deletes for a smart pointer, but not in a child of the process that made it.
class DeleteAtHome {
 public:
  template <class T>
  void operator()(T* object) const {
    if (home_.is_here()) delete object;
  }

 private:
  HomeProcess home_;
};

/// No fork() of this process begins while it lives. For moments: whoever forks waits for it. Not
/// twice on one thread; but a handler that fork() calls may have one, which is of that fork.
class ForkPause {
 public:
  ForkPause();
  ~ForkPause();
  ForkPause(const ForkPause&) = delete;
  ForkPause& operator=(const ForkPause&) = delete;

 private:
  const bool is_mine_;  // Else this thread forks, and has it already.
};

/// A call that the child of each fork() makes before fork() returns there, while this lives. It has
/// to get along with what a signal handler may do, since other threads may have held any lock.
class ForkHook {
 public:
  using Call = void (*)(void* argument);

  /// The pause shows that no fork() comes between the making of the argument and this.
  ForkHook(const ForkPause& pause, Call in_child, void* argument);
  ~ForkHook();
  ForkHook(const ForkHook&) = delete;
  ForkHook& operator=(const ForkHook&) = delete;

 private:
  friend struct Forking;

  const Call in_child_;
  void* const argument_;
  ForkHook* next_;  // For who holds a pause, or forks.
};

}  // namespace varve::engine
