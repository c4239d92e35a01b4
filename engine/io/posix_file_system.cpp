#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/io/gather.hpp"
#include "engine/io/io_error.hpp"
#include "varve/file_system.hpp"
#include "varve/try.hpp"

namespace varve {

namespace {

using engine::io_error;
using std::filesystem::path;

static_assert(sizeof(off_t) == 8, "files over 2 GiB need _FILE_OFFSET_BITS=64");

/// Repeats an interrupted system call. Not for close(2), which must not be repeated on Linux.
template <class Call>
auto retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

std::unexpected<Error> last_error(const char* operation, const path& name) {
  const int number = errno;
  return io_error(number, std::string(operation) + ' ' + name.string());
}

std::string position(const char* operation, const path& name, std::uint64_t offset) {
  return std::string(operation) + ' ' + name.string() + " @ " + std::to_string(offset);
}

bool reachable(std::uint64_t offset, std::uint64_t size) {
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  return offset <= largest && size <= largest - offset;
}

/// An open descriptor, closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  int close() { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, path name)
      : descriptor_(std::move(descriptor)), name_(std::move(name)) {}

  Status read_at(std::uint64_t offset, std::span<std::byte> target) const override {
    if (!reachable(offset, target.size())) return ends_too_early(offset);
    while (!target.empty()) {
      const ssize_t count = retry([&] {
        return ::pread(descriptor_.number(), target.data(), target.size(),
                       static_cast<off_t>(offset));
      });
      if (count < 0) return failed("read", offset);
      if (count == 0) return ends_too_early(offset);
      target = target.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  Status write_at(std::uint64_t offset,
                  std::span<const std::span<const std::byte>> pieces) override {
    engine::Gather gather(pieces);
    for (auto batch = gather.next(); !batch.empty(); batch = gather.next()) {
      if (!reachable(offset, 0)) return io_error(EFBIG, position("write", name_, offset));
      const ssize_t count = retry([&] {
        return ::pwritev(descriptor_.number(), batch.data(), static_cast<int>(batch.size()),
                         static_cast<off_t>(offset));
      });
      if (count < 0) return failed("write", offset);
      // No file does this, and to go on would be to go on for ever.
      if (count == 0) return io_error(EIO, position("write", name_, offset));
      gather.drop(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  Status truncate(std::uint64_t size) override {
    const int result =
        retry([&] { return ::ftruncate(descriptor_.number(), static_cast<off_t>(size)); });
    if (result != 0) return failed("truncate", size);
    return {};
  }

  /// Never repeated, not even when interrupted: the kernel tells of lost pages only once.
  Status sync() override {
    if (::fdatasync(descriptor_.number()) != 0) return last_error("sync", name_);
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat status{};
    if (::fstat(descriptor_.number(), &status) != 0) return last_error("size of", name_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  Status close() override {
    if (descriptor_.close() != 0) return last_error("close", name_);
    return {};
  }

 private:
  std::unexpected<Error> failed(const char* operation, std::uint64_t offset) const {
    const int number = errno;
    return io_error(number, position(operation, name_, offset));
  }
  std::unexpected<Error> ends_too_early(std::uint64_t offset) const {
    return fail(Errc::corruption, position("read", name_, offset) + ": ends too early");
  }

  Descriptor descriptor_;
  path name_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;  // The lock belongs to it, and goes with it.
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
void write_holder(const Descriptor& descriptor) {
  std::string text = std::to_string(::getpid()) + ' ' + program_invocation_short_name;
  text.resize(std::min<std::size_t>(text.size(), 63));
  text += '\n';
  // Shortened after the write, not before: so an existing LOCK file never needs a new block.
  const ssize_t count = ::pwrite(descriptor.number(), text.data(), text.size(), 0);
  if (count > 0 && ::ftruncate(descriptor.number(), count) != 0) return;
}

/// The 32 hexadecimal digits, in whatever groups. All zeros where there are not as many.
std::array<std::byte, 16> parse_uuid(std::string_view text) {
  std::array<std::byte, 16> uuid{};
  std::size_t digits = 0;
  for (const char c : text) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    const std::size_t value = hexadecimal.find(c);
    if (value == std::string_view::npos) continue;
    if (digits == 2 * uuid.size()) return {};
    uuid[digits / 2] = (uuid[digits / 2] << 4) | static_cast<std::byte>(value);
    ++digits;
  }
  return digits == 2 * uuid.size() ? uuid : std::array<std::byte, 16>{};
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const path& name, OpenMode mode) override {
    VARVE_TRY(Descriptor descriptor,
              open_descriptor(mode == OpenMode::create ? "create" : "open", name, flags_of(mode)));
    return std::make_unique<PosixFile>(std::move(descriptor), name);
  }

  Result<bool> exists(const path& name) override {
    VARVE_TRY(const auto status, status_of(name));
    return status.has_value();
  }

  Status remove(const path& name) override {
    if (::unlink(name.c_str()) != 0) return last_error("remove", name);
    return {};
  }

  Status rename(const path& from, const path& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    const int number = errno;
    return io_error(number, "rename " + from.string() + " to " + to.string());
  }

  Result<std::vector<std::string>> list(const path& directory) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
    if (!stream) return last_error("list", directory);
    std::vector<std::string> names;
    errno = 0;  // The only way to tell readdir()'s end from its failure.
    while (const dirent* entry = ::readdir(stream.get())) {
      std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
      errno = 0;
    }
    if (errno != 0) return last_error("list", directory);
    return names;
  }

  Status create_directory(const path& name) override {
    if (::mkdir(name.c_str(), 0777) == 0) return {};
    if (errno != EEXIST) return last_error("create directory", name);
    VARVE_TRY(const auto status, status_of(name));
    if (status && S_ISDIR(status->st_mode)) return {};
    return io_error(ENOTDIR, "create directory " + name.string());
  }

  Status sync_directory(const path& name) override {
    VARVE_TRY(const Descriptor descriptor,
              open_descriptor("sync directory", name, O_RDONLY | O_DIRECTORY));
    if (::fsync(descriptor.number()) != 0) return last_error("sync directory", name);
    return {};
  }

  /// An open file description's lock: it holds against a second open in this process too, and
  /// closing some other descriptor of the file does not drop it.
  Result<std::unique_ptr<FileLock>> lock(const path& name) override {
    VARVE_TRY(Descriptor descriptor, open_descriptor("lock", name, O_RDWR | O_CREAT));
    struct flock range{};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    if (retry([&] { return ::fcntl(descriptor.number(), F_OFD_SETLK, &range); }) != 0) {
      if (errno != EAGAIN && errno != EACCES) return last_error("lock", name);
      return fail(Errc::locked, "lock " + name.string() + ": held by " + holder(descriptor));
    }
    write_holder(descriptor);
    return std::make_unique<PosixFileLock>(std::move(descriptor));
  }

  std::array<std::byte, 16> boot_id() override {
    const auto descriptor = open_descriptor("boot id", "/proc/sys/kernel/random/boot_id", O_RDONLY);
    if (!descriptor) return {};
    std::array<char, 40> text;
    const ssize_t count =
        retry([&] { return ::pread(descriptor->number(), text.data(), text.size(), 0); });
    return parse_uuid({text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))});
  }

 private:
  static int flags_of(OpenMode mode) {
    switch (mode) {
      case OpenMode::read: return O_RDONLY;
      case OpenMode::read_write: return O_RDWR;
      case OpenMode::create: return O_RDWR | O_CREAT | O_EXCL;
    }
    std::unreachable();
  }

  static Result<Descriptor> open_descriptor(const char* operation, const path& name, int flags) {
    Descriptor descriptor(retry([&] { return ::open(name.c_str(), flags | O_CLOEXEC, 0666); }));
    if (!descriptor.is_open()) return last_error(operation, name);
    return descriptor;
  }

  /// Nothing where there is nothing of that name.
  static Result<std::optional<struct stat>> status_of(const path& name) {
    struct stat status{};
    if (::stat(name.c_str(), &status) == 0) return status;
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return last_error("look for", name);
  }
};

}  // namespace

std::shared_ptr<FileSystem> posix_file_system() { return std::make_shared<PosixFileSystem>(); }

}  // namespace varve
