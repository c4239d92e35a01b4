// 100,000 series at default options, as fast as they are taken: the most memory that the process
// had meanwhile, what it holds some seconds after, and what a compaction of all of it takes. Varve
// alone, and malloc as a program has it: nothing is trimmed.

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/load/run.hpp"
#include "varve/varve.hpp"

namespace varve::bench {

namespace {

/// A line of /proc/self/status that is in kB: VmRSS, what is resident now, and VmHWM, the most that
/// was since the process began. So run it by itself.
double status_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != name + ':') continue;
    double kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

std::vector<std::string> keys_of(std::size_t count) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(1'000'000 + i);
    keys.push_back("plant/line" + std::to_string(100 + i % 100) + "/sensor" + number + "/temp");
  }
  return keys;
}

/// Decimals a second apart, with up to 5 ms of jitter, round by round.
void write_rounds(Engine& engine, const std::vector<std::string>& keys, std::size_t rounds) {
  WriteBatch batch;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto jitter = static_cast<Timestamp>((i * 37 + round * 113) % 5'000);
      const Timestamp ts =
          1'700'000'000'000'000 + static_cast<Timestamp>(round) * 1'000'000 + jitter;
      batch.put(keys[i], ts, 20 + static_cast<double>((i * 7 + round * 3) % 200) / 10);
      if (batch.size() < 1'000) continue;
      Run::expect(engine.write(std::exchange(batch, {})).has_value(), "write");
    }
  }
}

void measure(Run& run) {
  const auto series = run.plan().choose<std::size_t>(10'000, 100'000);
  const auto rounds = run.plan().choose<std::size_t>(10, 100);
  const auto rest = run.plan().choose<std::chrono::milliseconds>(std::chrono::milliseconds(100),
                                                                 std::chrono::seconds(5));
  std::filesystem::create_directories(run.dir().parent_path());
  const std::vector<std::string> keys = keys_of(series);
  const double before = status_bytes("VmRSS");
  Options options;
  options.dir = run.dir();
  auto engine = Engine::open(std::move(options));
  Run::expect(engine.has_value(), "open");

  run.set("records_per_s", static_cast<double>(series * rounds) /
                               seconds_of([&] { write_rounds(*engine, keys, rounds); }));
  run.set("peak_bytes", status_bytes("VmHWM"));
  Run::expect(engine->flush().has_value(), "flush");
  std::this_thread::sleep_for(rest);
  run.set("resting_bytes", status_bytes("VmRSS"));
  run.set("counted_bytes", static_cast<double>(engine->stats().memory_bytes()));
  Run::expect(engine->compact().has_value(), "compact");
  run.set("peak_bytes_with_compaction", status_bytes("VmHWM"));
  run.set("before_bytes", before);
  Run::expect(engine->count(Query::all()).value_or(0) == series * rounds, "count");
  Run::expect(engine->close().has_value(), "close");
}

}  // namespace

void register_memory(const Plan& plan) {
  static const StoreKind varve{"varve", nullptr, nullptr, ""};
  add_case(plan, varve, "memory", measure);
}

}  // namespace varve::bench
