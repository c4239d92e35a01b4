#include "tests/support/simulated_disk.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <thread>
#include <utility>

#include "tests/support/random.hpp"
#include "tests/support/simulated_disk_state.hpp"
#include "tests/support/simulated_handles.hpp"

namespace varve::test {

using engine::Bytes;

std::string PowerCut::describe() const {
  switch (kind_) {
    case Kind::lose_unsynced: return "lose_unsynced";
    case Kind::keep_all: return "keep_all";
    case Kind::kill: return "kill";
    case Kind::random: return "random(" + std::to_string(seed_) + ')';
  }
  std::unreachable();
}

SimulatedDisk::SimulatedDisk(std::size_t sector_size) {
  Disk disk(sector_size);
  disk.names = SimulatedNames(NameMap{{"/", NameEntry{disk.make_inode(true)}}});
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
        case PowerCut::Kind::keep_all:
        case PowerCut::Kind::kill: return disk.names.current();
        case PowerCut::Kind::random: return disk.names.surviving(random, kept);
      }
      std::unreachable();
    }();
    const auto bytes_of = [&](const SimulatedContent& content) -> Bytes {
      switch (cut.kind_) {
        case PowerCut::Kind::lose_unsynced: return content.synced();
        case PowerCut::Kind::keep_all:
        case PowerCut::Kind::kill: return {content.bytes().begin(), content.bytes().end()};
        case PowerCut::Kind::random: return content.surviving(random, kept, disk.freed);
      }
      std::unreachable();
    };
    Disk image(disk.sector_size);
    NameMap names;
    std::map<std::shared_ptr<Inode>, std::shared_ptr<Inode>> copies;
    std::uint64_t id = 0;
    for (const auto& [path, entry] : survivors) {
      std::shared_ptr<Inode>& copy = copies[entry.inode];
      if (!copy) {
        copy = image.make_inode(entry.inode->is_directory);
        copy->content.set(bytes_of(entry.inode->content));
        image.used += image.cost(copy->content.size());
      }
      ++copy->names;
      if (path != "/") image.used += image.sector_size;
      names.emplace(path, NameEntry{copy, id++});
    }
    image.names = SimulatedNames(std::move(names));
    image.freed = disk.freed;
    image.boot = disk.boot + (cut.kind_ == PowerCut::Kind::kill ? 0 : 1);
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
std::uint64_t SimulatedDisk::bytes_written(WriteReason reason) const {
  return state_->at_rest([&](Disk& disk) { return disk.written[reason]; });
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

Result<std::shared_ptr<Directory>> SimulatedDisk::open_directory(
    const std::filesystem::path& path) {
  const std::string name = resolve(path);
  const std::string where = "open directory " + path.string();
  VARVE_CHECK(state_->run(Call::open_directory, name, where,
                          [&](Disk& disk) { return disk.need_directory(name, where); }));
  return std::make_shared<OpenDirectory>(state_, path);
}

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::filesystem::path& path, OpenMode mode,
                                                  WriteCause cause) {
  const bool create = mode == OpenMode::create;
  const std::string name = resolve(path);
  const std::string where = (create ? "create " : "open ") + path.string();
  std::shared_ptr<Inode> inode;
  const auto effect = [&](Disk& disk) -> Status {
    if (create) VARVE_CHECK(disk.create(name, false, where));
    VARVE_CHECK(disk.need_file(name, where));
    if (disk.plan.power_is_off()) return {};  // The name is there, but nobody has it open.
    inode = disk.names.current().at(name).inode;
    ++inode->handles;
    return {};
  };
  VARVE_CHECK(state_->run(create ? Call::create : Call::open, name, where, effect));
  return std::make_unique<OpenFile>(state_, std::move(inode), path.string(), mode != OpenMode::read,
                                    cause);
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
    if (replaced != disk.find(source)) disk.rename(source, target);
    return {};
  });
}

Status SimulatedDisk::link(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::string source = resolve(from);
  const std::string target = resolve(to);
  const std::string where = "link " + from.string() + " to " + to.string();
  return state_->run(Call::link, target, where, [&](Disk& disk) -> Status {
    VARVE_CHECK(disk.need_file(source, where));
    VARVE_CHECK(disk.need_directory(parent_of(target), where));
    if (disk.find(target) != nullptr) return io_error(EEXIST, where);
    if (disk.room() < disk.sector_size) return io_error(ENOSPC, where);
    disk.link(source, target);
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
  std::shared_ptr<Inode> inode;
  const auto take = [&](Disk& disk) -> Status {
    VARVE_CHECK(disk.need_file(name, where));
    const std::shared_ptr<Inode>& found = disk.names.current().at(name).inode;
    if (found->locked) {
      return varve::fail(Errc::locked, where + ": held by pid " + std::to_string(::getpid()));
    }
    inode = found;
    inode->locked = true;
    ++inode->handles;
    return {};
  };
  if (!state_->at_rest([&](Disk& disk) { return disk.find(name) != nullptr; })) {
    VARVE_CHECK(state_->run(Call::create, name, where, make));
  }
  VARVE_CHECK(state_->run(Call::lock, name, where, take));
  return std::make_unique<HeldLock>(state_, std::move(inode), name, where);
}

}  // namespace varve::test
