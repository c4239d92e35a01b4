#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/generator.hpp"
#include "bench/load/store.hpp"

namespace varve::bench {

using SteadyClock = std::chrono::steady_clock;

inline double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

template <class Call>
double seconds_of(Call call) {
  const auto begin = SteadyClock::now();
  call();
  return seconds_since(begin);
}

/// What this process wrote so far, as the kernel counts it.
struct WrittenBytes {
  std::uint64_t by_calls = 0;   ///< Given to write().
  std::uint64_t to_device = 0;  ///< Pages made dirty, a memory map's too.

  static WrittenBytes now();
  friend WrittenBytes operator-(const WrittenBytes& a, const WrittenBytes& b) {
    return {a.by_calls - b.by_calls, a.to_device - b.to_device};
  }
};

/// What all threads of this process have worked. Another program's noise is not in it.
double cpu_seconds();

/// This process's memory, without what is mapped from files.
std::uint64_t anonymous_memory();
/// What the files below `dir` take of the disk; holes in them do not count.
std::uint64_t disk_bytes(const std::filesystem::path& dir);

/// How large a run is.
struct Plan {
  bool quick = false;
  std::filesystem::path dir;     ///< Stores are made below it, and removed again.
  std::filesystem::path traces;  ///< Where workloads leave what is to be plotted. May be empty.
  std::vector<StoreKind> stores;
  double mixed_seconds = 8;  ///< How long arrivals go on in the mixed workload.

  template <class T>
  T choose(const T& quick_one, const T& full_one) const {
    return quick ? quick_one : full_one;
  }
};

/// One workload on one store: where it opens it, and where its numbers go.
class Run {
 public:
  Run(benchmark::State& state, const Plan& plan, const StoreKind& kind, std::string name);
  ~Run();
  Run(Run&&) = delete;

  const Plan& plan() const { return plan_; }
  const StoreKind& kind() const { return kind_; }
  const std::filesystem::path& dir() const { return dir_; }

  /// A store in a directory that is empty.
  std::unique_ptr<Store> open(StoreOptions options = {});
  /// A number of the result.
  void set(const std::string& name, double value) { state_.counters[name] = value; }
  /// Numbers that the engine says of itself, under "engine.".
  void set_engine_counters(Store& store);
  /// Ends the run as failed where the answer is wrong.
  static void expect(const Answer& found, const Answer& wanted, const std::string& what);
  static void expect(bool right, const std::string& what);
  /// "name.suffix" in the plan's folder for traces, with '/' as '_'; empty where there is none.
  std::filesystem::path trace_file(const std::string& suffix) const;

 private:
  benchmark::State& state_;
  const Plan& plan_;
  const StoreKind& kind_;
  const std::string name_;
  const std::filesystem::path dir_;
};

using Workload = std::function<void(Run&)>;

/// Registers "name/STORE" with Google Benchmark, to run once. `plan` outlives it.
void add_case(const Plan& plan, const StoreKind& kind, const std::string& name, Workload workload);
/// The same for every store, or for every one that is not just another way to write to it.
void add_cases(const Plan& plan, const std::string& name, const Workload& workload,
               bool with_variants);

/// Whether any case failed so far.
bool any_failed();

struct Progress {
  std::size_t records = 0;
  double seconds = 0;
  double rate() const { return static_cast<double>(records) / seconds; }
};
/// Writes the input batch by batch on this thread, all of it or as far as the time reaches, until
/// it is acknowledged.
Progress write_all(Store& store, const Input& input, std::size_t batch_size,
                   double seconds_max = 1e9);

/// What one write of a page and its fdatasync take, on a file that was written before: the mean of
/// as many as fit in the time.
double seconds_per_sync(const std::filesystem::path& dir, double seconds);

/// The quantiles of what took time, in microseconds, under "NAME_p50_us" and so on.
void set_quantiles(Run& run, const std::string& name, std::vector<double> seconds);

// The workloads, one file each.
void register_cardinality(const Plan& plan);
void register_flow_table(const Plan& plan);
void register_gateway(const Plan& plan);
void register_labels(const Plan& plan);
void register_late(const Plan& plan);
void register_limits(const Plan& plan);
void register_logs(const Plan& plan);
void register_memory(const Plan& plan);
void register_mixed(const Plan& plan);
void register_reads(const Plan& plan);
void register_sync(const Plan& plan);

}  // namespace varve::bench
