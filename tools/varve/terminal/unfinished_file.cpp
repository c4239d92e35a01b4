#include "tools/varve/terminal/unfinished_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

namespace varve::tools {

namespace {

// For the handler, which may touch nothing that is not there all the time. The name is as it is for
// as long as `has_name` says that it is one.
std::array<char, PATH_MAX> unfinished_name;
std::atomic<bool> has_name = false;
static_assert(std::atomic<bool>::is_always_lock_free);

/// Calls nothing but what a handler may. What the signal does by itself was put back before this is
/// called, and waits until it returns: so whoever started the process sees what ended it.
void remove_and_end(int number) {
  if (has_name.load()) ::unlink(unfinished_name.data());
  ::raise(number);
}

/// Keeps the thread from being interrupted by the signals while it lives.
class SignalPause {
 public:
  explicit SignalPause(std::span<const int> numbers) {
    sigset_t paused;
    ::sigemptyset(&paused);
    for (const int number : numbers) ::sigaddset(&paused, number);
    ::pthread_sigmask(SIG_BLOCK, &paused, &before_);
  }
  ~SignalPause() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalPause(const SignalPause&) = delete;
  SignalPause& operator=(const SignalPause&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Outcome<std::unique_ptr<UnfinishedFile>> UnfinishedFile::create(const std::string& target) {
  struct stat old{};
  const bool replaces = ::stat(target.c_str(), &old) == 0;
  // What takes the place of a private file is private from its first moment on.
  const mode_t mode = replaces ? 0600 : 0666;
  const SignalPause pause(signals);  // No signal comes between the file and the note of its name.
  for (int attempt = 0;; ++attempt) {
    std::string name = target + ".partial-" + std::to_string(::getpid());
    if (attempt != 0) name += '-' + std::to_string(attempt);
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST && attempt < 99) continue;
    if (fd < 0) return system_failure(name);
    std::unique_ptr<UnfinishedFile> made(new UnfinishedFile(fd, std::move(name), target));
    if (replaces && ::fchmod(fd, old.st_mode & 07777) != 0) {
      return system_failure(target);
    }
    return made;
  }
}

UnfinishedFile::UnfinishedFile(int descriptor, std::string name, std::string target)
    : descriptor_(descriptor), name_(std::move(name)), target_(std::move(target)) {
  // A name that could be opened is no longer than that, its end included.
  std::memcpy(unfinished_name.data(), name_.c_str(), name_.size() + 1);
  has_name = true;
  struct sigaction action{};
  action.sa_handler = remove_and_end;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals[i], nullptr, &before_[i]);
    // Who is not to be ended, by nohup say, is not.
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(signals[i], &action, nullptr);
  }
}

UnfinishedFile::~UnfinishedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!name_.empty()) ::unlink(name_.c_str());
  has_name = false;
  for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
}

Outcome<void> UnfinishedFile::take_place() {
  // What takes the place of another is whole, also after a power cut.
  if (::fdatasync(descriptor_) != 0) return system_failure(target_);
  if (::close(std::exchange(descriptor_, -1)) != 0) return system_failure(target_);
  if (::rename(name_.c_str(), target_.c_str()) != 0) return system_failure(target_);
  name_.clear();
  return {};
}

}  // namespace varve::tools
