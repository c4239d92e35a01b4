// Lines of text, 60 to 300 bytes, of 100 services.

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

void write_logs(Run& run) {
  const Input input = log_lines(100, run.plan().choose<std::size_t>(20'000, 1'000'000), 3);
  const auto store = run.open();
  store->announce(input.keys);
  const WrittenBytes before = WrittenBytes::now();
  const Progress progress = write_all(*store, input, 100, run.plan().choose(0.5, 2.0));
  const Answer wanted = input.expected(progress.records);
  Run::expect(store->reader()->scan(), wanted, "full scan");
  store->settle();
  Answer all;
  const double scanning = seconds_of([&] { all = store->reader()->scan(); });
  Run::expect(all, wanted, "full scan once compacted");
  run.set_engine_counters(*store);
  store->close();
  const WrittenBytes bytes = WrittenBytes::now() - before;

  const auto logical = static_cast<double>(logical_bytes(input.slice(0, progress.records)));
  run.set("records", static_cast<double>(progress.records));
  run.set("records_per_s", progress.rate());
  run.set("bytes_per_s", logical / progress.seconds);
  run.set("scan_records_per_s", static_cast<double>(all.records) / scanning);
  run.set("written_by_calls", static_cast<double>(bytes.by_calls) / logical);
  run.set("written_to_device", static_cast<double>(bytes.to_device) / logical);
  run.set("disk_bytes_per_byte", static_cast<double>(disk_bytes(run.dir())) / logical);
}

}  // namespace

void register_logs(const Plan& plan) { add_cases(plan, "logs/appended", write_logs, false); }

}  // namespace varve::bench
