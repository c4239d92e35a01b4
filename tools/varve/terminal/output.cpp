#include "tools/varve/terminal/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "varve/try.hpp"

namespace varve::tools {

namespace {

namespace fs = std::filesystem;

std::unexpected<Failure> write_failure(const std::string& name) {
  if (errno == EPIPE) return failed("");
  return system_failure(name);
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : ".";
}

/// A directory has many paths, so device and inode are compared.
bool lies_in(const fs::path& file, const fs::path& directory) {
  std::error_code error;
  return fs::equivalent(folder_of(file), directory, error);
}

/// The descriptor of this process that a name in /proc/self/fd stands for, or in /dev/fd, which
/// leads there.
std::optional<int> descriptor_of(const fs::path& file) {
  std::error_code error;
  const fs::path descriptors = fs::canonical("/proc/self/fd", error);
  if (error || fs::canonical(folder_of(file), error) != descriptors) return std::nullopt;
  const std::string name = file.filename().string();
  int number = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = fault == std::errc() && end == name.data() + name.size() && number >= 0;
  return is_number ? std::optional(number) : std::nullopt;
}

/// What is written where a path is given.
struct Destination {
  std::string name;
  std::optional<int> descriptor;
  bool is_file = false;  // Or is not there: then one is made.
};

Outcome<Destination> locate(const std::string& given, const fs::path& database) {
  constexpr int links_max = 40;  // As many as the kernel follows.
  fs::path target = given;
  std::error_code error;
  for (int links = 0;; ++links) {
    if (lies_in(target, database) || lies_in(target, database / "quarantine")) {
      return usage("-o: " + given + " lies in the directory of the database");
    }
    if (const auto number = descriptor_of(target)) return Destination{given, number, false};
    if (links == links_max || !fs::is_symlink(target, error)) break;
    const fs::path named = fs::read_symlink(target, error);
    if (error) break;
    target = target.parent_path() / named;  // Which is `named` where that is absolute.
  }
  const auto status = fs::status(target, error);
  if (status.type() == fs::file_type::none) {
    return failed(given + ": " + error.message());  // Links in a circle, say.
  }
  const bool is_file = !fs::exists(status) || fs::is_regular_file(status);
  return Destination{target.string(), {}, is_file};
}

}  // namespace

Output Output::standard() { return {STDOUT_FILENO, "stdout"}; }

Outcome<Output> Output::create(const std::string& path, const std::string& database) {
  VARVE_TRY(const Destination to, locate(path, database));
  if (to.is_file) {
    VARVE_TRY(auto file, UnfinishedFile::create(to.name));
    Output output(file->descriptor(), to.name);
    output.file_ = std::move(file);
    return output;
  }
  // Not opened anew: where it leads to a file, that goes on from where the descriptor stands.
  const int fd = to.descriptor ? ::fcntl(*to.descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                               : ::open(to.name.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return system_failure(path);
  return Output(fd, path);
}

Output::Output(Output&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      name_(std::move(other.name_)),
      file_(std::move(other.file_)),
      text_(std::move(other.text_)) {}

Output::~Output() {
  if (!file_ && fd_ > STDERR_FILENO) ::close(fd_);
}

Outcome<void> Output::flush() {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const ssize_t count = ::write(fd_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return write_failure(name_);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  text_.clear();
  return {};
}

Outcome<void> Output::finish() {
  VARVE_CHECK(flush());
  if (file_) return file_->take_place();
  if (fd_ > STDERR_FILENO && ::close(std::exchange(fd_, -1)) != 0) return write_failure(name_);
  return {};
}

void say(std::string_view line) {
  const std::string text = "varve: " + std::string(line) + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace varve::tools
