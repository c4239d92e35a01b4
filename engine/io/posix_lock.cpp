#include "engine/io/posix_lock.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/fork.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

class PosixLock final : public FileLock {
 public:
  /// REQUIRES a descriptor that was opened during the pause, and what fstat() says of it.
  PosixLock(const ForkPause& pause, Descriptor descriptor, const struct stat& locked,
            std::shared_ptr<const Descriptor> directory, std::string name,
            const std::filesystem::path& path)
      : descriptor_(std::move(descriptor)),
        device_(locked.st_dev),
        inode_(locked.st_ino),
        directory_(std::move(directory)),
        name_(std::move(name)),
        where_("lock " + path.string()),
        hook_(pause, close_in_child, this) {}
  ~PosixLock() override {
    const ForkPause pause;               // As when it was opened.
    if (!descriptor_.is_open()) return;  // In a child. The lock is its parent's.
    // fork() returns in the parent before the child has closed its copy, which holds the lock too.
    struct flock all{};
    all.l_type = F_UNLCK;
    all.l_whence = SEEK_SET;
    static_cast<void>(::fcntl(descriptor_.number(), F_OFD_SETLK, &all));
    descriptor_.close();
  }
  PosixLock(const PosixLock&) = delete;
  PosixLock& operator=(const PosixLock&) = delete;

  const Descriptor& descriptor() const { return descriptor_; }

  void note(std::string_view line, bool durable) const override;

  /// Device and inode are a file's identity for as long as somebody has it open, as we do.
  Status check() const override {
    if (!descriptor_.is_open()) {
      return fail(Errc::closed, where_ + ": the process that forked this one holds it");
    }
    struct stat named{};
    if (::fstatat(directory_->number(), name_.c_str(), &named, 0) != 0) {
      if (errno != ENOENT) return io_error(errno, where_);
      return is_not_ours("removed it");
    }
    if (named.st_ino != inode_ || named.st_dev != device_) {
      return is_not_ours("put another file in its place");
    }
    return {};
  }

 private:
  std::unexpected<Error> is_not_ours(const char* what) const {
    return fail(Errc::locked, where_ + ": somebody " + what +
                                  ", so another process may have the database open too");
  }

  /// The lock is the open file's, and not the process's: a child that kept its copy open would hold
  /// it for as long as it lives, also after its parent.
  static void close_in_child(void* lock) { static_cast<PosixLock*>(lock)->descriptor_.close(); }

  Descriptor descriptor_;  // The lock belongs to it, and goes with it. In a child it is closed.
  const dev_t device_;
  const ino_t inode_;
  const std::shared_ptr<const Descriptor> directory_;
  const std::string name_;
  const std::string where_;
  ForkHook hook_;
};

/// "pid 4711 (gateway)", from what the holder wrote. A moment after the holder changed this may
/// still name the one before, so it is for people only.
std::string holder(const Descriptor& descriptor) {
  std::array<char, 64> buffer;
  const ssize_t count =
      retry([&] { return ::pread(descriptor.number(), buffer.data(), buffer.size(), 0); });
  std::string text(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  text.resize(std::min(text.find('\n'), text.size()));
  const std::size_t space = text.find(' ');
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (space == std::string::npos || !plain) return "an unknown process";
  return "pid " + text.substr(0, space) + " (" + text.substr(space + 1) + ')';
}

/// Best effort: on a full disk the lock holds all the same, it just names nobody, or the last one.
void write_holder(const Descriptor& descriptor, std::string_view note) {
  std::string text = std::to_string(::getpid()) + ' ' + program_invocation_short_name;
  std::ranges::replace(text, '\n', ' ');
  text.resize(std::min<std::size_t>(text.size(), 63));
  text += '\n';
  if (!note.empty()) text.append(note) += '\n';
  // Shortened after the write, not before: so an existing LOCK file never needs a new block.
  const ssize_t count = ::pwrite(descriptor.number(), text.data(), text.size(), 0);
  if (count > 0 && ::ftruncate(descriptor.number(), count) != 0) return;
}

/// What stands behind the first line, which the next holder keeps.
std::optional<std::string> note_in(const Descriptor& descriptor) {
  std::array<char, 1024> buffer;
  const ssize_t count =
      retry([&] { return ::pread(descriptor.number(), buffer.data(), buffer.size(), 0); });
  if (count < 0) return std::nullopt;
  std::string text(buffer.data(), static_cast<std::size_t>(count));
  text.erase(0, text.find('\n') == std::string::npos ? text.size() : text.find('\n') + 1);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

void PosixLock::note(std::string_view line, bool durable) const {
  write_holder(descriptor_, line);
  if (durable) static_cast<void>(::fdatasync(descriptor_.number()));
}

/// Of a file system without such locks, or one that is asked over a network that has none.
bool means_no_locks(int error_number) {
  return error_number == ENOLCK || error_number == EINVAL || error_number == ENOSYS ||
         error_number == ENOTSUP || error_number == EOPNOTSUPP;
}

/// The file to lock, made where it is missing. Not open where that fails: errno says why.
std::pair<Descriptor, bool> open_or_make(int directory, const char* name) {
  Descriptor found = open_at(directory, name, O_RDWR);
  if (found.is_open() || errno != ENOENT) return {std::move(found), false};
  Descriptor made = open_at(directory, name, O_RDWR | O_CREAT | O_EXCL);
  if (made.is_open() || errno != EEXIST) return {std::move(made), true};
  // Another process was first, or the name is a symbolic link to a file that is missing.
  return {open_at(directory, name, O_RDWR | O_CREAT), false};
}

}  // namespace

/// An open file description's lock: it holds against a second open in this process too, and
/// closing some other descriptor of the file does not drop it.
Result<std::unique_ptr<FileLock>> posix_lock(std::shared_ptr<const Descriptor> directory,
                                             const std::string& name,
                                             const std::filesystem::path& path) {
  const int at = directory->number();  // The lock keeps it open.
  std::unique_ptr<PosixLock> lock;
  bool is_made = false;
  {
    // So no child gets the file open without the hook that closes it there.
    const ForkPause pause;
    auto [opened, made] = open_or_make(at, name.c_str());
    struct stat locked{};
    if (!opened.is_open() || ::fstat(opened.number(), &locked) != 0) {
      return last_error("lock", path);
    }
    lock = std::make_unique<PosixLock>(pause, std::move(opened), locked, std::move(directory), name,
                                       path);
    is_made = made;
  }
  const Descriptor& file = lock->descriptor();
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  if (retry([&] { return ::fcntl(file.number(), F_OFD_SETLK, &range); }) != 0) {
    const int number = errno;
    if (number == EAGAIN || number == EACCES) {
      return fail(Errc::locked, "lock " + path.string() + ": held by " + holder(file));
    }
    if (is_made) ::unlinkat(at, name.c_str(), 0);
    if (!means_no_locks(number)) return io_error(number, "lock " + path.string());
    return io_error(number, "lock " + path.string() +
                                ": the file system there cannot lock files, so two processes could "
                                "open the database at once");
  }
  // Where it cannot be read it stays, with the name of an earlier holder.
  if (const auto note = note_in(file)) write_holder(file, *note);
  VARVE_CHECK(lock->check());  // It may have been removed before it was locked.
  return lock;
}

Result<std::optional<std::string>> posix_locked_by(int directory, const std::string& name,
                                                   const std::filesystem::path& path) {
  const Descriptor file = open_at(directory, name.c_str(), O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    return last_error("lock", path);
  }
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  // Where there are no locks, nobody holds one.
  if (::fcntl(file.number(), F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK) {
    return std::nullopt;
  }
  return holder(file);
}

}  // namespace varve::engine
