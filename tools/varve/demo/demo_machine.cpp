#include "tools/varve/demo/demo_machine.hpp"

#include <cmath>
#include <fstream>
#include <string>

#include "varve/clock.hpp"

namespace varve::tools {

namespace {

std::optional<std::int64_t> memory_used() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  std::int64_t kilobytes = 0, total = 0, available = -1;
  while (file >> name >> kilobytes && std::getline(file, unit)) {
    if (name == "MemTotal:") total = kilobytes;
    if (name == "MemAvailable:") available = kilobytes;
  }
  if (total == 0 || available < 0) return {};
  return (total - available) * 1'024;
}

}  // namespace

void DemoMachine::sample(WriteBatch& batch) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + 20ms;
  ++samples_;
  const Timestamp ts = system_clock()->wall();
  if (double load = 0; std::ifstream("/proc/loadavg") >> load) batch.put("machine/load", ts, load);
  if (const auto used = memory_used()) batch.put("machine/memory_used", ts, *used);
  const auto cpu = cpu_time();
  if (cpu && before_ && cpu->total > before_->total) {
    const auto busy = static_cast<double>(cpu->busy - before_->busy);
    const auto total = static_cast<double>(cpu->total - before_->total);
    batch.put("machine/cpu", ts, std::round(busy / total * 1'000) / 10);
  }
  before_ = cpu;
}

std::optional<DemoMachine::CpuTime> DemoMachine::cpu_time() {
  std::ifstream file("/proc/stat");
  std::string name;
  CpuTime time;
  if (!(file >> name) || name != "cpu") return {};
  std::uint64_t ticks = 0;
  for (int column = 0; column < 8 && file >> ticks; ++column) {
    time.total += ticks;
    const bool idle = column == 3 || column == 4;  // Idle, and waiting for a disk.
    if (!idle) time.busy += ticks;
  }
  return time;
}

}  // namespace varve::tools
