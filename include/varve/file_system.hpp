#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "varve/error.hpp"

namespace varve {

/// An open file. Whole reads and whole writes or an error, never a short count.
///
/// read_at() may run on many threads at once, beside a write of other bytes, and so may one
/// sync(), which covers the writes that ended before it began. Everything else needs the file to
/// itself. The destructor closes and drops any error.
class File {
 public:
  virtual ~File() = default;

  /// Fills `target`. A file that ends too early is Errc::corruption, not a short read.
  [[nodiscard]] virtual Status read_at(std::uint64_t offset, std::span<std::byte> target) const = 0;

  /// Writes the pieces one after the other from `offset` on, and grows the file where needed.
  /// After a failure any part of them may have been written.
  [[nodiscard]] virtual Status write_at(std::uint64_t offset,
                                        std::span<const std::span<const std::byte>> pieces) = 0;

  /// Cuts the file to `size` bytes. REQUIRES that it has as many.
  [[nodiscard]] virtual Status truncate(std::uint64_t size) = 0;

  /// Makes every write so far durable, and the file's size; not its name. After a failure the
  /// kernel may have dropped the dirty pages, so a second sync() proves nothing.
  [[nodiscard]] virtual Status sync() = 0;

  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
  [[nodiscard]] virtual Status close() = 0;
};

/// Holds a lock on a file until it is destroyed, or the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  read,        ///< Must exist.
  read_write,  ///< Must exist.
  create,      ///< To read and write. Must not exist.
};

/// The one way to the disk. Called on many threads at once. Errors name the operation and the
/// path. A name that was created, renamed or removed is durable once its directory was synced.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) = 0;
  virtual Result<bool> exists(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual Status remove(const std::filesystem::path& path) = 0;
  /// Replaces `to` where it exists.
  [[nodiscard]] virtual Status rename(const std::filesystem::path& from,
                                      const std::filesystem::path& to) = 0;
  /// The names in a directory, in no order, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::filesystem::path& directory) = 0;
  /// Its parent must exist. Fine where the directory exists already.
  [[nodiscard]] virtual Status create_directory(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual Status sync_directory(const std::filesystem::path& path) = 0;
  /// Takes an exclusive lock on the file, made where it is missing. Errc::locked names the holder.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) = 0;
};

/// The machine's files.
std::shared_ptr<FileSystem> posix_file_system();

/// Files in memory, gone with the last reference. A directory exists once it was created.
std::shared_ptr<FileSystem> memory_file_system();

}  // namespace varve
