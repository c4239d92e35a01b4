// A gateway's plant, written on one thread: 1 K to 1 M series, batches of 1 to 1,000. What was
// written is read back and checked.

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

void write_plant(Run& run, std::size_t series, std::size_t batch_size) {
  const std::size_t records = run.plan().choose<std::size_t>(500'000, 10'000'000);
  const double seconds_max = run.plan().choose(0.3, 2.0);
  Input input;
  run.set("generate_s", seconds_of([&] {
            input = Plant::in_order({.series = series}, std::max(records, 2 * series));
          }));

  const auto store = run.open();
  store->announce(input.keys);
  const WrittenBytes before = WrittenBytes::now();
  const double cpu_before = cpu_seconds();
  const Progress progress = write_all(*store, input, batch_size, seconds_max);
  const double cpu = cpu_seconds() - cpu_before;
  const double closing = seconds_of([&] { store->sync(); });

  const Batch written = input.slice(0, progress.records);
  Run::expect(store->reader()->scan(), input.expected(progress.records), "full scan");
  run.set_engine_counters(*store);
  store->close();
  const WrittenBytes bytes = WrittenBytes::now() - before;

  const auto logical = static_cast<double>(logical_bytes(written));
  run.set("records", static_cast<double>(progress.records));
  run.set("records_per_s", progress.rate());
  run.set("records_per_s_synced",
          static_cast<double>(progress.records) / (progress.seconds + closing));
  run.set("cpu_ns_per_record", cpu * 1e9 / static_cast<double>(progress.records));
  run.set("logical_bytes", logical);
  run.set("written_by_calls", static_cast<double>(bytes.by_calls) / logical);
  run.set("written_to_device", static_cast<double>(bytes.to_device) / logical);
}

}  // namespace

void register_gateway(const Plan& plan) {
  const auto add = [&](std::size_t series, std::size_t batch_size) {
    add_cases(
        plan,
        "gateway/appended/series:" + std::to_string(series) +
            "/batch:" + std::to_string(batch_size),
        [=](Run& run) { write_plant(run, series, batch_size); }, true);
  };
  using Sizes = std::vector<std::size_t>;
  for (const std::size_t batch_size : plan.choose<Sizes>({1, 1'000}, {1, 10, 100, 1'000})) {
    add(1'000, batch_size);
  }
  for (const std::size_t series : plan.choose<Sizes>({100'000}, {10'000, 100'000, 1'000'000})) {
    add(series, 1'000);
  }
}

}  // namespace varve::bench
