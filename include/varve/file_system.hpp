#pragma once

#include "varve/detail/requirements.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/error.hpp"

namespace varve {

/// An open file, as Directory::open() gives it. Whole reads and whole writes or an error, never a
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

  /// Suggests that the device begins to write `size` bytes from `offset` on, so that a later sync()
  /// has less left to do. A hint: it promises nothing, reports nothing and waits for no device. May
  /// run beside what sync() may run beside. The default does nothing.
  virtual void write_back([[maybe_unused]] std::uint64_t offset,
                          [[maybe_unused]] std::uint64_t size) {}

  /// In bytes, as written so far.
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
  /// How many names the file has now: 1 for most, more with hard links, 0 once it was removed or
  /// replaced. What is written to a file without a name is gone when it is closed.
  [[nodiscard]] virtual Result<std::uint64_t> links() const = 0;
  /// Ends the file and reports what the destructor would drop. Nothing may be called after it.
  [[nodiscard]] virtual Status close() = 0;
};

/// Holds a lock on a file until it is destroyed, or the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;

  /// Fails with Errc::locked where the name is not the locked file's any more: somebody removed
  /// the file or put another one in its place, so another process may hold a lock of that name
  /// too. A few microseconds; any thread. Succeeds again if the file gets its name back.
  [[nodiscard]] virtual Status check() const = 0;

  /// Leaves a line of text in the file, in the place of an earlier one, for whoever locks it next.
  /// At best effort: where it cannot be written nobody is told. Synced if it has to be `durable`.
  /// The default does nothing.
  virtual void note([[maybe_unused]] std::string_view line, [[maybe_unused]] bool durable) const {}
};

/// What open() expects, and what the file is for.
enum class OpenMode {
  read,        ///< Must exist.
  read_write,  ///< Must exist.
  create,      ///< To read and write. Must not exist.
};

/// What bytes are written for.
enum class WriteReason : std::uint8_t {
  none,        ///< Nothing is written: the file is opened to be read or cut.
  log,         ///< Segments of the write-ahead log. Overwritten in a ring, or gone after a flush.
  flush,       ///< Tables of level 0. Gone after the next compaction.
  compaction,  ///< Tables of a deeper level. The deeper, the longer they stay.
  manifest,    ///< Which tables count. Short appends.
  identity,    ///< That the directory is a database. Written once.
  labels,      ///< What is known of series.
  copy,        ///< Another database, as a backup is.
};

/// Tells a FileSystem what a file that it opens is written for, so that it can count bytes by
/// cause, or place what lives equally long together. No file system has to look at it.
struct WriteCause {
  WriteReason reason = WriteReason::none;
  std::uint8_t level = 0;  ///< Of the table that a flush or compaction writes.

  friend bool operator==(const WriteCause&, const WriteCause&) = default;
};

/// An open directory: the one way to its files. It stays the directory that was opened, whatever
/// happens to the path by which it was found: a change of the working directory, a symbolic link
/// that points elsewhere, a directory that is renamed or replaced. The destructor closes it; files
/// and locks that it gave stay open.
///
/// Names are single components: not empty, without '/', neither "." nor "..". REQUIRED everywhere,
/// and asserted by the file systems that come with Varve.
///
/// Called on many threads at once. Errors name the operation and the path, and carry the errno; a
/// full disk is Errc::no_space. A directory that was removed fails every call that would look for
/// a name in it, as if the name were missing.
///
/// A name that was created, linked, renamed or removed is durable once its directory was synced.
class Directory {
 public:
  virtual ~Directory() = default;

  /// The path by which it was opened, as the caller spelled it: for messages only.
  virtual const std::filesystem::path& path() const = 0;

  /// Opens a file of the mode's kind. Fails if it is missing, or there already, against the mode.
  /// Who is going to write it says what for.
  virtual Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                             WriteCause cause = {}) = 0;
  /// Whether there is a file or directory of this name.
  virtual Result<bool> exists(const std::string& name) = 0;
  /// Removes a file. One that is open goes on for those who have it open.
  [[nodiscard]] virtual Status remove(const std::string& name) = 0;
  /// Moves a file to a name in `target`, in one step even across a power cut. Replaces `to` if it
  /// exists; does nothing if both names are the same file's. REQUIRES a `target` that the same
  /// FileSystem gave, which may be this directory. Durable once `target` was synced; that the old
  /// name is gone, once this directory was.
  [[nodiscard]] virtual Status rename(const std::string& from, Directory& target,
                                      const std::string& to) = 0;
  /// Renames within this directory.
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) {
    return rename(from, *this, to);
  }
  /// Gives a file a second name in `target` (a hard link). Never replaces: fails with
  /// std::errc::file_exists where there is `to`. Each name is then the file, and removing one
  /// leaves the other. REQUIRES of `target` what rename() does. Fails where the file system has no
  /// hard links.
  [[nodiscard]] virtual Status link(const std::string& from, Directory& target,
                                    const std::string& to) = 0;
  /// Returns the names in it, in no order, without "." and "..".
  virtual Result<std::vector<std::string>> list() = 0;
  /// Makes durable which names it holds, as they are now. Succeeds where the file system cannot
  /// sync a directory at all, as some of FUSE: then nothing better can be done.
  [[nodiscard]] virtual Status sync() = 0;

  /// Takes an exclusive lock on the file, which it makes if it is missing; a FileLock::note() in it
  /// stays. Fails with Errc::locked,
  /// naming the holder, if another process or another lock in this one holds it. Fails too where
  /// the file system cannot lock, and then leaves no file that it made.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& name) = 0;

  /// Who holds a lock() of the file; nothing where nobody does, or there is no such file. Takes no
  /// lock and changes nothing.
  virtual Result<std::optional<std::string>> locked_by(const std::string& name) = 0;

  /// Makes a subdirectory. Fine if it exists already.
  [[nodiscard]] virtual Status create_directory(const std::string& name) = 0;
  /// Opens a subdirectory. Fails with std::errc::no_such_file_or_directory or not_a_directory.
  virtual Result<std::shared_ptr<Directory>> open_directory(const std::string& name) = 0;

  /// Bytes that this process may still take on the disk, without what is kept for the
  /// administrator. The largest number where there is no limit. Others write too, so a guess.
  virtual Result<std::uint64_t> free_bytes() = 0;
  /// Whether it has a name still. False once it was removed: then no name can be made in it, and
  /// what is written to its open files is lost. A rename does not count.
  virtual Result<bool> is_there() = 0;
};

/// Where directories are found. Options::file_system takes one, so that a test can bring a disk
/// that fails or loses power. Called on many threads at once. Errors as those of a Directory.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Opens a directory. The path is followed once, here, from the working directory of this moment
  /// where it is relative. Fails with std::errc::no_such_file_or_directory where nothing is there,
  /// with not_a_directory where it is something else.
  virtual Result<std::shared_ptr<Directory>> open_directory(const std::filesystem::path& path) = 0;

  /// An id that is another one after each start of the machine, and so after each power cut: while
  /// it stays the same, what was written is there, synced or not. All zeros where that is not
  /// known.
  virtual std::array<std::byte, 16> boot_id() { return {}; }
};

/// The machine's files. What an engine uses if Options::file_system is empty.
std::shared_ptr<FileSystem> posix_file_system();

/// Files in memory, gone with the last reference to the file system and its directories. At first
/// there is only "/", which "." and every relative path begin at too.
std::shared_ptr<FileSystem> memory_file_system();

}  // namespace varve
