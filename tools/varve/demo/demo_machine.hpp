#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "varve/write_batch.hpp"

namespace varve::tools {

/// Reads this machine's own load, memory and CPU time from /proc, fifty times a second.
class DemoMachine {
 public:
  /// Adds a sample to the batch if one is due: machine/load, machine/memory_used, machine/cpu.
  /// What /proc does not tell is left out.
  void sample(WriteBatch& batch);
  std::uint64_t samples() const { return samples_; }

 private:
  struct CpuTime {
    std::uint64_t busy = 0;
    std::uint64_t total = 0;
  };
  static std::optional<CpuTime> cpu_time();

  std::chrono::steady_clock::time_point next_;
  std::optional<CpuTime> before_;
  std::uint64_t samples_ = 0;
};

}  // namespace varve::tools
