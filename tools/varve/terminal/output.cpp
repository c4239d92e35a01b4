#include "tools/varve/terminal/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "varve/try.hpp"

namespace varve::tools {

namespace {

std::unexpected<Failure> system_failure(const std::string& name) {
  const int code = errno;
  if (code == EPIPE) return failed("");
  return failed(name + ": " + std::generic_category().message(code));
}

}  // namespace

Output Output::standard() { return {STDOUT_FILENO, "stdout"}; }

namespace {

int open_to_write(const std::string& path, int flags) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
}

/// Where the bytes of `path` are: a symbolic link stays one. Nothing where it is no file, and none
/// can be put in its place.
std::optional<std::string> file_to_replace(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  const bool is_link = std::filesystem::is_symlink(path, error);
  if (!std::filesystem::exists(status)) return is_link ? std::nullopt : std::optional(path);
  if (!std::filesystem::is_regular_file(status)) return std::nullopt;
  return is_link ? std::filesystem::canonical(path, error).string() : path;
}

}  // namespace

Outcome<Output> Output::create(const std::string& path) {
  if (const auto target = file_to_replace(path)) {
    const std::string partial = *target + ".partial-" + std::to_string(::getpid());
    if (const int fd = open_to_write(partial, O_EXCL); fd >= 0) {
      Output output(fd, *target);
      output.partial_ = partial;
      struct stat old{};
      if (::stat(target->c_str(), &old) == 0 && ::fchmod(fd, old.st_mode & 07777) != 0) {
        return system_failure(partial);
      }
      return output;
    }
  }
  const int fd = open_to_write(path, O_TRUNC);
  if (fd < 0) return system_failure(path);
  return Output(fd, path);
}

Output::Output(Output&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      partial_(std::exchange(other.partial_, {})),
      text_(std::move(other.text_)) {}

Output::~Output() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
  if (!partial_.empty()) ::unlink(partial_.c_str());
}

Outcome<void> Output::flush() {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const ssize_t count = ::write(fd_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure(name_);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  text_.clear();
  return {};
}

Outcome<void> Output::finish() {
  VARVE_CHECK(flush());
  // What takes the place of another is whole, also after a power cut.
  if (!partial_.empty() && ::fdatasync(fd_) != 0) return system_failure(name_);
  if (fd_ > STDERR_FILENO && ::close(std::exchange(fd_, -1)) != 0) return system_failure(name_);
  if (partial_.empty()) return {};
  if (::rename(partial_.c_str(), name_.c_str()) != 0) return system_failure(name_);
  partial_.clear();
  return {};
}

void say(std::string_view line) {
  const std::string text = "varve: " + std::string(line) + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace varve::tools
