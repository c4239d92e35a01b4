#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/varve/terminal/failure.hpp"

namespace varve::tools {

/// Where a command's answer goes: standard output or a file, in large pieces. For one thread.
class Output {
 public:
  static Output standard();
  /// A file that has its name once finish() has succeeded: until then what was there stays, and the
  /// answer is in a file beside it, "PATH.partial-" and the process. A pipe or a device is written
  /// at once.
  static Outcome<Output> create(const std::string& path);

  Output(Output&& other) noexcept;
  Output& operator=(Output&&) = delete;
  /// Drops what was not flushed, and a file that was not finished: call finish().
  ~Output();

  /// To append to; then call drain().
  std::string& text() { return text_; }
  /// Writes what was appended once it is worth it. A reader that went away ends the command
  /// without a message.
  Outcome<void> drain() { return text_.size() >= piece_bytes ? flush() : Outcome<void>(); }
  Outcome<void> flush();
  /// Flushes, closes a file and gives it its name.
  Outcome<void> finish();

 private:
  static constexpr std::size_t piece_bytes = std::size_t{1} << 16;

  Output(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  int fd_;
  std::string name_;
  std::string partial_;  // Where a file is until it is finished; empty for anything else.
  std::string text_;
};

/// Writes a line to stderr, after the name of the program.
void say(std::string_view line);

}  // namespace varve::tools
