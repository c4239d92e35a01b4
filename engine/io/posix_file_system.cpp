#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/io/descriptor.hpp"
#include "engine/io/directory_names.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/io/posix_lock.hpp"
#include "varve/file_system.hpp"
#include "varve/try.hpp"

namespace varve {

namespace {

using engine::Descriptor;
using engine::io_error;
using engine::is_name;
using engine::last_error;
using engine::open_at;

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read: return O_RDONLY;
    case OpenMode::read_write: return O_RDWR;
    case OpenMode::create: return O_RDWR | O_CREAT | O_EXCL;
  }
  std::unreachable();
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

/// One descriptor, by which every call finds its names. The path is never followed again.
class PosixDirectory final : public Directory {
 public:
  PosixDirectory(Descriptor descriptor, std::filesystem::path shown)
      : descriptor_(std::make_shared<const Descriptor>(std::move(descriptor))),
        path_(std::move(shown)) {}

  /// `name` below `at` is any path where `at` is AT_FDCWD.
  static Result<std::shared_ptr<Directory>> open(int at, const std::filesystem::path& name,
                                                 std::filesystem::path shown) {
    Descriptor descriptor = open_at(at, name.c_str(), O_RDONLY | O_DIRECTORY);
    if (!descriptor.is_open()) return last_error("open directory", shown);
    return std::make_shared<PosixDirectory>(std::move(descriptor), std::move(shown));
  }

  const std::filesystem::path& path() const override { return path_; }

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode, WriteCause) override {
    VARVE_ASSERT(is_name(name));
    Descriptor file = open_at(at(), name.c_str(), flags_of(mode));
    if (!file.is_open()) {
      return last_error(mode == OpenMode::create ? "create" : "open", path_of(name));
    }
    return engine::posix_file(std::move(file), path_of(name));
  }

  Result<bool> exists(const std::string& name) override {
    VARVE_TRY(const auto status, status_of(name));
    return status.has_value();
  }

  Status remove(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    if (::unlinkat(at(), name.c_str(), 0) != 0) return last_error("remove", path_of(name));
    return {};
  }

  using Directory::rename;
  Status rename(const std::string& from, Directory& target, const std::string& to) override {
    VARVE_ASSERT(is_name(from) && is_name(to));
    const int result = ::renameat(at(), from.c_str(), at(target), to.c_str());
    if (result != 0) return last_error_of_two("rename", from, target, to);
    return {};
  }

  Status link(const std::string& from, Directory& target, const std::string& to) override {
    VARVE_ASSERT(is_name(from) && is_name(to));
    const int result = ::linkat(at(), from.c_str(), at(target), to.c_str(), 0);
    if (result != 0) return last_error_of_two("link", from, target, to);
    return {};
  }

  Result<std::vector<std::string>> list() override {
    // Opened anew: to read a directory moves its descriptor's position, which threads would share.
    Descriptor fresh = open_at(at(), ".", O_RDONLY | O_DIRECTORY);
    if (!fresh.is_open()) return last_error("list", path_);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fresh.number()), ::closedir);
    if (!stream) return last_error("list", path_);
    static_cast<void>(fresh.release());
    std::vector<std::string> names;
    errno = 0;  // The only way to tell readdir()'s end from its failure.
    while (const dirent* entry = ::readdir(stream.get())) {
      std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
      errno = 0;
    }
    if (errno != 0) return last_error("list", path_);
    return names;
  }

  Status sync() override {
    if (::fsync(at()) == 0) return {};
    // No way to do it there: the file system makes names durable in its own time.
    if (errno == EINVAL || errno == ENOTSUP || errno == EOPNOTSUPP) return {};
    return last_error("sync directory", path_);
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    return engine::posix_lock(descriptor_, name, path_of(name));
  }

  Result<std::optional<std::string>> locked_by(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    return engine::posix_locked_by(at(), name, path_of(name));
  }

  Status create_directory(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    if (::mkdirat(at(), name.c_str(), 0777) == 0) return {};
    if (errno != EEXIST) return last_error("create directory", path_of(name));
    VARVE_TRY(const auto status, status_of(name));
    if (status && S_ISDIR(status->st_mode)) return {};
    return io_error(ENOTDIR, "create directory " + path_of(name).string());
  }

  Result<std::shared_ptr<Directory>> open_directory(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    return open(at(), name, path_of(name));
  }

  Result<std::uint64_t> free_bytes() override {
    struct statvfs status{};
    const int result = engine::retry([&] { return ::fstatvfs(at(), &status); });
    if (result != 0) return last_error("free space of", path_);
    const std::uint64_t unit = status.f_frsize != 0 ? status.f_frsize : status.f_bsize;
    const std::uint64_t blocks = status.f_bavail;
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return unit != 0 && blocks > most / unit ? most : blocks * unit;
  }

  Result<bool> is_there() override {
    struct stat status{};
    if (::fstat(at(), &status) != 0) return last_error("look for", path_);
    return status.st_nlink != 0;
  }

 private:
  int at() const { return descriptor_->number(); }
  /// No descriptor, where `directory` is of another file system: the call fails with EBADF then.
  static int at(const Directory& directory) {
    const auto* const ours = dynamic_cast<const PosixDirectory*>(&directory);
    return ours == nullptr ? -1 : ours->at();
  }
  std::filesystem::path path_of(const std::string& name) const {
    return engine::path_in(path_, name);
  }

  std::unexpected<Error> last_error_of_two(const char* operation, const std::string& from,
                                           const Directory& target, const std::string& to) const {
    const int number = errno;
    return io_error(number, std::string(operation) + ' ' + path_of(from).string() + " to " +
                                engine::path_in(target.path(), to).string());
  }

  /// Nothing where there is nothing of that name.
  Result<std::optional<struct stat>> status_of(const std::string& name) const {
    VARVE_ASSERT(is_name(name));
    struct stat status{};
    if (::fstatat(at(), name.c_str(), &status, 0) == 0) return status;
    if (errno == ENOENT) return std::nullopt;
    return last_error("look for", path_of(name));
  }

  const std::shared_ptr<const Descriptor> descriptor_;  // Locks share it.
  const std::filesystem::path path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::shared_ptr<Directory>> open_directory(const std::filesystem::path& name) override {
    return PosixDirectory::open(AT_FDCWD, name, name);
  }

  std::array<std::byte, 16> boot_id() override {
    const Descriptor file = open_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY);
    std::array<char, 40> text;
    const ssize_t count =
        engine::retry([&] { return ::pread(file.number(), text.data(), text.size(), 0); });
    return parse_uuid({text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))});
  }
};

}  // namespace

std::shared_ptr<FileSystem> posix_file_system() { return std::make_shared<PosixFileSystem>(); }

}  // namespace varve
