#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tools/varve/terminal/failure.hpp"

namespace varve::tools {

/// The bytes of a file or of standard input, through a window that grows as far as one line needs.
/// For one thread.
class Input {
 public:
  /// "-" is standard input. Fails naming the file.
  static Outcome<Input> open(const std::string& path);
  /// For tests: the text, given out in pieces of `piece` bytes.
  static Input of(std::string text, std::size_t piece = std::size_t{1} << 18);

  Input(Input&& other) noexcept;
  Input& operator=(Input&& other) noexcept;
  ~Input();

  /// What was read and not consumed. Valid until more() or consume().
  std::string_view window() const { return std::string_view(buffer_).substr(start_); }
  /// Whether the window reaches to the end of the input.
  bool at_end() const { return at_end_; }
  /// Reads on: of a file as much again as the window holds, of a pipe what there is; or finds the
  /// end. Where nothing is there yet, in a pipe, on a terminal or at the end of a file that is
  /// followed, it waits, or fails with a pause where that was asked for. It fails with an
  /// interruption where a signal asked to stop (Interruption). The window stays as it was whenever
  /// it fails.
  Outcome<void> more();
  /// Reads on as more(), until what came has a line break, or the window holds `most` bytes or
  /// reaches to the end: so that who looks for the end of a long line that comes in pieces does not
  /// look through all of it for each of them.
  Outcome<void> more_to_line_break(std::size_t most);
  /// Whether more() is to fail with a pause instead of waiting. Off at first.
  void pause_when_dry(bool pause) { pauses_ = pause; }
  /// Has the end of a file be where more is waited for, as it grows: an end there is only where
  /// another file with something in it has taken the name (was_replaced()). more() fails where the
  /// file is shorter than what was read of it, or begins with other bytes.
  /// REQUIRES a regular file, which is one with a size, of which nothing was read.
  void follow() { follows_ = true; }
  /// Whether the end that a followed file came to is that it goes on in another of its name.
  bool was_replaced() const { return was_replaced_; }
  /// Whether more() may have to wait for somebody who writes.
  bool is_live() const { return fd_ >= 0 && (!size_ || follows_); }
  void consume(std::size_t bytes);

  /// As given; "stdin" for standard input.
  const std::string& name() const { return name_; }
  std::uint64_t consumed() const { return consumed_; }
  /// Of a regular file, which has an end: not of one that is followed.
  std::optional<std::uint64_t> size() const { return follows_ ? std::nullopt : size_; }

 private:
  Input(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  Outcome<void> wait();
  Outcome<bool> has_grown() const;
  Outcome<bool> is_replaced() const;
  Outcome<void> check_is_same_text() const;

  int fd_;  // -1: none, `rest_` is the source.
  std::string name_;
  std::optional<std::uint64_t> size_;
  std::string rest_;
  std::size_t piece_ = std::size_t{1} << 18;
  std::string buffer_;
  std::size_t start_ = 0;
  std::uint64_t consumed_ = 0;
  bool at_end_ = false;
  bool pauses_ = false;
  bool follows_ = false;
  bool was_replaced_ = false;
  std::string head_;  // What a file that is followed began with.
};

/// Whether Input::more() failed since it would have had to wait.
bool is_pause(const Failure& failure);

/// That a signal asked to stop. The command writes what was read, and ends by that signal.
std::unexpected<Failure> interrupted(std::string message);
bool is_interruption(const Failure& failure);

}  // namespace varve::tools
