#include "bench/load/run.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>

namespace varve::bench {

namespace {

std::atomic<bool> failed{false};

/// The number after `name` in one of the kernel's files.
std::uint64_t field_of(const char* file, const std::string& name) {
  std::ifstream lines(file);
  std::string word;
  std::uint64_t value = 0;
  while (lines >> word) {
    if (word == name && lines >> value) return value;
  }
  throw Failure(std::string(file) + " has no " + name);
}

}  // namespace

WrittenBytes WrittenBytes::now() {
  return {field_of("/proc/self/io", "wchar:"), field_of("/proc/self/io", "write_bytes:")};
}

double cpu_seconds() {
  struct rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t anonymous_memory() { return field_of("/proc/self/status", "RssAnon:") * 1'024; }

std::uint64_t disk_bytes(const std::filesystem::path& dir) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    struct stat status{};
    if (entry.is_regular_file() && ::stat(entry.path().c_str(), &status) == 0) {
      bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
  }
  return bytes;
}

Run::Run(benchmark::State& state, const Plan& plan, const StoreKind& kind, std::string name)
    : state_(state),
      plan_(plan),
      kind_(kind),
      name_(std::move(name)),
      dir_(plan.dir / (kind.name + '.' + std::to_string(::getpid()))) {}

Run::~Run() {
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

std::unique_ptr<Store> Run::open(StoreOptions options) {
  std::filesystem::remove_all(dir_);
  std::filesystem::create_directories(dir_);
  options.dir = dir_;
  return kind_.open(options);
}

void Run::set_engine_counters(Store& store) {
  for (const auto& [name, value] : store.counters()) set("engine." + name, value);
}

void Run::expect(const Answer& found, const Answer& wanted, const std::string& what) {
  if (found == wanted) return;
  throw Failure("wrong answer: " + what + " found " + std::to_string(found.records) + " of " +
                std::to_string(wanted.records) + " records" +
                (found.records == wanted.records ? " but not as they were written" : ""));
}

void Run::expect(bool right, const std::string& what) {
  if (!right) throw Failure("wrong answer: " + what);
}

std::filesystem::path Run::trace_file(const std::string& suffix) const {
  if (plan_.traces.empty()) return {};
  std::string file = name_ + '.' + suffix;
  std::ranges::replace(file, '/', '_');
  return plan_.traces / file;
}

void add_case(const Plan& plan, const StoreKind& kind, const std::string& name, Workload workload) {
  const std::string full = name + '/' + kind.name;
  const auto body = [&plan, kind, full, workload = std::move(workload)](benchmark::State& state) {
    for (auto _ : state) {
      const auto begin = SteadyClock::now();
      try {
        Run run(state, plan, kind, full);
        workload(run);
      } catch (const std::exception& error) {
        failed = true;
        state.SkipWithError(error.what());
        break;
      }
      state.SetIterationTime(seconds_since(begin));
    }
  };
  benchmark::RegisterBenchmark(full.c_str(), body)->Iterations(1)->UseManualTime();
}

void add_cases(const Plan& plan, const std::string& name, const Workload& workload,
               bool with_variants) {
  for (const StoreKind& kind : plan.stores) {
    if (with_variants || kind.variant_of.empty()) add_case(plan, kind, name, workload);
  }
}

bool any_failed() { return failed; }

Progress write_all(Store& store, const Input& input, std::size_t batch_size, double seconds_max) {
  // The clock is asked once in a thousand records.
  const std::size_t stride = std::max<std::size_t>(1, 1'000 / batch_size);
  const std::size_t total = input.readings.size();
  Progress progress;
  std::size_t batches = 0;
  const auto begin = SteadyClock::now();
  while (progress.records < total) {
    const std::size_t count = std::min(batch_size, total - progress.records);
    store.write(input.slice(progress.records, count));
    progress.records += count;
    if (++batches % stride == 0 && seconds_since(begin) > seconds_max) break;
  }
  store.drain();
  progress.seconds = seconds_since(begin);
  return progress;
}

void set_quantiles(Run& run, const std::string& name, std::vector<double> seconds) {
  if (seconds.empty()) return;
  std::ranges::sort(seconds);
  const auto at = [&](double quantile) {
    const auto last = static_cast<double>(seconds.size() - 1);
    return seconds[static_cast<std::size_t>(quantile * last)] * 1e6;
  };
  run.set(name + "_p50_us", at(0.5));
  run.set(name + "_p99_us", at(0.99));
  run.set(name + "_p999_us", at(0.999));
  run.set(name + "_max_us", at(1));
}

}  // namespace varve::bench
