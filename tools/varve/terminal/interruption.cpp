#include "tools/varve/terminal/interruption.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace varve::tools {

namespace {

// For the handler, which may run on any thread and touch nothing else. The descriptors are set
// before the first handler is, and are never closed: one may still be under way on another thread.
std::atomic<int> caught = 0;
std::array<int, 2> wakening = {-1, -1};
static_assert(std::atomic<int>::is_always_lock_free);

void note(int number) {
  const int error = errno;
  caught.store(number);
  // A full pipe can be read from all the same.
  [[maybe_unused]] const ssize_t written = ::write(wakening[1], "", 1);
  errno = error;
}

/// Takes what an earlier signal left in the pipe.
void drain() {
  std::array<char, 64> bytes;
  while (::read(wakening[0], bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace

Interruption::Interruption() {
  // Without the pipe a signal is seen all the same, though not before a wait for input has ended.
  if (wakening[0] < 0 && ::pipe2(wakening.data(), O_CLOEXEC | O_NONBLOCK) != 0) wakening = {-1, -1};
  caught = 0;
  drain();
  struct sigaction action{};
  action.sa_handler = note;
  // Calls of the engine's threads go on; a poll() ends in any case.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(signals[i], &action, nullptr);
  }
}

Interruption::~Interruption() {
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
}

int Interruption::number() { return caught.load(std::memory_order_relaxed); }

int Interruption::descriptor() { return wakening[0]; }

const char* signal_name(int number) {
  switch (number) {
    case SIGINT: return "SIGINT";
    case SIGTERM: return "SIGTERM";
    case SIGHUP: return "SIGHUP";
    default: return "a signal";
  }
}

int end_by_signal(int number) {
  std::signal(number, SIG_DFL);
  ::raise(number);
  return 128 + number;
}

}  // namespace varve::tools
