#pragma once

#include <array>
#include <csignal>

namespace varve::tools {

/// Takes SIGINT, SIGTERM and SIGHUP, while it lives, as the wish to stop in order: number() says
/// which came, and nothing else happens. A second one of the same kind ends the process at once.
/// What the process ignores, under nohup say, stays ignored. One at a time.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  /// Puts back what the signals did before.
  ~Interruption();

  /// The signal that came; 0 as long as none did. Cheap, and for any thread.
  static int number();
  /// To poll() beside others: it can be read from once a signal came. -1 where none was ever taken.
  static int descriptor();

 private:
  static constexpr std::array signals = {SIGINT, SIGTERM, SIGHUP};

  std::array<struct sigaction, signals.size()> before_{};
};

/// "SIGINT", of one that Interruption takes.
const char* signal_name(int number);

/// Ends the process as the signal does by itself, so that whoever started it sees what ended it.
/// Where it does not end for that, returns what to exit with: 128 and the number.
int end_by_signal(int number);

}  // namespace varve::tools
