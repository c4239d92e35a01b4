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

/// Where the bytes of `path` are, or would be: a symbolic link stays one. Nothing where that is a
/// pipe or a device.
std::optional<std::string> file_to_replace(const std::string& path) {
  std::filesystem::path target = path;
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(target, error) && links < 40; ++links) {
    const auto named = std::filesystem::read_symlink(target, error);
    target = target.parent_path() / named;  // Which is `named` where that is absolute.
  }
  const auto status = std::filesystem::status(target, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return std::nullopt;
  }
  return target.string();
}

/// A file beside it that nobody else has.
std::pair<int, std::string> create_beside(const std::string& target) {
  for (int attempt = 0;; ++attempt) {
    std::string name = target + ".partial-" + std::to_string(::getpid());
    if (attempt != 0) name += '-' + std::to_string(attempt);
    const int fd = open_to_write(name, O_EXCL);
    if (fd >= 0 || errno != EEXIST || attempt == 99) return {fd, std::move(name)};
  }
}

}  // namespace

Outcome<Output> Output::create(const std::string& path) {
  const auto target = file_to_replace(path);
  if (!target) {
    const int fd = open_to_write(path, O_TRUNC);
    if (fd < 0) return system_failure(path);
    return Output(fd, path);
  }
  auto [fd, partial] = create_beside(*target);
  if (fd < 0) return system_failure(partial);
  Output output(fd, *target);
  output.partial_ = std::move(partial);
  struct stat old{};
  if (::stat(target->c_str(), &old) == 0 && ::fchmod(fd, old.st_mode & 07777) != 0) {
    return system_failure(*target);
  }
  return output;
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
