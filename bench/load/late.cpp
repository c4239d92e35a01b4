// A gateway whose uplink comes and goes: one record in ten is up to a day late, and one in a
// hundred writes over an earlier one. What is on disk is measured once everything is compacted.

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

void write_late(Run& run) {
  const Input input = Plant::late({.series = 1'000, .step = std::chrono::minutes(5)},
                                  run.plan().choose<std::size_t>(100'000, 10'000'000));
  const auto store = run.open();
  store->announce(input.keys);
  const WrittenBytes before = WrittenBytes::now();
  const Progress progress = write_all(*store, input, 1'000, run.plan().choose(0.5, 2.0));
  const Answer wanted = input.expected(progress.records);
  Run::expect(store->reader()->scan(), wanted, "full scan");
  store->settle();
  Run::expect(store->reader()->scan(), wanted, "full scan once compacted");
  run.set_engine_counters(*store);
  store->close();
  const WrittenBytes bytes = WrittenBytes::now() - before;

  const auto logical = static_cast<double>(logical_bytes(input.slice(0, progress.records)));
  run.set("records", static_cast<double>(progress.records));
  run.set("records_per_s", progress.rate());
  run.set("written_by_calls", static_cast<double>(bytes.by_calls) / logical);
  run.set("written_to_device", static_cast<double>(bytes.to_device) / logical);
  run.set("disk_bytes_per_record",
          static_cast<double>(disk_bytes(run.dir())) / static_cast<double>(wanted.records));
}

}  // namespace

void register_late(const Plan& plan) { add_cases(plan, "late/appended", write_late, false); }

}  // namespace varve::bench
