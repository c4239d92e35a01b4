#include "engine/directory/guarded_directory.hpp"

#include <utility>

#include "engine/directory/forwarding.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

class GuardedFile final : public ForwardingFile {
 public:
  GuardedFile(std::unique_ptr<File> file, std::shared_ptr<DatabaseLock> lock, WriteCause cause)
      : ForwardingFile(std::move(file)),
        lock_(std::move(lock)),
        is_manifest_(cause.reason == WriteReason::manifest) {}

  Status write_at(std::uint64_t offset,
                  std::span<const std::span<const std::byte>> pieces) override {
    if (is_manifest_) VARVE_CHECK(lock_->check());
    return ForwardingFile::write_at(offset, pieces);
  }
  Status sync() override {
    VARVE_CHECK(ForwardingFile::sync());
    return lock_->check();
  }

 private:
  const std::shared_ptr<DatabaseLock> lock_;
  const bool is_manifest_;
};

class GuardedDirectory final : public ForwardingDirectory {
 public:
  GuardedDirectory(std::shared_ptr<Directory> directory, std::shared_ptr<DatabaseLock> lock)
      : ForwardingDirectory(std::move(directory)), lock_(std::move(lock)) {}

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                     WriteCause cause) override {
    if (mode == OpenMode::create) VARVE_CHECK(lock_->check());
    auto opened = ForwardingDirectory::open(name, mode, cause);
    if (!opened || mode == OpenMode::read) return opened;
    return std::make_unique<GuardedFile>(*std::move(opened), lock_, cause);
  }
  Status remove(const std::string& name) override {
    return lock_->while_held([&] { return ForwardingDirectory::remove(name); });
  }
  using Directory::rename;
  Status rename(const std::string& from, Directory& target, const std::string& to) override {
    return lock_->while_held([&] { return ForwardingDirectory::rename(from, target, to); });
  }
  Status link(const std::string& from, Directory& target, const std::string& to) override {
    return lock_->while_held([&] { return ForwardingDirectory::link(from, target, to); });
  }

 private:
  const std::shared_ptr<DatabaseLock> lock_;
};

}  // namespace

std::shared_ptr<Directory> guarded_directory(std::shared_ptr<Directory> directory,
                                             std::shared_ptr<DatabaseLock> lock) {
  return std::make_shared<GuardedDirectory>(std::move(directory), std::move(lock));
}

}  // namespace varve::engine
