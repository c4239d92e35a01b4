#include "tests/support/seed_watch.hpp"

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string>

#include "tests/support/random.hpp"

namespace varve::test {

namespace {

char running[64];

void say_what_runs(int signal) {
  const ssize_t written = write(STDERR_FILENO, running, std::strlen(running));
  static_cast<void>(written);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

SeedWatch::SeedWatch(unsigned seconds_max) : seconds_max_(seconds_max) {
  std::signal(SIGABRT, say_what_runs);
  std::signal(SIGALRM, say_what_runs);
}

SeedWatch::~SeedWatch() { end(); }

void SeedWatch::begin(std::uint64_t seed) {
  const std::string text = "\nwhile running " + describe_seed(seed) + "\n";
  running[text.copy(running, sizeof running - 1)] = '\0';
  alarm(seconds_max_);
}

void SeedWatch::end() { alarm(0); }

}  // namespace varve::test
