#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "varve/error.hpp"

namespace varve {

/// An open file, as FileSystem::open() gives it. Whole reads and whole writes or an error, never a
/// short count. docs/format/media.md says what the engine takes for granted of one.
///
/// read_at() may run on many threads at once, beside a write of other bytes, and so may one
/// sync(), which covers the writes that ended before it began. Everything else needs the file to
/// itself. The destructor closes and drops any error.
class File {
 public:
  virtual ~File() = default;

  /// Fills `target` with the bytes from `offset` on. A file that ends too early is
  /// Errc::corruption, not a short read.
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

  /// In bytes, as written so far.
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
  /// Ends the file and reports what the destructor would drop. Nothing may be called after it.
  [[nodiscard]] virtual Status close() = 0;
};

/// Holds a lock on a file until it is destroyed, or the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// What open() expects, and what the file is for.
enum class OpenMode {
  read,        ///< Must exist.
  read_write,  ///< Must exist.
  create,      ///< To read and write. Must not exist.
};

/// The one way to the disk; Options::file_system takes one, so that a test can bring a disk that
/// fails or loses power. Called on many threads at once. Errors name the operation and the path,
/// and carry the errno; a full disk is Errc::no_space.
///
/// A name that was created, renamed or removed is durable once its directory was synced.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Opens a file of the mode's kind. Fails if it is missing, or there already, against the mode.
  virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) = 0;
  /// Whether there is a file or directory of this name.
  virtual Result<bool> exists(const std::filesystem::path& path) = 0;
  /// Removes a file. One that is open goes on for those who have it open.
  [[nodiscard]] virtual Status remove(const std::filesystem::path& path) = 0;
  /// Gives a file another name, in one step even across a power cut. Replaces `to` if it exists.
  [[nodiscard]] virtual Status rename(const std::filesystem::path& from,
                                      const std::filesystem::path& to) = 0;
  /// Returns the names in a directory, in no order, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::filesystem::path& directory) = 0;
  /// Makes a directory. Its parent must exist. Fine if the directory exists already.
  [[nodiscard]] virtual Status create_directory(const std::filesystem::path& path) = 0;
  /// Makes durable which names the directory holds, as they are now.
  [[nodiscard]] virtual Status sync_directory(const std::filesystem::path& path) = 0;
  /// Takes an exclusive lock on the file, which it makes if it is missing. Fails with Errc::locked,
  /// naming the holder, if another process or another lock in this one holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) = 0;

  /// An id that is another one after each start of the machine, and so after each power cut: while
  /// it stays the same, what was written is there, synced or not. All zeros where that is not
  /// known.
  virtual std::array<std::byte, 16> boot_id() { return {}; }
};

/// The machine's files. What an engine uses if Options::file_system is empty.
std::shared_ptr<FileSystem> posix_file_system();

/// Files in memory, gone with the last reference. A directory exists once it was created.
std::shared_ptr<FileSystem> memory_file_system();

}  // namespace varve
