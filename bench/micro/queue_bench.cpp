// The way of a write of one record through the commit queue: blocking on an idle writer, on the
// caller's own thread, and asynchronously. On files in memory and without a log.

#include <benchmark/benchmark.h>

#include <atomic>
#include <semaphore>

#include "engine/commit/queue_budget.hpp"
#include "varve/varve.hpp"

namespace varve::bench {

namespace {

WriteBatch one_record(const Series& series, Timestamp ts) {
  WriteBatch batch;
  batch.put(series, ts, 0.5);
  return batch;
}

void queue_write(benchmark::State& state) {
  Engine engine = Engine::open_in_memory().value();
  const Series series = engine.series("series").value();
  Timestamp ts = 0;
  for (auto _ : state) engine.write(one_record(series, ++ts)).value();
  state.SetItemsProcessed(state.iterations());
}

void queue_write_inline(benchmark::State& state) {
  Engine engine = Engine::open_in_memory().value();
  const Series series = engine.series("series").value();
  Timestamp ts = 0;
  for (auto _ : state) engine.write_inline(one_record(series, ++ts)).value();
  state.SetItemsProcessed(state.iterations());
}

void queue_async_write(benchmark::State& state) {
  constexpr std::ptrdiff_t outstanding_max = 64;
  std::counting_semaphore<outstanding_max> outstanding(outstanding_max);
  std::atomic<bool> failed = false;
  Engine engine = Engine::open_in_memory().value();
  const Series series = engine.series("series").value();
  Timestamp ts = 0;
  for (auto _ : state) {
    outstanding.acquire();
    engine.async_write(one_record(series, ++ts), [&](std::error_code code, const Receipt&) {
      if (code) failed = true;
      outstanding.release();
    });
  }
  for (std::ptrdiff_t i = 0; i < outstanding_max; ++i) outstanding.acquire();
  if (failed) state.SkipWithError("a write failed");
  state.SetItemsProcessed(state.iterations());
}

void queue_budget(benchmark::State& state) {
  static engine::QueueBudget budget(std::size_t{1} << 30);
  for (auto _ : state) {
    budget.reserve(100);
    budget.release(100);
  }
}

BENCHMARK(queue_write)->UseRealTime();
BENCHMARK(queue_write_inline)->UseRealTime();
BENCHMARK(queue_async_write)->UseRealTime();
BENCHMARK(queue_budget)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace

}  // namespace varve::bench
