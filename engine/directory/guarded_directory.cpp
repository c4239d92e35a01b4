#include "engine/directory/guarded_directory.hpp"

#include <utility>

#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// The lock, which its owner lets go of when the database closes: nothing may change then.
class Guard {
 public:
  explicit Guard(std::weak_ptr<const FileLock> lock) : lock_(std::move(lock)) {}

  Status check() const {
    const std::shared_ptr<const FileLock> held = lock_.lock();
    return held ? held->check() : fail(Errc::closed, "the lock of the database was given up");
  }

 private:
  std::weak_ptr<const FileLock> lock_;
};

class GuardedFile final : public File {
 public:
  GuardedFile(std::unique_ptr<File> file, Guard guard, WriteCause cause)
      : file_(std::move(file)),
        guard_(std::move(guard)),
        is_manifest_(cause.reason == WriteReason::manifest) {}

  Status read_at(std::uint64_t offset, std::span<std::byte> target) const override {
    return file_->read_at(offset, target);
  }
  Status write_at(std::uint64_t offset,
                  std::span<const std::span<const std::byte>> pieces) override {
    if (is_manifest_) VARVE_CHECK(guard_.check());
    return file_->write_at(offset, pieces);
  }
  Status truncate(std::uint64_t size) override { return file_->truncate(size); }
  Status sync() override {
    VARVE_CHECK(file_->sync());
    return guard_.check();
  }
  void write_back(std::uint64_t offset, std::uint64_t size) override {
    file_->write_back(offset, size);
  }
  Result<std::uint64_t> size() const override { return file_->size(); }
  Result<std::uint64_t> links() const override { return file_->links(); }
  Status close() override { return file_->close(); }

 private:
  const std::unique_ptr<File> file_;
  const Guard guard_;
  const bool is_manifest_;
};

class GuardedDirectory final : public Directory {
 public:
  GuardedDirectory(std::shared_ptr<Directory> directory, Guard guard)
      : directory_(std::move(directory)), guard_(std::move(guard)) {}

  const std::filesystem::path& path() const override { return directory_->path(); }

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                     WriteCause cause) override {
    if (mode == OpenMode::create) VARVE_CHECK(guard_.check());
    auto opened = directory_->open(name, mode, cause);
    if (!opened || mode == OpenMode::read) return opened;
    return std::make_unique<GuardedFile>(*std::move(opened), guard_, cause);
  }
  Result<bool> exists(const std::string& name) override { return directory_->exists(name); }
  Status remove(const std::string& name) override {
    VARVE_CHECK(guard_.check());
    return directory_->remove(name);
  }
  using Directory::rename;
  Status rename(const std::string& from, Directory& target, const std::string& to) override {
    VARVE_CHECK(guard_.check());
    return directory_->rename(from, below(target), to);
  }
  Status link(const std::string& from, Directory& target, const std::string& to) override {
    VARVE_CHECK(guard_.check());
    return directory_->link(from, below(target), to);
  }
  Result<std::vector<std::string>> list() override { return directory_->list(); }
  Status sync() override { return directory_->sync(); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& name) override {
    return directory_->lock(name);
  }
  Result<std::optional<std::string>> locked_by(const std::string& name) override {
    return directory_->locked_by(name);
  }
  Status create_directory(const std::string& name) override {
    return directory_->create_directory(name);
  }
  Result<std::shared_ptr<Directory>> open_directory(const std::string& name) override {
    return directory_->open_directory(name);
  }
  Result<std::uint64_t> free_bytes() override { return directory_->free_bytes(); }
  Result<bool> is_there() override { return directory_->is_there(); }

 private:
  /// What a file system knows a directory by.
  static Directory& below(Directory& directory) {
    auto* const guarded = dynamic_cast<GuardedDirectory*>(&directory);
    return guarded == nullptr ? directory : *guarded->directory_;
  }

  const std::shared_ptr<Directory> directory_;
  const Guard guard_;
};

}  // namespace

std::shared_ptr<Directory> guarded_directory(std::shared_ptr<Directory> directory,
                                             std::weak_ptr<const FileLock> lock) {
  return std::make_shared<GuardedDirectory>(std::move(directory), Guard(std::move(lock)));
}

}  // namespace varve::engine
