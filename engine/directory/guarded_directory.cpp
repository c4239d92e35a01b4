#include "engine/directory/guarded_directory.hpp"

#include <utility>

#include "engine/directory/forwarding.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

/// The lock, which its owner lets go of when the database closes: nothing may change then.
class Guard {
 public:
  explicit Guard(std::weak_ptr<const FileLock> lock) : lock_(std::move(lock)) {}

  /// The lock, which is held for as long as somebody has it.
  Result<std::shared_ptr<const FileLock>> hold() const {
    std::shared_ptr<const FileLock> held = lock_.lock();
    if (!held) return fail(Errc::closed, "the lock of the database was given up");
    VARVE_CHECK(held->check());
    return held;
  }
  Status check() const {
    VARVE_CHECK(hold());
    return {};
  }

 private:
  std::weak_ptr<const FileLock> lock_;
};

class GuardedFile final : public ForwardingFile {
 public:
  GuardedFile(std::unique_ptr<File> file, Guard guard, WriteCause cause)
      : ForwardingFile(std::move(file)),
        guard_(std::move(guard)),
        is_manifest_(cause.reason == WriteReason::manifest) {}

  Status write_at(std::uint64_t offset,
                  std::span<const std::span<const std::byte>> pieces) override {
    if (is_manifest_) VARVE_CHECK(guard_.check());
    return ForwardingFile::write_at(offset, pieces);
  }
  Status sync() override {
    VARVE_CHECK(ForwardingFile::sync());
    return guard_.check();
  }

 private:
  const Guard guard_;
  const bool is_manifest_;
};

class GuardedDirectory final : public ForwardingDirectory {
 public:
  GuardedDirectory(std::shared_ptr<Directory> directory, Guard guard)
      : ForwardingDirectory(std::move(directory)), guard_(std::move(guard)) {}

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                     WriteCause cause) override {
    if (mode == OpenMode::create) VARVE_CHECK(guard_.check());
    auto opened = ForwardingDirectory::open(name, mode, cause);
    if (!opened || mode == OpenMode::read) return opened;
    return std::make_unique<GuardedFile>(*std::move(opened), guard_, cause);
  }
  Status remove(const std::string& name) override {
    VARVE_TRY(const auto held, guard_.hold());
    return ForwardingDirectory::remove(name);
  }
  using Directory::rename;
  Status rename(const std::string& from, Directory& target, const std::string& to) override {
    VARVE_TRY(const auto held, guard_.hold());
    return ForwardingDirectory::rename(from, target, to);
  }
  Status link(const std::string& from, Directory& target, const std::string& to) override {
    VARVE_TRY(const auto held, guard_.hold());
    return ForwardingDirectory::link(from, target, to);
  }

 private:
  const Guard guard_;
};

}  // namespace

std::shared_ptr<Directory> guarded_directory(std::shared_ptr<Directory> directory,
                                             std::weak_ptr<const FileLock> lock) {
  return std::make_shared<GuardedDirectory>(std::move(directory), Guard(std::move(lock)));
}

}  // namespace varve::engine
