#include "tools/varve/terminal/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
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

Outcome<Output> Output::create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return system_failure(path);
  return Output(fd, path);
}

Output::Output(Output&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      text_(std::move(other.text_)) {}

Output::~Output() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
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
  if (fd_ > STDERR_FILENO && ::close(std::exchange(fd_, -1)) != 0) return system_failure(name_);
  return {};
}

void say(std::string_view line) {
  const std::string text = "varve: " + std::string(line) + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace varve::tools
