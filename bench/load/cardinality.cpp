// One record of each of a million series: what a series costs in memory while its record is new,
// and once everything is on disk and nothing happens.

#include <malloc.h>

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

void write_once_each(Run& run) {
  const auto series = run.plan().choose<std::size_t>(100'000, 1'000'000);
  const Input input = Plant::in_order({.series = series}, series);
  const auto count = static_cast<double>(series);
  const double data = static_cast<double>(logical_bytes(input.all())) / count;

  const auto store = run.open();
  ::malloc_trim(0);
  const auto before = static_cast<double>(anonymous_memory());
  store->announce(input.keys);
  double peak = 0;
  constexpr std::size_t batch_size = 1'000;
  for (std::size_t at = 0; at < series; at += batch_size) {
    store->write(input.slice(at, batch_size));
    if (at % (20 * batch_size) == 0) {
      peak = std::max(peak, static_cast<double>(anonymous_memory()));
    }
  }
  store->drain();
  peak = std::max(peak, static_cast<double>(anonymous_memory()));
  store->settle();
  ::malloc_trim(0);
  const auto idle = static_cast<double>(anonymous_memory());
  Run::expect(store->reader()->scan(), input.expected(), "full scan");
  store->close();

  run.set("data_bytes_per_series", data);
  run.set("memory_per_series_peak", (peak - before) / count);
  run.set("memory_per_series_idle", std::max(0.0, idle - before) / count);
}

}  // namespace

void register_cardinality(const Plan& plan) {
  add_cases(plan, "cardinality/appended", write_once_each, true);
}

}  // namespace varve::bench
