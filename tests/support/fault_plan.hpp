#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::test {

/// The calls of a Directory and its files. links() counts as `size`. Those from `create` on change
/// the disk.
enum class Call {
  open,
  open_directory,
  read,
  size,
  exists,
  list,
  free_bytes,
  lock,  ///< Changes the disk where it makes the file, and is then a `create` too.
  create,
  write,
  truncate,
  sync,
  remove,
  rename,
  link,
  create_directory,
  sync_directory,
};
inline constexpr std::size_t call_count = 17;

/// A call that fails.
struct Fault {
  Call call;
  std::uint64_t at = 1;    ///< Which of these calls: 1 is the next one from now.
  bool lasting = false;    ///< Every later one too.
  int error_number = EIO;  ///< ENOSPC gives Errc::no_space.
  /// Counts and fails only where the path ends so, as in ".wal".
  std::string suffix = {};
};

/// Counts calls, and decides which of them fail.
class FaultPlan {
 public:
  enum class Verdict {
    done,       ///< The call does what it should.
    failed,     ///< By a fault.
    cut_short,  ///< The power goes in the middle of it.
    off,        ///< The power was off before.
  };
  struct Ruling {
    Verdict verdict;
    int error_number;
  };

  Ruling next(Call call, std::string_view path);

  void add(Fault fault) { faults_.push_back({std::move(fault), 0}); }
  void clear() { faults_.clear(); }
  /// At the n-th changing call from now on.
  void cut_power_at(std::uint64_t n) { cut_at_ = changes_ + n; }
  void cut_power() { off_ = true; }

  bool power_is_off() const { return off_; }
  std::uint64_t calls(Call call) const { return calls_[static_cast<std::size_t>(call)]; }
  std::uint64_t changes() const { return changes_; }
  std::uint64_t failures() const { return failures_; }

 private:
  struct Pending {
    Fault fault;
    std::uint64_t seen;
  };

  std::array<std::uint64_t, call_count> calls_{};
  std::uint64_t changes_ = 0;
  std::uint64_t failures_ = 0;
  std::optional<std::uint64_t> cut_at_;
  std::vector<Pending> faults_;
  bool off_ = false;
};

}  // namespace varve::test
