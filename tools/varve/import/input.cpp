#include "tools/varve/import/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace varve::tools {

Outcome<Input> Input::open(const std::string& path) {
  if (path == "-") return Input(STDIN_FILENO, "stdin");
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_failure(path);
  Input input(fd, path);
  struct stat status{};
  if (::fstat(fd, &status) != 0) return system_failure(path);
  if (S_ISDIR(status.st_mode)) return failed(path + ": is a directory");
  if (S_ISREG(status.st_mode)) input.size_ = static_cast<std::uint64_t>(status.st_size);
  return input;
}

Input Input::of(std::string text, std::size_t piece) {
  Input input(-1, "text");
  input.size_ = text.size();
  input.rest_ = std::move(text);
  input.piece_ = piece;
  return input;
}

Input::Input(Input&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      size_(other.size_),
      rest_(std::move(other.rest_)),
      piece_(other.piece_),
      buffer_(std::move(other.buffer_)),
      start_(other.start_),
      consumed_(other.consumed_),
      at_end_(other.at_end_) {}

Input& Input::operator=(Input&& other) noexcept {
  std::swap(fd_, other.fd_);
  name_ = std::move(other.name_);
  size_ = other.size_;
  rest_ = std::move(other.rest_);
  piece_ = other.piece_;
  buffer_ = std::move(other.buffer_);
  start_ = other.start_;
  consumed_ = other.consumed_;
  at_end_ = other.at_end_;
  return *this;
}

Input::~Input() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

Outcome<void> Input::more() {
  buffer_.erase(0, std::exchange(start_, 0));
  // Doubling keeps the work of scanning a long line again and again linear.
  const std::size_t wanted = std::max(buffer_.size(), piece_);
  const std::size_t before = buffer_.size();
  if (fd_ < 0) {
    const std::size_t count = std::min(wanted, rest_.size());
    buffer_.append(rest_, 0, count);
    rest_.erase(0, count);
    at_end_ = rest_.empty();
    return {};
  }
  buffer_.resize(before + wanted);
  std::size_t filled = 0;
  while (filled < wanted) {
    const ssize_t count = ::read(fd_, buffer_.data() + before + filled, wanted - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(name_);
    filled += static_cast<std::size_t>(count);
    at_end_ = count == 0;
    // A pipe gives what it has: its lines are not to wait for a full window.
    if (at_end_ || !size_) break;
  }
  buffer_.resize(before + filled);
  return {};
}

void Input::consume(std::size_t bytes) {
  start_ += bytes;
  consumed_ += bytes;
}

}  // namespace varve::tools
