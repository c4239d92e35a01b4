#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tools/varve/terminal/failure.hpp"
#include "tools/varve/terminal/unfinished_file.hpp"

namespace varve::tools {

/// Where a command's answer goes: standard output or a file, in large pieces. For one thread.
class Output {
 public:
  static Output standard();
  /// For the path that -o gives, by one rule: symbolic links are followed and stay, and what they
  /// lead to
  ///
  /// - is replaced, where it is a file or is not there: once finish() has succeeded, and until then
  ///   what was there stays (UnfinishedFile);
  /// - is written as it stands, from now on, where it is anything else: a pipe, a device, or a
  ///   descriptor of this process, as /dev/stdout is.
  ///
  /// Fails with usage where that lies in the directory of `database`, or in its quarantine/. To be
  /// called before the database is opened: its descriptors are none that a path may mean.
  static Outcome<Output> create(const std::string& path, const std::string& database);

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

  int fd_;  // Of the file below, if there is one.
  std::string name_;
  std::unique_ptr<UnfinishedFile> file_;  // Null for what is written as it stands.
  std::string text_;
};

/// Writes a line to stderr, after the name of the program.
void say(std::string_view line);

}  // namespace varve::tools
