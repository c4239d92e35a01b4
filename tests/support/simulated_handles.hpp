// What is open on a SimulatedDisk.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/io/directory_names.hpp"
#include "tests/support/simulated_disk_state.hpp"

namespace varve::test {

inline std::string position(const char* operation, const std::string& path, std::uint64_t offset) {
  return std::string(operation) + ' ' + path + " @ " + std::to_string(offset);
}

class SimulatedDisk::OpenFile final : public File {
 public:
  /// The caller has counted the handle.
  OpenFile(std::shared_ptr<State> state, std::shared_ptr<Inode> inode, std::string path,
           bool writable, WriteCause cause)
      : state_(std::move(state)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        writable_(writable),
        cause_(cause) {}
  ~OpenFile() override { drop_handle(); }

  Status read_at(std::uint64_t offset, std::span<std::byte> target) const override {
    const std::string where = position("read", path_, offset);
    if (!inode_) return io_error(EBADF, where);
    return state_->run(Call::read, path_, where, [&](Disk&) -> Status {
      const std::uint64_t size = inode_->content.size();
      if (target.empty()) return {};
      if (offset > size || target.size() > size - offset) {
        return varve::fail(Errc::corruption, where + ": ends too early");
      }
      std::ranges::copy(inode_->content.bytes().subspan(offset, target.size()), target.begin());
      return {};
    });
  }

  Status write_at(std::uint64_t offset,
                  std::span<const std::span<const std::byte>> pieces) override {
    const std::string where = position("write", path_, offset);
    if (!inode_ || !writable_) return io_error(EBADF, where);
    engine::Bytes source;
    for (const auto piece : pieces) source.insert(source.end(), piece.begin(), piece.end());
    if (offset > source.max_size() - source.size()) return io_error(EFBIG, where);
    return state_->run(
        Call::write, path_, where,
        [&](Disk& disk) {
          disk.written[cause_.reason] += source.size();
          return disk.write(*inode_, offset, source, source.size(), where);
        },
        [&](Disk& disk) {
          [[maybe_unused]] const Status half =
              disk.write(*inode_, offset, source, source.size() / 2, where);
        });
  }

  Status truncate(std::uint64_t size) override {
    const std::string where = position("truncate", path_, size);
    if (!inode_ || !writable_) return io_error(EBADF, where);
    return state_->run(Call::truncate, path_, where, [&](Disk& disk) -> Status {
      disk.truncate(*inode_, size);
      return {};
    });
  }

  Status sync() override {
    const std::string where = "sync " + path_;
    if (!inode_) return io_error(EBADF, where);
    return state_->run(
        Call::sync, path_, where,
        [&](Disk&) -> Status {
          inode_->content.sync();
          return {};
        },
        [&](Disk&) { inode_->content.fail_sync(); });
  }

  Result<std::uint64_t> size() const override {
    const std::string where = "size of " + path_;
    if (!inode_) return io_error(EBADF, where);
    std::uint64_t size = 0;
    VARVE_CHECK(state_->run(Call::size, path_, where, [&](Disk&) -> Status {
      size = inode_->content.size();
      return {};
    }));
    return size;
  }

  Result<std::uint64_t> links() const override {
    const std::string where = "links of " + path_;
    if (!inode_) return io_error(EBADF, where);
    std::uint64_t links = 0;
    VARVE_CHECK(state_->run(Call::size, path_, where, [&](Disk&) -> Status {
      links = static_cast<std::uint64_t>(inode_->names);
      return {};
    }));
    return links;
  }

  Status close() override {
    if (!inode_) return io_error(EBADF, "close " + path_);
    drop_handle();
    inode_.reset();
    return {};
  }

 private:
  void drop_handle() {
    if (!inode_) return;
    state_->at_rest([&](Disk& disk) {
      --inode_->handles;
      disk.release(*inode_);
    });
  }

  const std::shared_ptr<State> state_;
  std::shared_ptr<Inode> inode_;  // None once closed. What it points to is guarded by the state.
  const std::string path_;
  const bool writable_;
  const WriteCause cause_;
};

class SimulatedDisk::HeldLock final : public FileLock {
 public:
  HeldLock(std::shared_ptr<State> state, std::shared_ptr<Inode> inode, std::string path,
           std::string where)
      : state_(std::move(state)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        where_(std::move(where)) {}
  ~HeldLock() override {
    state_->at_rest([&](Disk& disk) {
      inode_->locked = false;
      --inode_->handles;
      disk.release(*inode_);
    });
  }

  void note(std::string_view line, bool durable) const override {
    const std::string text = "the holder\n" + std::string(line) + '\n';
    const Status written = state_->run(Call::write, path_, where_, [&](Disk& disk) -> Status {
      disk.truncate(*inode_, 0);
      return disk.write(*inode_, 0, engine::as_bytes(text), text.size(), where_);
    });
    if (!written || !durable) return;
    std::ignore = state_->run(Call::sync, path_, where_, [&](Disk&) -> Status {
      inode_->content.sync();
      return {};
    });
  }

  Status check() const override {
    return state_->run(Call::exists, path_, where_, [&](Disk& disk) -> Status {
      const Inode* const found = disk.find(path_);
      if (found == inode_.get()) return {};
      const char* const what = found == nullptr ? "removed it" : "put another file in its place";
      return varve::fail(Errc::locked, where_ + ": somebody " + what +
                                           ", so another process may have the database open too");
    });
  }

 private:
  const std::shared_ptr<State> state_;
  const std::shared_ptr<Inode> inode_;
  const std::string path_;
  const std::string where_;
};

/// Every call goes to the disk, by the path below the root.
class SimulatedDisk::OpenDirectory final : public Directory {
 public:
  OpenDirectory(std::shared_ptr<State> state, std::filesystem::path path)
      : disk_(std::move(state)), path_(std::move(path)) {}

  const std::filesystem::path& path() const override { return path_; }

  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode,
                                     WriteCause cause) override {
    return disk_.open(path_of(name), mode, cause);
  }
  Result<bool> exists(const std::string& name) override { return disk_.exists(path_of(name)); }
  Status remove(const std::string& name) override { return disk_.remove(path_of(name)); }
  using Directory::rename;
  Status rename(const std::string& from, Directory& target, const std::string& to) override {
    if (!is_ours(target)) return io_error(EXDEV, "rename " + path_of(from).string());
    return disk_.rename(path_of(from), path_of(target, to));
  }
  Status link(const std::string& from, Directory& target, const std::string& to) override {
    if (!is_ours(target)) return io_error(EXDEV, "link " + path_of(from).string());
    return disk_.link(path_of(from), path_of(target, to));
  }
  Result<std::vector<std::string>> list() override { return disk_.list(path_); }
  Status sync() override { return disk_.sync_directory(path_); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& name) override {
    return disk_.lock(path_of(name));
  }
  Result<std::optional<std::string>> locked_by(const std::string& name) override {
    const std::string path = resolve(path_of(name));
    std::optional<std::string> holder;
    VARVE_CHECK(disk_.state_->run(Call::exists, path, "lock " + path, [&](Disk& disk) -> Status {
      const Inode* const found = disk.find(path);
      if (found != nullptr && found->locked) holder = "pid " + std::to_string(::getpid());
      return {};
    }));
    return holder;
  }
  Status create_directory(const std::string& name) override {
    return disk_.create_directory(path_of(name));
  }
  Result<std::shared_ptr<Directory>> open_directory(const std::string& name) override {
    return disk_.open_directory(path_of(name));
  }
  Result<std::uint64_t> free_bytes() override {
    std::uint64_t room = 0;
    VARVE_CHECK(disk_.state_->run(Call::free_bytes, resolve(path_),
                                  "free space of " + path_.string(), [&](Disk& disk) -> Status {
                                    room = disk.capacity
                                               ? disk.room()
                                               : std::numeric_limits<std::uint64_t>::max();
                                    return {};
                                  }));
    return room;
  }
  Result<bool> is_there() override { return disk_.exists(path_); }

 private:
  bool is_ours(const Directory& other) const {
    const auto* const simulated = dynamic_cast<const OpenDirectory*>(&other);
    return simulated != nullptr && simulated->disk_.state_ == disk_.state_;
  }
  std::filesystem::path path_of(const std::string& name) const { return path_of(*this, name); }
  static std::filesystem::path path_of(const Directory& directory, const std::string& name) {
    VARVE_ASSERT(engine::is_name(name));
    return engine::path_in(directory.path(), name);
  }

  SimulatedDisk disk_;  // The same state.
  const std::filesystem::path path_;
};

}  // namespace varve::test
