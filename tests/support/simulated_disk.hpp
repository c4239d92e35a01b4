#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/bytes.hpp"
#include "tests/support/fault_plan.hpp"
#include "varve/file_system.hpp"

namespace varve::test {

/// What becomes of everything that was not synced when the power goes.
class PowerCut {
 public:
  static PowerCut lose_unsynced() { return PowerCut(Kind::lose_unsynced, 0); }
  static PowerCut keep_all() { return PowerCut(Kind::keep_all, 0); }
  /// No cut: only the process is gone, and the machine goes on.
  static PowerCut kill() { return PowerCut(Kind::kill, 0); }
  /// Chance decides for each sector whether it is kept, dropped, torn or stale, for each file's
  /// size, and for each name. The same seed decides the same.
  static PowerCut random(std::uint64_t seed) { return PowerCut(Kind::random, seed); }

  /// "keep_all" or "random(42)", to say which image a test failed on.
  std::string describe() const;

 private:
  friend class SimulatedDisk;
  enum class Kind { lose_unsynced, keep_all, kill, random };
  PowerCut(Kind kind, std::uint64_t seed) : kind_(kind), seed_(seed) {}

  Kind kind_;
  std::uint64_t seed_;
};

/// A disk in memory that forgets what was not synced, fails when told to, and runs full. Bytes and
/// the size of a file are durable once it was synced, a name once its directory was. A sync that
/// failed is never made good by a later one.
///
///   auto disk = std::make_shared<SimulatedDisk>();
///   disk->cut_power_at(17);
///   ... a program runs on the disk until its calls fail ...
///   auto after = disk->after(PowerCut::random(seed));
///   ... and is run again on `after` ...
///
/// May be used on many threads. On one thread, the same calls give the same disk.
class SimulatedDisk final : public FileSystem {
 public:
  explicit SimulatedDisk(std::size_t sector_size = 512);
  ~SimulatedDisk() override;

  /// The disk as it is found after a power cut at this moment: nothing open, nothing locked, no
  /// faults, counters at zero. This one stays as it is, so that one cut gives many images.
  std::shared_ptr<SimulatedDisk> after(const PowerCut& cut) const;

  /// The n-th changing call from now on (1 is the next one) begins, and fails with EIO; so does
  /// every call after it. What it changed, all or some of it, is as unsynced as the rest.
  void cut_power_at(std::uint64_t n);
  void cut_power();
  bool power_is_off() const;
  /// The call in which cut_power_at() cut the power, as in "sync /db/7.wal".
  std::string cut_in() const;

  /// A write that fails has written half of its bytes, every other call that fails nothing.
  void fail(Fault fault);
  void clear_faults();
  /// How many calls failed by a fault. None: the fault was never reached.
  std::uint64_t failures() const;

  std::uint64_t calls(Call call) const;
  /// Bytes written so far for this reason, those of failed writes included.
  std::uint64_t bytes_written(WriteReason reason) const;
  /// How many calls so far could change the disk: what cut_power_at() counts.
  std::uint64_t changes() const;

  /// From now on a write or a new name that needs more gives Errc::no_space, a write after as much
  /// as fits. Each file takes its size and each name takes one sector, in whole sectors.
  void set_capacity(std::uint64_t bytes);
  std::uint64_t used() const;

  /// Each sync of a file takes so long; what is written meanwhile is not covered by it.
  void slow_syncs(std::chrono::nanoseconds delay);
  /// Called after the effect of each call that succeeds and before its return, on the caller's
  /// thread, with no lock held. So a test can hold a sync while others write. Set it before the
  /// disk is shared.
  void on_call(std::function<void(Call, const std::string& path)> hook);

  // At rest: not counted, never failing, durable at once. A missing path is an exception.

  /// In order.
  std::vector<std::string> names(const std::filesystem::path& directory) const;
  engine::Bytes content(const std::filesystem::path& path) const;
  /// Made where it is missing. Who has it open sees it too.
  void set_content(const std::filesystem::path& path, engine::Bytes bytes);
  /// Cuts, or adds zeros.
  void resize(const std::filesystem::path& path, std::uint64_t size);
  void flip_bit(const std::filesystem::path& path, std::uint64_t bit);

  Result<std::shared_ptr<Directory>> open_directory(const std::filesystem::path& path) override;
  std::array<std::byte, 16> boot_id() override;

  // What a directory does with a name, by path, for tests of single calls. Relative paths begin at
  // the root.

  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode,
                                     WriteCause cause = {});
  Result<bool> exists(const std::filesystem::path& path);
  [[nodiscard]] Status remove(const std::filesystem::path& path);
  [[nodiscard]] Status rename(const std::filesystem::path& from, const std::filesystem::path& to);
  [[nodiscard]] Status link(const std::filesystem::path& from, const std::filesystem::path& to);
  Result<std::vector<std::string>> list(const std::filesystem::path& directory);
  [[nodiscard]] Status create_directory(const std::filesystem::path& path);
  [[nodiscard]] Status sync_directory(const std::filesystem::path& path);
  Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path);

 private:
  class State;
  class OpenFile;
  class OpenDirectory;
  class HeldLock;

  explicit SimulatedDisk(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // Shared with all that is open, which may outlive this.
};

}  // namespace varve::test
