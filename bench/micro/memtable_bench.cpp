// Rows into the memtable, round robin over its series, and out again.

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/checksum.hpp"
#include "engine/memtable/memtable.hpp"

namespace varve::bench {

namespace {

using engine::hash_of;
using engine::Memtable;

constexpr std::size_t bytes_max = std::size_t{64} << 20;  // Then the next one begins.

std::vector<std::string> keys_of(std::int64_t count) {
  std::vector<std::string> keys;
  for (std::int64_t i = 0; i < count; ++i) {
    keys.push_back("\1plant/line/device/sensor" + std::to_string(i));
  }
  return keys;
}

std::unique_ptr<Memtable> fresh() { return std::make_unique<Memtable>(1, 1, 0, bytes_max); }

void memtable_put_by_key(benchmark::State& state) {
  const auto keys = keys_of(state.range(0));
  auto memtable = fresh();
  std::size_t at = 0;
  Timestamp ts = 0;
  std::uint64_t sequence = 0;
  for (auto _ : state) {
    const std::string& key = keys[at];
    memtable->put(memtable->series(key, hash_of(key)), ts, 0.5, never, ++sequence);
    if (++at < keys.size()) continue;
    at = 0;
    ++ts;
    if (memtable->bytes() < bytes_max) continue;
    state.PauseTiming();
    memtable = fresh();
    sequence = 0;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
}

void memtable_put_by_series(benchmark::State& state) {
  const auto keys = keys_of(state.range(0));
  std::unique_ptr<Memtable> memtable;
  std::vector<engine::MemtableSeries*> series;
  const auto begin = [&] {
    memtable = fresh();
    series.clear();
    for (const std::string& key : keys) series.push_back(&memtable->series(key, hash_of(key)));
  };
  begin();
  std::size_t at = 0;
  Timestamp ts = 0;
  std::uint64_t sequence = 0;
  for (auto _ : state) {
    memtable->put(*series[at], ts, 0.5, never, ++sequence);
    if (++at < series.size()) continue;
    at = 0;
    ++ts;
    if (memtable->bytes() < bytes_max) continue;
    state.PauseTiming();
    begin();
    sequence = 0;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
}

void memtable_get(benchmark::State& state) {
  const auto keys = keys_of(1'000);
  const auto memtable = fresh();
  std::uint64_t sequence = 0;
  for (Timestamp ts = 0; ts < state.range(0); ++ts) {
    for (const std::string& key : keys) {
      memtable->put(memtable->series(key, hash_of(key)), ts, 0.5, never, ++sequence);
    }
  }
  std::size_t at = 0;
  for (auto _ : state) {
    const std::string& key = keys[at];
    const auto row =
        memtable->get(key, hash_of(key), static_cast<Timestamp>(at) % state.range(0), sequence);
    if (!row) state.SkipWithError("a row is missing");
    at = (at + 7) % keys.size();
  }
}

// Sensors: a value of one decimal that wanders, every second within some milliseconds.

struct Sensor {
  Timestamp ts = 0;
  std::int64_t tenths = 200;
};

class SensorRows {
 public:
  SensorRows() {
    std::uint64_t state = 1;
    for (Step& step : steps_) {
      state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      step = {1'000'000 + static_cast<Timestamp>(state >> 40) % 5'000,
              static_cast<std::int64_t>(state >> 60) % 7 - 3};
    }
  }
  void advance(Sensor& sensor) {
    const Step& step = steps_[at_++ % steps_.size()];
    sensor.ts += step.ts;
    sensor.tenths += step.tenths;
  }

 private:
  struct Step {
    Timestamp ts;
    std::int64_t tenths;
  };
  std::array<Step, 8191> steps_{};
  std::size_t at_ = 0;
};

/// Memtables of sensors, filled round robin.
class SensorMemtable {
 public:
  explicit SensorMemtable(std::int64_t series_count) : keys_(keys_of(series_count)) { begin(); }

  void begin() {
    memtable_ = fresh();
    series_.clear();
    for (const std::string& key : keys_) {
      series_.push_back(&memtable_->series(key, hash_of(key)));
    }
    sensors_.assign(keys_.size(), {});
    at_ = 0;
  }
  void put() {
    if (at_ == 0) ++sequence_;
    rows_.advance(sensors_[at_]);
    memtable_->put(*series_[at_], sensors_[at_].ts, static_cast<double>(sensors_[at_].tenths) / 10,
                   never, sequence_);
    if (++at_ == keys_.size()) at_ = 0;
  }
  const Memtable& memtable() const { return *memtable_; }
  const std::string& key(std::size_t number) const { return keys_[number]; }
  Timestamp last_ts(std::size_t number) const { return sensors_[number].ts; }
  std::uint64_t sequence() const { return sequence_; }

 private:
  const std::vector<std::string> keys_;
  std::unique_ptr<Memtable> memtable_;
  std::vector<engine::MemtableSeries*> series_;
  std::vector<Sensor> sensors_;
  SensorRows rows_;
  std::size_t at_ = 0;
  std::uint64_t sequence_ = 0;
};

void memtable_put_sensors(benchmark::State& state) {
  SensorMemtable sensors(state.range(0));
  double bytes_per_row = 0;
  const auto measure = [&] {
    bytes_per_row = static_cast<double>(sensors.memtable().bytes()) /
                    static_cast<double>(sensors.memtable().row_count());
  };
  for (auto _ : state) {
    sensors.put();
    if (sensors.memtable().bytes() < bytes_max) continue;
    state.PauseTiming();
    measure();
    sensors.begin();
    state.ResumeTiming();
  }
  if (bytes_per_row == 0) measure();
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_per_row"] = bytes_per_row;
}

void memtable_get_sensors(benchmark::State& state) {
  constexpr std::size_t series = 100;
  SensorMemtable sensors(series);
  for (std::size_t i = 0; i < series * 20'000; ++i) sensors.put();
  std::size_t at = 0;
  for (auto _ : state) {
    const std::string& key = sensors.key(at);
    const Timestamp ts = static_cast<Timestamp>(at * 191) % 19'000 * (sensors.last_ts(at) / 20'000);
    benchmark::DoNotOptimize(sensors.memtable().get(key, hash_of(key), ts, sensors.sequence()));
    at = (at + 7) % series;
  }
}

void memtable_walk_sensors(benchmark::State& state) {
  constexpr std::size_t series = 100;
  SensorMemtable sensors(series);
  for (std::size_t i = 0; i < series * 20'000; ++i) sensors.put();
  std::int64_t rows = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < series; ++i) {
      const std::string& key = sensors.key(i);
      engine::MemtableRows source(sensors.memtable(), *sensors.memtable().find(key, hash_of(key)),
                                  {}, sensors.sequence(), false);
      for (auto view = source.next(); !view.empty(); view = source.next()) {
        rows += static_cast<std::int64_t>(view.size());
      }
    }
  }
  state.SetItemsProcessed(rows);
}

BENCHMARK(memtable_put_by_key)->ArgName("series")->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(memtable_put_by_series)->ArgName("series")->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(memtable_put_sensors)->ArgName("series")->Arg(10)->Arg(1'000)->Arg(10'000);
BENCHMARK(memtable_get_sensors);
BENCHMARK(memtable_walk_sensors);
BENCHMARK(memtable_get)->ArgName("rows")->Arg(100)->Arg(1'000);

}  // namespace

}  // namespace varve::bench
