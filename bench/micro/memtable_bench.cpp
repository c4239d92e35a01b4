// Rows into the memtable, round robin over its series, and out again.

#include <benchmark/benchmark.h>

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

std::unique_ptr<Memtable> fresh() { return std::make_unique<Memtable>(1, 1, 0); }

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

BENCHMARK(memtable_put_by_key)->ArgName("series")->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(memtable_put_by_series)->ArgName("series")->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(memtable_get)->ArgName("rows")->Arg(100)->Arg(1'000);

}  // namespace

}  // namespace varve::bench
