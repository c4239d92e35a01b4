// What a SimulatedDisk and all that is open on it share.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.hpp"
#include "engine/io/io_error.hpp"
#include "tests/support/simulated_content.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/simulated_names.hpp"
#include "varve/try.hpp"

namespace varve::test {

using engine::io_error;

/// One spelling for each name: "db", "./db/" and "/db" are the same.
inline std::string resolve(const std::filesystem::path& path) {
  std::string text = ("/" / path).lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

/// All of a disk but its lock: what is where, and what it costs.
struct Disk {
  explicit Disk(std::size_t sector) : sector_size(sector) {}

  Inode* find(const std::string& path) const {
    const auto found = names.current().find(path);
    return found == names.current().end() ? nullptr : found->second.inode.get();
  }

  Inode& file_at_rest(const std::string& path) const {
    Inode* const inode = find(path);
    if (inode == nullptr || inode->is_directory) throw std::invalid_argument("no file " + path);
    return *inode;
  }

  std::vector<std::string> names_in(const std::string& directory) const {
    std::vector<std::string> result;
    for (const auto& [path, entry] : names.current()) {
      if (path != "/" && parent_of(path) == directory) {
        result.push_back(std::filesystem::path(path).filename().string());
      }
    }
    return result;
  }

  std::shared_ptr<Inode> make_inode(bool is_directory) const {
    return std::make_shared<Inode>(
        Inode{.is_directory = is_directory, .content = SimulatedContent(sector_size)});
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
    const std::shared_ptr<Inode> inode = names.current().at(path).inode;
    names.remove(path);
    used -= sector_size;
    release(*inode);
  }

  void rename(const std::string& from, const std::string& to) {
    const auto found = names.current().find(to);
    const std::shared_ptr<Inode> replaced =
        found == names.current().end() ? nullptr : found->second.inode;
    names.rename(from, to);
    if (!replaced) return;
    used -= sector_size;
    release(*replaced);
  }

  void link(const std::string& from, const std::string& to) {
    used += sector_size;
    names.create(to, names.current().at(from).inode);
  }

  std::size_t sector_size;
  SimulatedNames names;
  FreedSectors freed;
  FaultPlan plan;
  std::uint64_t boot = 1;  // Of the machine; another one after each power cut.
  std::optional<std::uint64_t> capacity;
  std::uint64_t used = 0;
  std::map<WriteReason, std::uint64_t> written;  // Bytes.
  std::string cut_in;
};

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
      const engine::Lock lock(mutex_);
      VARVE_CHECK(rule(disk_, call, path, where, effect, on_fault));
    }
    if (!hook_) return {};
    hook_(call, path);
    const engine::Lock lock(mutex_);
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
    const engine::Lock lock(mutex_);
    return work(disk_);
  }

  void set_hook(Hook hook) { hook_ = std::move(hook); }

 private:
  template <class Effect, class OnFault>
  static Status rule(Disk& disk, Call call, const std::string& path, const std::string& where,
                     Effect& effect, OnFault& on_fault) {
    const FaultPlan::Ruling ruling = disk.plan.next(call, path);
    switch (ruling.verdict) {
      case FaultPlan::Verdict::done: return effect(disk);
      case FaultPlan::Verdict::failed: on_fault(disk); return io_error(ruling.error_number, where);
      case FaultPlan::Verdict::off: return power_is_off(where);
      case FaultPlan::Verdict::cut_short: break;
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

  engine::Mutex mutex_;
  Disk disk_ VARVE_GUARDED_BY(mutex_);
  Hook hook_;  // Constant once the disk is shared.
};

}  // namespace varve::test
