#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace varve::test {

/// Runs `body` in a child of fork(), and returns what it gave (0 to 99); 100 and the number of the
/// signal where one ended the child, as SIGALRM does when it takes over 20 seconds. Assertions in
/// the child are not seen: what is wrong has to be returned.
inline int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    // Not by _exit(), in which sanitizers look for what the child should have done away with: it
    // has not even the threads to do it with.
    ::syscall(SYS_exit_group, body());
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/// A child of fork() that does nothing until this goes.
class IdleChild {
 public:
  IdleChild() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::alarm(60);  // Should the test end without it.
    for (;;) ::pause();
  }
  ~IdleChild() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  IdleChild(const IdleChild&) = delete;
  IdleChild& operator=(const IdleChild&) = delete;

 private:
  const pid_t pid_;
};

}  // namespace varve::test
