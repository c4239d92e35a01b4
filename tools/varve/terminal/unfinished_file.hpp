#pragma once

#include <array>
#include <csignal>
#include <memory>
#include <string>

#include "tools/varve/terminal/failure.hpp"

namespace varve::tools {

/// A new file that takes the place of another one once it is whole. Until then it lies beside that
/// under a name of its own, "TARGET.partial-" and the process, and is removed where this goes, or
/// where SIGINT, SIGTERM or SIGHUP end the process. One at a time.
class UnfinishedFile {
 public:
  /// `target` is there, and then gives its permissions, or not. The caller's thread is the only one
  /// of the process, or a signal that another one takes may leave a file.
  static Outcome<std::unique_ptr<UnfinishedFile>> create(const std::string& target);
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  ~UnfinishedFile();

  int descriptor() const { return descriptor_; }
  /// Closes it and gives it the name of the target, durable but for that.
  Outcome<void> take_place();

 private:
  static constexpr std::array signals = {SIGINT, SIGTERM, SIGHUP};

  UnfinishedFile(int descriptor, std::string name, std::string target);

  int descriptor_;    // -1 once it is closed.
  std::string name_;  // Empty once it has the target's.
  const std::string target_;
  std::array<struct sigaction, signals.size()> before_{};  // What the signals did.
};

}  // namespace varve::tools
