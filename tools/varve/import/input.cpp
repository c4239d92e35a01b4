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
/// By how many of its first bytes a file that was cut and written anew is told from one that grew.
constexpr std::size_t head_size = 64;

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
      follows_(other.follows_),
      was_replaced_(other.was_replaced_),
      head_(std::move(other.head_)) {}

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
  was_replaced_ = other.was_replaced_;
  head_ = std::move(other.head_);
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
  if (was_replaced_) return {};
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
  if (follows_ && head_.size() < head_size) {
    head_.append(buffer_, before, std::min(filled, head_size - head_.size()));
  }
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
Outcome<void> Input::wait() {
  if (Interruption::number() != 0) return interrupted("");
  if (!is_live()) return {};
  while (true) {
    if (follows_) {
      VARVE_TRY(const bool grown, has_grown());
      if (grown) return {};
      VARVE_TRY(was_replaced_, is_replaced());
      at_end_ = was_replaced_;
      if (was_replaced_) return {};
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
  if (status.st_size == position) return false;
  VARVE_CHECK(check_is_same_text());
  return true;
}

/// Who rotates a file gives its name to another, and goes on with that: once there is something in
/// the other, no more comes to this one. What came meanwhile is still to be read first.
Outcome<bool> Input::is_replaced() const {
  struct stat ours{};
  struct stat named{};
  if (::fstat(fd_, &ours) != 0) return system_failure(name_);
  // Between two names there may be none.
  if (::stat(name_.c_str(), &named) != 0) return false;
  const bool is_same = named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
  if (is_same || named.st_size == 0) return false;
  VARVE_TRY(const bool grown, has_grown());
  return !grown;
}

/// A file that was cut and has grown beyond what was read of it meanwhile is as long as before.
Outcome<void> Input::check_is_same_text() const {
  std::string found(head_.size(), '\0');
  const ssize_t count = ::pread(fd_, found.data(), found.size(), 0);
  if (count < 0) return system_failure(name_);
  if (std::string_view(found).substr(0, static_cast<std::size_t>(count)) == head_) return {};
  return failed(name_ + ": begins with other bytes than what was read of it; begin anew to " +
                "follow it");
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
