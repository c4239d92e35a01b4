#include "engine/io/posix_file.hpp"

#include <sys/stat.h>
#include <sys/uio.h>

#include <limits>
#include <utility>

#include "engine/io/gather.hpp"
#include "engine/io/io_error.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

bool reachable(std::uint64_t offset, std::uint64_t size) {
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
  return offset <= largest && size <= largest - offset;
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::filesystem::path path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

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
    Gather gather(pieces);
    for (auto batch = gather.next(); !batch.empty(); batch = gather.next()) {
      if (!reachable(offset, 0)) return io_error(EFBIG, position("write", path_, offset));
      const ssize_t count = retry([&] {
        return ::pwritev(descriptor_.number(), batch.data(), static_cast<int>(batch.size()),
                         static_cast<off_t>(offset));
      });
      if (count < 0) return failed("write", offset);
      // No file does this, and to go on would be to go on for ever.
      if (count == 0) return io_error(EIO, position("write", path_, offset));
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
    if (::fdatasync(descriptor_.number()) != 0) return last_error("sync", path_);
    return {};
  }

  /// Only begins the writing. It does not wait for it, and so cannot take away the report of a
  /// failed write that sync() is to bring.
  void write_back(std::uint64_t offset, std::uint64_t size) override {
    if (size == 0 || !reachable(offset, size)) return;
    static_cast<void>(::sync_file_range(descriptor_.number(), static_cast<off_t>(offset),
                                        static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE));
  }

  Result<std::uint64_t> size() const override {
    struct stat status{};
    if (::fstat(descriptor_.number(), &status) != 0) return last_error("size of", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<std::uint64_t> links() const override {
    struct stat status{};
    if (::fstat(descriptor_.number(), &status) != 0) return last_error("links of", path_);
    return static_cast<std::uint64_t>(status.st_nlink);
  }

  Status close() override {
    if (descriptor_.close() != 0) return last_error("close", path_);
    return {};
  }

 private:
  std::unexpected<Error> failed(const char* operation, std::uint64_t offset) const {
    const int number = errno;
    return io_error(number, position(operation, path_, offset));
  }
  std::unexpected<Error> ends_too_early(std::uint64_t offset) const {
    return fail(Errc::corruption, position("read", path_, offset) + ": ends too early");
  }

  Descriptor descriptor_;
  const std::filesystem::path path_;
};

}  // namespace

std::unique_ptr<File> posix_file(Descriptor descriptor, std::filesystem::path path) {
  return std::make_unique<PosixFile>(std::move(descriptor), std::move(path));
}

}  // namespace varve::engine
