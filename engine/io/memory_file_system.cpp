#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/base/mutex.hpp"
#include "engine/io/io_error.hpp"
#include "varve/file_system.hpp"
#include "varve/try.hpp"

namespace varve {

namespace {

using engine::io_error;
using engine::Lock;
using engine::Mutex;
using std::filesystem::path;

/// What a name stands for. Open files share it, so it outlives the name.
class Content {
 public:
  /// False where it ends too early.
  bool read(std::uint64_t offset, std::span<std::byte> target) const {
    const Lock lock(mutex_);
    if (offset > bytes_.size() || target.size() > bytes_.size() - offset) return false;
    std::ranges::copy(std::span(bytes_).subspan(offset, target.size()), target.begin());
    return true;
  }

  /// False where no memory could hold it.
  bool write(std::uint64_t offset, std::span<const std::span<const std::byte>> pieces) {
    std::size_t size = 0;
    for (const auto piece : pieces) size += piece.size();
    if (size == 0) return true;
    const Lock lock(mutex_);
    if (size > bytes_.max_size() || offset > bytes_.max_size() - size) return false;
    if (offset + size > bytes_.size()) bytes_.resize(offset + size);
    auto at = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
    for (const auto piece : pieces) at = std::ranges::copy(piece, at).out;
    return true;
  }

  void truncate(std::uint64_t size) {
    const Lock lock(mutex_);
    bytes_.resize(std::min<std::uint64_t>(size, bytes_.size()));
  }

  std::uint64_t size() const {
    const Lock lock(mutex_);
    return bytes_.size();
  }

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

  Status close() override {
    if (!std::exchange(content_, nullptr)) return io_error(EBADF, "close " + name_);
    return {};
  }

 private:
  std::shared_ptr<Content> content_;  // None once closed.
  const std::string name_;
  const bool writable_;
};

/// All names, as absolute paths below one root. Directories can be neither renamed nor removed.
class Tree {
 public:
  Result<std::shared_ptr<Content>> open(const std::string& name, bool create) {
    const char* const operation = create ? "create " : "open ";
    const Lock lock(mutex_);
    VARVE_CHECK(parent_exists(operation, name));
    if (directories_.contains(name)) {
      return io_error(create ? EEXIST : EISDIR, operation + name);
    }
    const auto found = files_.find(name);
    if (create && found != files_.end()) return io_error(EEXIST, operation + name);
    if (!create && found == files_.end()) return io_error(ENOENT, operation + name);
    if (!create) return found->second;
    return files_.emplace(name, std::make_shared<Content>()).first->second;
  }

  bool exists(const std::string& name) {
    const Lock lock(mutex_);
    return files_.contains(name) || directories_.contains(name);
  }

  Status remove(const std::string& name) {
    const Lock lock(mutex_);
    VARVE_CHECK(is_file("remove ", name));
    files_.erase(name);
    return {};
  }

  Status rename(const std::string& from, const std::string& to) {
    const Lock lock(mutex_);
    const std::string where = "rename " + from + " to " + to;
    VARVE_CHECK(is_file("rename ", from));
    VARVE_CHECK(parent_exists("rename ", to));
    if (directories_.contains(to)) return io_error(EISDIR, where);
    if (from == to) return {};
    files_.insert_or_assign(to, std::move(files_.at(from)));
    files_.erase(from);
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& directory) {
    const Lock lock(mutex_);
    VARVE_CHECK(is_directory("list ", directory));
    std::vector<std::string> names;
    const auto add = [&](const path& name) {
      if (name.has_filename() && name.parent_path() == directory) {
        names.push_back(name.filename().string());
      }
    };
    for (const auto& [name, content] : files_) add(name);
    for (const std::string& name : directories_) add(name);
    return names;
  }

  Status create_directory(const std::string& name) {
    const Lock lock(mutex_);
    if (directories_.contains(name)) return {};
    VARVE_CHECK(parent_exists("create directory ", name));
    if (files_.contains(name)) return io_error(ENOTDIR, "create directory " + name);
    directories_.insert(name);
    return {};
  }

  Status sync_directory(const std::string& name) {
    const Lock lock(mutex_);
    return is_directory("sync directory ", name);
  }

  Status lock(const std::string& name) {
    const Lock lock(mutex_);
    VARVE_CHECK(parent_exists("lock ", name));
    if (directories_.contains(name)) return io_error(EISDIR, "lock " + name);
    if (!locked_.insert(name).second) {
      return fail(Errc::locked, "lock " + name + ": held by pid " + std::to_string(::getpid()) +
                                    " (this process)");
    }
    if (!files_.contains(name)) files_.emplace(name, std::make_shared<Content>());
    return {};
  }

  void unlock(const std::string& name) {
    const Lock lock(mutex_);
    locked_.erase(name);
  }

 private:
  Status is_file(const char* operation, const std::string& name) const VARVE_REQUIRES(mutex_) {
    if (files_.contains(name)) return {};
    return io_error(directories_.contains(name) ? EISDIR : ENOENT, operation + name);
  }

  Status is_directory(const char* operation, const std::string& name) const VARVE_REQUIRES(mutex_) {
    if (directories_.contains(name)) return {};
    return io_error(files_.contains(name) ? ENOTDIR : ENOENT, operation + name);
  }

  Status parent_exists(const char* operation, const std::string& name) const
      VARVE_REQUIRES(mutex_) {
    const std::string parent = path(name).parent_path().string();
    if (directories_.contains(parent)) return {};
    return io_error(files_.contains(parent) ? ENOTDIR : ENOENT, operation + name);
  }

  Mutex mutex_;
  std::map<std::string, std::shared_ptr<Content>> files_ VARVE_GUARDED_BY(mutex_);
  std::set<std::string> directories_ VARVE_GUARDED_BY(mutex_) = {"/"};
  std::set<std::string> locked_ VARVE_GUARDED_BY(mutex_);
};

class MemoryFileLock final : public FileLock {
 public:
  MemoryFileLock(std::shared_ptr<Tree> tree, std::string name)
      : tree_(std::move(tree)), name_(std::move(name)) {}
  ~MemoryFileLock() override { tree_->unlock(name_); }

 private:
  const std::shared_ptr<Tree> tree_;
  const std::string name_;
};

class MemoryFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const path& name, OpenMode mode) override {
    VARVE_TRY(auto content, tree_->open(resolve(name), mode == OpenMode::create));
    return std::make_unique<MemoryFile>(std::move(content), name.string(), mode != OpenMode::read);
  }
  Result<bool> exists(const path& name) override { return tree_->exists(resolve(name)); }
  Status remove(const path& name) override { return tree_->remove(resolve(name)); }
  Status rename(const path& from, const path& to) override {
    return tree_->rename(resolve(from), resolve(to));
  }
  Result<std::vector<std::string>> list(const path& directory) override {
    return tree_->list(resolve(directory));
  }
  Status create_directory(const path& name) override {
    return tree_->create_directory(resolve(name));
  }
  Status sync_directory(const path& name) override { return tree_->sync_directory(resolve(name)); }
  Result<std::unique_ptr<FileLock>> lock(const path& name) override {
    VARVE_CHECK(tree_->lock(resolve(name)));
    return std::make_unique<MemoryFileLock>(tree_, resolve(name));
  }

 private:
  /// One spelling for each name: "db", "./db/" and "/db" are the same.
  static std::string resolve(const path& name) {
    std::string text = ("/" / name).lexically_normal().string();
    if (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
  }

  const std::shared_ptr<Tree> tree_ = std::make_shared<Tree>();
};

}  // namespace

std::shared_ptr<FileSystem> memory_file_system() { return std::make_shared<MemoryFileSystem>(); }

}  // namespace varve
