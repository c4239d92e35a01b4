#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <map>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/mutex.hpp"
#include "engine/io/directory_names.hpp"
#include "engine/io/io_error.hpp"
#include "varve/file_system.hpp"
#include "varve/try.hpp"

namespace varve {

namespace {

using engine::io_error;
using engine::is_name;
using engine::Lock;
using engine::Mutex;

/// What a name stands for. Open files share it, so it outlives the name.
class Content {
 public:
  /// False where it ends too early.
  bool read(std::uint64_t offset, std::span<std::byte> target) const {
    const Lock lock(mutex_);
    if (offset > bytes_.size() || target.size() > bytes_.size() - offset) return false;
    const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
    std::copy_n(from, target.size(), target.begin());
    return true;
  }

  /// False where no memory could hold it.
  bool write(std::uint64_t offset, std::span<const std::span<const std::byte>> pieces) {
    std::size_t size = 0;
    for (const auto piece : pieces) size += piece.size();
    if (size == 0) return true;
    const Lock lock(mutex_);
    if (size > bytes_.max_size() || offset > bytes_.max_size() - size) return false;
    const std::size_t end = static_cast<std::size_t>(offset) + size;
    if (end > bytes_.size()) bytes_.resize(end);
    auto at = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
    // And not std::ranges::copy: GCC 12 makes that byte by byte where a span is const.
    for (const auto piece : pieces) at = std::copy(piece.begin(), piece.end(), at);
    return true;
  }

  void truncate(std::uint64_t size) {
    const Lock lock(mutex_);
    bytes_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes_.size())));
  }

  std::uint64_t size() const {
    const Lock lock(mutex_);
    return bytes_.size();
  }

  std::atomic<std::uint64_t> links = 0;  ///< How many names it has.
  std::atomic<bool> locked = false;

 private:
  mutable Mutex mutex_;
  engine::Bytes bytes_ VARVE_GUARDED_BY(mutex_);
};

std::string position(const char* operation, const std::string& name, std::uint64_t offset) {
  return std::string(operation) + ' ' + name + " @ " + std::to_string(offset);
}

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<Content> content, std::string name, bool writable)
      : content_(std::move(content)), name_(std::move(name)), writable_(writable) {}

  Status read_at(std::uint64_t offset, std::span<std::byte> target) const override {
    if (!content_) return io_error(EBADF, position("read", name_, offset));
    if (target.empty() || content_->read(offset, target)) return {};
    return fail(Errc::corruption, position("read", name_, offset) + ": ends too early");
  }

  Status write_at(std::uint64_t offset,
                  std::span<const std::span<const std::byte>> pieces) override {
    if (!content_ || !writable_) return io_error(EBADF, position("write", name_, offset));
    if (content_->write(offset, pieces)) return {};
    return io_error(EFBIG, position("write", name_, offset));
  }

  Status truncate(std::uint64_t size) override {
    if (!content_ || !writable_) return io_error(EBADF, position("truncate", name_, size));
    content_->truncate(size);
    return {};
  }

  Status sync() override {
    if (!content_) return io_error(EBADF, "sync " + name_);
    return {};
  }

  Result<std::uint64_t> size() const override {
    if (!content_) return io_error(EBADF, "size of " + name_);
    return content_->size();
  }

  Result<std::uint64_t> links() const override {
    if (!content_) return io_error(EBADF, "links of " + name_);
    return content_->links.load();
  }

  Status close() override {
    if (!std::exchange(content_, nullptr)) return io_error(EBADF, "close " + name_);
    return {};
  }

 private:
  std::shared_ptr<Content> content_;  // None once closed.
  const std::string name_;
  const bool writable_;
};

/// The names in one directory. All directories of a file system share one mutex, since a file moves
/// between two of them in one step.
struct Node {
  std::map<std::string, std::shared_ptr<Content>> files;
  std::map<std::string, std::shared_ptr<Node>> directories;
  /// Grows, with the mutex held, before a file's name goes away or stands for another file.
  std::atomic<std::uint64_t> losses = 0;
};

/// A directory as a handle. Directories can be neither renamed nor removed.
struct Place {
  std::shared_ptr<Mutex> mutex;  // Guards every node.
  std::shared_ptr<Node> node;
};

class MemoryFileLock final : public FileLock {
 public:
  MemoryFileLock(Place place, std::string name, std::string where, std::shared_ptr<Content> content)
      : place_(std::move(place)),
        name_(std::move(name)),
        where_(std::move(where)),
        content_(std::move(content)) {}
  ~MemoryFileLock() override {
    if (is_taken_) content_->locked = false;
  }

  /// False where somebody else has it.
  bool take() {
    is_taken_ = !content_->locked.exchange(true);
    return is_taken_;
  }

  /// Any thread. Each sync asks, so only what lost a name is looked through again. A name that goes
  /// while this runs counts as one that goes behind it, as with a file of a system.
  Status check() const override {
    const std::uint64_t losses = place_.node->losses.load();
    if (sound_at_.load(std::memory_order_relaxed) == losses) return {};
    const Lock lock(*place_.mutex);
    const auto found = place_.node->files.find(name_);
    const bool is_gone = found == place_.node->files.end();
    if (!is_gone && found->second == content_) {
      sound_at_.store(place_.node->losses.load(), std::memory_order_relaxed);
      return {};
    }
    return fail(Errc::locked, where_ + ": somebody " +
                                  (is_gone ? "removed it" : "put another file in its place") +
                                  ", so another process may have the database open too");
  }

 private:
  const Place place_;
  const std::string name_;
  const std::string where_;
  const std::shared_ptr<Content> content_;
  bool is_taken_ = false;
  /// The directory's losses when the name was seen to stand for the content.
  mutable std::atomic<std::uint64_t> sound_at_ = std::numeric_limits<std::uint64_t>::max();
};

class MemoryDirectory final : public Directory {
 public:
  MemoryDirectory(Place place, std::filesystem::path shown)
      : place_(std::move(place)), path_(std::move(shown)) {}

  const std::filesystem::path& path() const override { return path_; }

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode, WriteCause) override {
    VARVE_ASSERT(is_name(name));
    const bool create = mode == OpenMode::create;
    const std::string where = (create ? "create " : "open ") + text_of(name);
    const Lock lock(*place_.mutex);
    if (directories().contains(name)) return io_error(create ? EEXIST : EISDIR, where);
    const auto found = files().find(name);
    if (create != (found == files().end())) return io_error(create ? EEXIST : ENOENT, where);
    const std::shared_ptr<Content> content = create ? make() : found->second;
    auto file = std::make_unique<MemoryFile>(content, text_of(name), mode != OpenMode::read);
    // Last, so that no name is left where there is no memory for the rest.
    if (create) files().emplace(name, content);
    return file;
  }

  Result<bool> exists(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    const Lock lock(*place_.mutex);
    return files().contains(name) || directories().contains(name);
  }

  Status remove(const std::string& name) override {
    const Lock lock(*place_.mutex);
    VARVE_CHECK(need_file(name, "remove " + text_of(name)));
    const auto found = files().find(name);
    ++place_.node->losses;
    --found->second->links;
    files().erase(found);
    return {};
  }

  using Directory::rename;
  Status rename(const std::string& from, Directory& target, const std::string& to) override {
    const std::string where = "rename " + text_of(from) + " to " + text_of(target, to);
    MemoryDirectory* const there = ours(target);
    if (there == nullptr) return io_error(EXDEV, where);
    const Lock lock(*place_.mutex);
    VARVE_CHECK(need_file(from, where));
    VARVE_ASSERT(is_name(to));
    if (there->directories().contains(to)) return io_error(EISDIR, where);
    const std::shared_ptr<Content> moved = files().at(from);
    const auto replaced = there->files().find(to);
    if (replaced != there->files().end()) {
      if (replaced->second == moved) return {};
      --replaced->second->links;
    }
    ++place_.node->losses;
    ++there->place_.node->losses;
    there->files().insert_or_assign(to, moved);
    files().erase(from);
    return {};
  }

  Status link(const std::string& from, Directory& target, const std::string& to) override {
    const std::string where = "link " + text_of(from) + " to " + text_of(target, to);
    MemoryDirectory* const there = ours(target);
    if (there == nullptr) return io_error(EXDEV, where);
    const Lock lock(*place_.mutex);
    VARVE_CHECK(need_file(from, where));
    VARVE_ASSERT(is_name(to));
    if (there->files().contains(to) || there->directories().contains(to)) {
      return io_error(EEXIST, where);
    }
    const std::shared_ptr<Content> linked = files().at(from);
    there->files().emplace(to, linked);
    ++linked->links;
    return {};
  }

  Result<std::vector<std::string>> list() override {
    const Lock lock(*place_.mutex);
    std::vector<std::string> names;
    for (const auto& [name, content] : files()) names.push_back(name);
    for (const auto& [name, node] : directories()) names.push_back(name);
    return names;
  }

  Status sync() override { return {}; }

  Result<std::unique_ptr<FileLock>> lock(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    const std::string where = "lock " + text_of(name);
    const Lock lock(*place_.mutex);
    if (directories().contains(name)) return io_error(EISDIR, where);
    const auto found = files().find(name);
    const std::shared_ptr<Content> content = found == files().end() ? make() : found->second;
    auto taken = std::make_unique<MemoryFileLock>(place_, name, where, content);
    if (!taken->take()) {
      return fail(Errc::locked,
                  where + ": held by pid " + std::to_string(::getpid()) + " (this process)");
    }
    if (found == files().end()) files().emplace(name, content);
    return taken;
  }

  Result<std::optional<std::string>> locked_by(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    const Lock lock(*place_.mutex);
    const auto found = files().find(name);
    if (found == files().end() || !found->second->locked) return std::nullopt;
    return "pid " + std::to_string(::getpid()) + " (this process)";
  }

  Status create_directory(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    const Lock lock(*place_.mutex);
    if (files().contains(name)) return io_error(ENOTDIR, "create directory " + text_of(name));
    if (!directories().contains(name)) directories().emplace(name, std::make_shared<Node>());
    return {};
  }

  Result<std::shared_ptr<Directory>> open_directory(const std::string& name) override {
    VARVE_ASSERT(is_name(name));
    const Lock lock(*place_.mutex);
    const auto found = directories().find(name);
    if (found == directories().end()) {
      const int number = files().contains(name) ? ENOTDIR : ENOENT;
      return io_error(number, "open directory " + text_of(name));
    }
    return std::make_shared<MemoryDirectory>(Place{place_.mutex, found->second},
                                             engine::path_in(path_, name));
  }

  Result<std::uint64_t> free_bytes() override { return std::numeric_limits<std::uint64_t>::max(); }
  Result<bool> is_there() override { return true; }

 private:
  // All below with the mutex held.
  std::map<std::string, std::shared_ptr<Content>>& files() const { return place_.node->files; }
  std::map<std::string, std::shared_ptr<Node>>& directories() const {
    return place_.node->directories;
  }

  /// For a name that is to come.
  static std::shared_ptr<Content> make() {
    auto content = std::make_shared<Content>();
    content->links = 1;
    return content;
  }

  Status need_file(const std::string& name, std::string where) const {
    VARVE_ASSERT(is_name(name));
    if (files().contains(name)) return {};
    return io_error(directories().contains(name) ? EISDIR : ENOENT, std::move(where));
  }

  /// None where it is not of this file system.
  MemoryDirectory* ours(Directory& other) const {
    auto* const memory = dynamic_cast<MemoryDirectory*>(&other);
    return memory != nullptr && memory->place_.mutex == place_.mutex ? memory : nullptr;
  }

  std::string text_of(const std::string& name) const { return text_of(*this, name); }
  static std::string text_of(const Directory& directory, const std::string& name) {
    return engine::path_in(directory.path(), name).string();
  }

  const Place place_;
  const std::filesystem::path path_;
};

class MemoryFileSystem final : public FileSystem {
 public:
  /// "db", "./db/" and "/db" are the same.
  Result<std::shared_ptr<Directory>> open_directory(const std::filesystem::path& path) override {
    Place place = root_;
    const Lock lock(*place.mutex);
    for (const auto& part : ("/" / path).lexically_normal().relative_path()) {
      if (part.empty()) continue;  // After the last slash.
      const auto found = place.node->directories.find(part.string());
      if (found == place.node->directories.end()) {
        const int number = place.node->files.contains(part.string()) ? ENOTDIR : ENOENT;
        return io_error(number, "open directory " + path.string());
      }
      place.node = found->second;
    }
    return std::make_shared<MemoryDirectory>(std::move(place), path);
  }

 private:
  const Place root_{std::make_shared<Mutex>(), std::make_shared<Node>()};
};

}  // namespace

std::shared_ptr<FileSystem> memory_file_system() { return std::make_shared<MemoryFileSystem>(); }

}  // namespace varve
