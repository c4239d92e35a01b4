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
  /// Creates or empties the file.
  static Outcome<Output> create(const std::string& path);

  Output(Output&& other) noexcept;
  Output& operator=(Output&&) = delete;
  /// Drops what was not flushed: call finish().
  ~Output();

  /// To append to; then call drain().
  std::string& text() { return text_; }
  /// Writes what was appended once it is worth it. A reader that went away ends the command
  /// without a message.
  Outcome<void> drain() { return text_.size() >= piece_bytes ? flush() : Outcome<void>(); }
  Outcome<void> flush();
  /// Flushes, and closes a file.
  Outcome<void> finish();

 private:
  static constexpr std::size_t piece_bytes = std::size_t{1} << 16;

  Output(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  int fd_;
  std::string name_;
  std::string text_;
};

/// Writes a line to stderr, after the name of the program.
void say(std::string_view line);

}  // namespace varve::tools
