#include "tools/varve/import/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "tools/varve/terminal/interruption.hpp"
#include "varve/try.hpp"

namespace varve::tools {

namespace {

// What no command exits with: they stay between an input and who reads it.
constexpr int exit_paused = -1;
constexpr int exit_interrupted = -2;

/// How often a file that is followed is asked whether it has grown.
constexpr int follow_milliseconds = 250;

}  // namespace

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
      at_end_(other.at_end_),
      pauses_(other.pauses_),
      follows_(other.follows_) {}

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
  pauses_ = other.pauses_;
  follows_ = other.follows_;
  return *this;
}

Input::~Input() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

Outcome<void> Input::more() {
  buffer_.erase(0, std::exchange(start_, 0));
  // Doubling keeps the work of scanning a long line again and again linear. A pipe gives little at
  // once, however much room is made for it.
  const std::size_t wanted = is_live() ? piece_ : std::max(buffer_.size(), piece_);
  const std::size_t before = buffer_.size();
  if (fd_ < 0) {
    const std::size_t count = std::min(wanted, rest_.size());
    buffer_.append(rest_, 0, count);
    rest_.erase(0, count);
    at_end_ = rest_.empty();
    return {};
  }
  VARVE_CHECK(wait());
  buffer_.resize(before + wanted);
  std::size_t filled = 0;
  int error = 0;
  while (filled < wanted) {
    const ssize_t count = ::read(fd_, buffer_.data() + before + filled, wanted - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) error = errno;
    if (count < 0) break;
    filled += static_cast<std::size_t>(count);
    at_end_ = count == 0 && !follows_;
    // A pipe gives what it has: its lines are not to wait for a full window.
    if (count == 0 || is_live()) break;
  }
  buffer_.resize(before + filled);
  errno = error;
  if (error != 0) return system_failure(name_);
  return {};
}

Outcome<void> Input::more_to_line_break(std::size_t most) {
  while (true) {
    const std::size_t before = window().size();
    VARVE_CHECK(more());
    const std::string_view all = window();
    if (at_end_ || all.size() >= most || all.substr(before).contains('\n')) return {};
  }
}

/// Until something can be read, or the end be found.
Outcome<void> Input::wait() const {
  if (Interruption::number() != 0) return interrupted("");
  if (!is_live()) return {};
  while (true) {
    if (follows_) {
      VARVE_TRY(const bool grown, has_grown());
      if (grown) return {};
    }
    // Of a file poll() says at its end, too, that it can be read from.
    std::array<pollfd, 2> asked{};
    asked[0].fd = follows_ ? -1 : fd_;
    asked[1].fd = Interruption::descriptor();
    for (pollfd& one : asked) one.events = POLLIN;
    const int milliseconds = pauses_ ? 0 : follows_ ? follow_milliseconds : -1;
    const int ready = ::poll(asked.data(), asked.size(), milliseconds);
    if (ready < 0 && errno != EINTR) return system_failure(name_);
    if (Interruption::number() != 0) return interrupted("");
    if (ready > 0 && !follows_) return {};
    if (ready == 0 && pauses_) return std::unexpected(Failure(exit_paused, ""));
  }
}

Outcome<bool> Input::has_grown() const {
  struct stat status{};
  const off_t position = ::lseek(fd_, 0, SEEK_CUR);
  if (position < 0 || ::fstat(fd_, &status) != 0) return system_failure(name_);
  if (status.st_size < position) {
    return failed(name_ + ": is shorter than what was read of it; begin anew to follow it");
  }
  return status.st_size > position;
}

bool is_pause(const Failure& failure) { return failure.exit_code == exit_paused; }

std::unexpected<Failure> interrupted(std::string message) {
  return std::unexpected(Failure(exit_interrupted, std::move(message)));
}

bool is_interruption(const Failure& failure) { return failure.exit_code == exit_interrupted; }

void Input::consume(std::size_t bytes) {
  start_ += bytes;
  consumed_ += bytes;
}

}  // namespace varve::tools
