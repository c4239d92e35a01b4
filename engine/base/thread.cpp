#include "engine/base/thread.hpp"

#include <pthread.h>

#include <csignal>
#include <system_error>
#include <utility>

#include "engine/base/assert.hpp"

namespace varve::engine {

namespace {

/// Blocks signals on this thread while it lives. A new thread inherits the mask, so no signal can
/// slip in between its start and a mask of its own.
class SignalBlock {
 public:
  SignalBlock() {
    sigset_t blocked;
    sigfillset(&blocked);
    // These come from the thread's own code: blocked, they kill without the program's crash
    // handler.
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) {
      sigdelset(&blocked, fault);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Result<std::thread> start_thread(std::string name, std::move_only_function<void()> work) {
  VARVE_ASSERT(name.size() <= 15);  // More, and the kernel would refuse the name.
  const std::string where = "start thread " + name;
  const SignalBlock block;
  try {
    return std::thread([name = std::move(name), work = std::move(work)]() mutable {
      pthread_setname_np(pthread_self(), name.c_str());
      work();
    });
  } catch (const std::system_error& error) {
    return std::unexpected(Error{error.code(), where});
  }
}

}  // namespace varve::engine
