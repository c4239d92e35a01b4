#include "tests/support/simulated_disk.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/base/mutex.hpp"
#include "engine/io/io_error.hpp"
#include "tests/support/random.hpp"
#include "tests/support/simulated_content.hpp"
#include "tests/support/simulated_names.hpp"
#include "varve/try.hpp"

namespace varve::test {

namespace {

using engine::Bytes;
using engine::io_error;
using engine::Lock;
using engine::Mutex;
using Verdict = FaultPlan::Verdict;

/// One spelling for each name: "db", "./db/" and "/db" are the same.
std::string resolve(const std::filesystem::path& path) {
  std::string text = ("/" / path).lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string position(const char* operation, const std::string& path, std::uint64_t offset) {
  return std::string(operation) + ' ' + path + " @ " + std::to_string(offset);
}

/// All of a disk but its lock: what is where, and what it costs.
struct Disk {
  explicit Disk(std::size_t sector) : sector_size(sector) {}

  Inode* find(const std::string& path) const {
    const auto found = names.current().find(path);
    return found == names.current().end() ? nullptr : found->second.get();
  }

  Inode& file_at_rest(const std::string& path) const {
    Inode* const inode = find(path);
    if (inode == nullptr || inode->is_directory) throw std::invalid_argument("no file " + path);
    return *inode;
  }

  std::vector<std::string> names_in(const std::string& directory) const {
    std::vector<std::string> result;
    for (const auto& [path, inode] : names.current()) {
      if (path != "/" && parent_of(path) == directory) {
        result.push_back(std::filesystem::path(path).filename().string());
      }
    }
    return result;
  }

  std::shared_ptr<Inode> make_inode(bool is_directory) const {
    return std::make_shared<Inode>(Inode{is_directory, SimulatedContent(sector_size)});
  }

  std::uint64_t cost(std::uint64_t size) const {
    return (size + sector_size - 1) / sector_size * sector_size;
  }
  std::uint64_t room() const { return !capacity ? ~used : *capacity > used ? *capacity - used : 0; }

  Status need_directory(const std::string& path, const std::string& where) const {
    const Inode* const inode = find(path);
    if (inode == nullptr) return io_error(ENOENT, where);
    if (!inode->is_directory) return io_error(ENOTDIR, where);
    return {};
  }

  Status need_file(const std::string& path, const std::string& where) const {
    VARVE_CHECK(need_directory(parent_of(path), where));
    const Inode* const inode = find(path);
    if (inode == nullptr) return io_error(ENOENT, where);
    if (inode->is_directory) return io_error(EISDIR, where);
    return {};
  }

  Status create(const std::string& path, bool is_directory, const std::string& where) {
    VARVE_CHECK(need_directory(parent_of(path), where));
    if (find(path) != nullptr) return io_error(EEXIST, where);
    if (room() < sector_size) return io_error(ENOSPC, where);
    used += sector_size;
    names.create(path, make_inode(is_directory));
    return {};
  }

  /// As much as fits, and of it only the first `limit` bytes.
  Status write(Inode& inode, std::uint64_t offset, engine::ByteSpan source, std::uint64_t limit,
               const std::string& where) {
    const std::uint64_t size = inode.content.size();
    const std::uint64_t room_end = cost(size) + room() / sector_size * sector_size;
    const std::uint64_t end = offset + source.size();
    const bool fits = end <= size || end <= room_end;
    const std::uint64_t taken = fits ? source.size() : room_end - std::min(room_end, offset);
    inode.content.write(offset, source.first(std::min(taken, limit)));
    used += cost(inode.content.size()) - cost(size);
    if (!fits) return io_error(ENOSPC, where);
    return {};
  }

  void truncate(Inode& inode, std::uint64_t size) {
    used -= cost(inode.content.size());
    inode.content.truncate(size);
    used += cost(inode.content.size());
  }

  /// The last step of whatever takes a name or a handle away.
  void release(const Inode& inode) {
    if (inode.names > 0 || inode.handles > 0) return;
    used -= cost(inode.content.size());
    freed.add(inode.content.bytes(), sector_size);
  }

  void remove(const std::string& path) {
    const std::shared_ptr<Inode> inode = names.current().at(path);
    names.remove(path);
    used -= sector_size;
    release(*inode);
  }

  void rename(const std::string& from, const std::string& to) {
    const auto found = names.current().find(to);
    const std::shared_ptr<Inode> replaced =
        found == names.current().end() ? nullptr : found->second;
    names.rename(from, to);
    if (!replaced) return;
    used -= sector_size;
    release(*replaced);
  }

  std::size_t sector_size;
  SimulatedNames names;
  FreedSectors freed;
  FaultPlan plan;
  std::set<std::string> locks;
  std::uint64_t boot = 1;  // Of the machine; another one after each power cut.
  std::optional<std::uint64_t> capacity;
  std::uint64_t used = 0;
  std::string cut_in;
};

}  // namespace

/// Every call goes through run(): one at a time, and each ruled on by the fault plan.
class SimulatedDisk::State {
 public:
  using Hook = std::function<void(Call, const std::string&)>;

  explicit State(Disk disk) : disk_(std::move(disk)) {}

  /// Calls `effect(disk)`, unless the call fails by a fault, which calls `on_fault(disk)`.
  template <class Effect, class OnFault>
  Status run(Call call, const std::string& path, const std::string& where, Effect effect,
             OnFault on_fault) {
    {
      const Lock lock(mutex_);
      VARVE_CHECK(rule(disk_, call, path, where, effect, on_fault));
    }
    if (!hook_) return {};
    hook_(call, path);
    const Lock lock(mutex_);
    if (disk_.plan.power_is_off()) return power_is_off(where);
    return {};
  }
  template <class Effect>
  Status run(Call call, const std::string& path, const std::string& where, Effect effect) {
    return run(call, path, where, std::move(effect), [](Disk&) {});
  }

  /// Calls `work(disk)` and gives what it gives, past the fault plan.
  template <class Work>
  auto at_rest(Work work) {
    const Lock lock(mutex_);
    return work(disk_);
  }

  void set_hook(Hook hook) { hook_ = std::move(hook); }

 private:
  template <class Effect, class OnFault>
  static Status rule(Disk& disk, Call call, const std::string& path, const std::string& where,
                     Effect& effect, OnFault& on_fault) {
    const FaultPlan::Ruling ruling = disk.plan.next(call, path);
    switch (ruling.verdict) {
      case Verdict::done: return effect(disk);
      case Verdict::failed: on_fault(disk); return io_error(ruling.error_number, where);
      case Verdict::off: return power_is_off(where);
      case Verdict::cut_short: break;
    }
    disk.cut_in = where;
    // The change is begun, and lies there unsynced. A sync that does not return has done nothing
    // that could be counted on: the image decides what reached the disk.
    if (call != Call::sync && call != Call::sync_directory) static_cast<void>(effect(disk));
    return power_is_off(where);
  }

  static std::unexpected<Error> power_is_off(const std::string& where) {
    return io_error(EIO, where + ": the power is off");
  }

  Mutex mutex_;
  Disk disk_ VARVE_GUARDED_BY(mutex_);
  Hook hook_;  // Constant once the disk is shared.
};

class SimulatedDisk::OpenFile final : public File {
 public:
  /// The caller has counted the handle.
  OpenFile(std::shared_ptr<State> state, std::shared_ptr<Inode> inode, std::string path,
           bool writable)
      : state_(std::move(state)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        writable_(writable) {}
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
    Bytes source;
    for (const auto piece : pieces) source.insert(source.end(), piece.begin(), piece.end());
    if (offset > source.max_size() - source.size()) return io_error(EFBIG, where);
    return state_->run(
        Call::write, path_, where,
        [&](Disk& disk) { return disk.write(*inode_, offset, source, source.size(), where); },
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
};

class SimulatedDisk::HeldLock final : public FileLock {
 public:
  HeldLock(std::shared_ptr<State> state, std::string path)
      : state_(std::move(state)), path_(std::move(path)) {}
  ~HeldLock() override {
    state_->at_rest([&](Disk& disk) { disk.locks.erase(path_); });
  }

 private:
  const std::shared_ptr<State> state_;
  const std::string path_;
};

std::string PowerCut::describe() const {
  switch (kind_) {
    case Kind::lose_unsynced: return "lose_unsynced";
    case Kind::keep_all: return "keep_all";
    case Kind::random: return "random(" + std::to_string(seed_) + ')';
  }
  std::unreachable();
}

SimulatedDisk::SimulatedDisk(std::size_t sector_size) {
  Disk disk(sector_size);
  disk.names = SimulatedNames(NameMap{{"/", disk.make_inode(true)}});
  state_ = std::make_shared<State>(std::move(disk));
}

SimulatedDisk::SimulatedDisk(std::shared_ptr<State> state) : state_(std::move(state)) {}

SimulatedDisk::~SimulatedDisk() = default;

std::shared_ptr<SimulatedDisk> SimulatedDisk::after(const PowerCut& cut) const {
  Random random(cut.seed_);
  // Some cuts lose nearly everything, and some nearly nothing: both find other bugs than the
  // middle.
  const double kept = std::array{0.1, 0.5, 0.9}[random.below(3)];
  return state_->at_rest([&](Disk& disk) {
    const auto survivors = [&]() -> NameMap {
      switch (cut.kind_) {
        case PowerCut::Kind::lose_unsynced: return disk.names.synced();
        case PowerCut::Kind::keep_all: return disk.names.current();
        case PowerCut::Kind::random: return disk.names.surviving(random, kept);
      }
      std::unreachable();
    }();
    const auto bytes_of = [&](const SimulatedContent& content) -> Bytes {
      switch (cut.kind_) {
        case PowerCut::Kind::lose_unsynced: return content.synced();
        case PowerCut::Kind::keep_all: return {content.bytes().begin(), content.bytes().end()};
        case PowerCut::Kind::random: return content.surviving(random, kept, disk.freed);
      }
      std::unreachable();
    };
    Disk image(disk.sector_size);
    NameMap names;
    for (const auto& [path, inode] : survivors) {
      const auto copy = image.make_inode(inode->is_directory);
      copy->content.set(bytes_of(inode->content));
      copy->names = 1;
      image.used += image.cost(copy->content.size()) + (path == "/" ? 0 : image.sector_size);
      names.emplace(path, copy);
    }
    image.names = SimulatedNames(std::move(names));
    image.freed = disk.freed;
    image.boot = disk.boot + 1;
    image.capacity = disk.capacity;
    return std::shared_ptr<SimulatedDisk>(
        new SimulatedDisk(std::make_shared<State>(std::move(image))));
  });
}

void SimulatedDisk::cut_power_at(std::uint64_t n) {
  state_->at_rest([&](Disk& disk) { disk.plan.cut_power_at(n); });
}
void SimulatedDisk::cut_power() {
  state_->at_rest([](Disk& disk) { disk.plan.cut_power(); });
}
bool SimulatedDisk::power_is_off() const {
  return state_->at_rest([](Disk& disk) { return disk.plan.power_is_off(); });
}
std::string SimulatedDisk::cut_in() const {
  return state_->at_rest([](Disk& disk) { return disk.cut_in; });
}

void SimulatedDisk::fail(Fault fault) {
  state_->at_rest([&](Disk& disk) { disk.plan.add(std::move(fault)); });
}
void SimulatedDisk::clear_faults() {
  state_->at_rest([](Disk& disk) { disk.plan.clear(); });
}
std::uint64_t SimulatedDisk::failures() const {
  return state_->at_rest([](Disk& disk) { return disk.plan.failures(); });
}
std::uint64_t SimulatedDisk::calls(Call call) const {
  return state_->at_rest([&](Disk& disk) { return disk.plan.calls(call); });
}
std::uint64_t SimulatedDisk::changes() const {
  return state_->at_rest([](Disk& disk) { return disk.plan.changes(); });
}

void SimulatedDisk::set_capacity(std::uint64_t bytes) {
  state_->at_rest([&](Disk& disk) { disk.capacity = bytes; });
}
std::uint64_t SimulatedDisk::used() const {
  return state_->at_rest([](Disk& disk) { return disk.used; });
}

void SimulatedDisk::slow_syncs(std::chrono::nanoseconds delay) {
  on_call([delay](Call call, const std::string&) {
    if (call == Call::sync) std::this_thread::sleep_for(delay);
  });
}
void SimulatedDisk::on_call(std::function<void(Call, const std::string&)> hook) {
  state_->set_hook(std::move(hook));
}

std::vector<std::string> SimulatedDisk::names(const std::filesystem::path& directory) const {
  const std::string path = resolve(directory);
  return state_->at_rest([&](Disk& disk) {
    const Inode* const inode = disk.find(path);
    if (inode == nullptr || !inode->is_directory) {
      throw std::invalid_argument("no directory " + path);
    }
    return disk.names_in(path);
  });
}

engine::Bytes SimulatedDisk::content(const std::filesystem::path& path) const {
  return state_->at_rest([&](Disk& disk) {
    const auto bytes = disk.file_at_rest(resolve(path)).content.bytes();
    return Bytes(bytes.begin(), bytes.end());
  });
}

void SimulatedDisk::set_content(const std::filesystem::path& path, engine::Bytes bytes) {
  const std::string name = resolve(path);
  state_->at_rest([&](Disk& disk) {
    if (disk.find(name) == nullptr) {
      disk.need_directory(parent_of(name), name).value();
      disk.used += disk.sector_size;
      disk.names.create(name, disk.make_inode(false));
      disk.names.sync_directory(parent_of(name));
    }
    Inode& inode = disk.file_at_rest(name);
    disk.used += disk.cost(bytes.size()) - disk.cost(inode.content.size());
    inode.content.set(std::move(bytes));
  });
}

void SimulatedDisk::resize(const std::filesystem::path& path, std::uint64_t size) {
  Bytes bytes = content(path);
  bytes.resize(size);
  set_content(path, std::move(bytes));
}

void SimulatedDisk::flip_bit(const std::filesystem::path& path, std::uint64_t bit) {
  Bytes bytes = content(path);
  bytes.at(bit / 8) ^= std::byte{1} << (bit % 8);
  set_content(path, std::move(bytes));
}

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::filesystem::path& path,
                                                  OpenMode mode) {
  const bool create = mode == OpenMode::create;
  const std::string name = resolve(path);
  const std::string where = (create ? "create " : "open ") + path.string();
  std::shared_ptr<Inode> inode;
  const auto effect = [&](Disk& disk) -> Status {
    if (create) VARVE_CHECK(disk.create(name, false, where));
    VARVE_CHECK(disk.need_file(name, where));
    if (disk.plan.power_is_off()) return {};  // The name is there, but nobody has it open.
    inode = disk.names.current().at(name);
    ++inode->handles;
    return {};
  };
  VARVE_CHECK(state_->run(create ? Call::create : Call::open, name, where, effect));
  return std::make_unique<OpenFile>(state_, std::move(inode), path.string(),
                                    mode != OpenMode::read);
}

Result<bool> SimulatedDisk::exists(const std::filesystem::path& path) {
  bool found = false;
  const std::string name = resolve(path);
  VARVE_CHECK(
      state_->run(Call::exists, name, "look for " + path.string(), [&](Disk& disk) -> Status {
        found = disk.find(name) != nullptr;
        return {};
      }));
  return found;
}

Status SimulatedDisk::remove(const std::filesystem::path& path) {
  const std::string name = resolve(path);
  const std::string where = "remove " + path.string();
  return state_->run(Call::remove, name, where, [&](Disk& disk) -> Status {
    VARVE_CHECK(disk.need_file(name, where));
    disk.remove(name);
    return {};
  });
}

Status SimulatedDisk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::string source = resolve(from);
  const std::string target = resolve(to);
  const std::string where = "rename " + from.string() + " to " + to.string();
  return state_->run(Call::rename, source, where, [&](Disk& disk) -> Status {
    VARVE_CHECK(disk.need_file(source, where));
    VARVE_CHECK(disk.need_directory(parent_of(target), where));
    const Inode* const replaced = disk.find(target);
    if (replaced != nullptr && replaced->is_directory) return io_error(EISDIR, where);
    if (source != target) disk.rename(source, target);
    return {};
  });
}

Result<std::vector<std::string>> SimulatedDisk::list(const std::filesystem::path& directory) {
  const std::string name = resolve(directory);
  const std::string where = "list " + directory.string();
  std::vector<std::string> names;
  const auto effect = [&](Disk& disk) -> Status {
    VARVE_CHECK(disk.need_directory(name, where));
    names = disk.names_in(name);
    return {};
  };
  VARVE_CHECK(state_->run(Call::list, name, where, effect));
  return names;
}

Status SimulatedDisk::create_directory(const std::filesystem::path& path) {
  const std::string name = resolve(path);
  const std::string where = "create directory " + path.string();
  return state_->run(Call::create_directory, name, where, [&](Disk& disk) -> Status {
    const Inode* const found = disk.find(name);
    if (found == nullptr) return disk.create(name, true, where);
    if (!found->is_directory) return io_error(ENOTDIR, where);
    return {};
  });
}

Status SimulatedDisk::sync_directory(const std::filesystem::path& path) {
  const std::string name = resolve(path);
  const std::string where = "sync directory " + path.string();
  return state_->run(Call::sync_directory, name, where, [&](Disk& disk) -> Status {
    VARVE_CHECK(disk.need_directory(name, where));
    disk.names.sync_directory(name);
    return {};
  });
}

std::array<std::byte, 16> SimulatedDisk::boot_id() {
  const std::uint64_t boot = state_->at_rest([](Disk& disk) { return disk.boot; });
  std::array<std::byte, 16> id{};
  for (std::size_t i = 0; i < sizeof boot; ++i) id[i] = static_cast<std::byte>(boot >> (8 * i));
  return id;
}

Result<std::unique_ptr<FileLock>> SimulatedDisk::lock(const std::filesystem::path& path) {
  const std::string name = resolve(path);
  const std::string where = "lock " + path.string();
  const auto make = [&](Disk& disk) -> Status {
    if (disk.find(name) != nullptr) return {};  // Another thread was first.
    return disk.create(name, false, where);
  };
  const auto take = [&](Disk& disk) -> Status {
    VARVE_CHECK(disk.need_file(name, where));
    if (disk.locks.insert(name).second) return {};
    return varve::fail(Errc::locked, where + ": held by pid " + std::to_string(::getpid()));
  };
  if (!state_->at_rest([&](Disk& disk) { return disk.find(name) != nullptr; })) {
    VARVE_CHECK(state_->run(Call::create, name, where, make));
  }
  VARVE_CHECK(state_->run(Call::lock, name, where, take));
  return std::make_unique<HeldLock>(state_, name);
}

}  // namespace varve::test
