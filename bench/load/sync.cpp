// Every write durable before it is acknowledged: 1 to 64 writers, and one writer of large batches.
// Between slices of the run a raw loop measures what a sync takes, and the formula makes of it how
// many records a second the device allows: b / (T_sync + b x 55 ns), b records for each sync.

#include <atomic>
#include <thread>

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

constexpr double record_seconds = 55e-9;

struct Shape {
  std::size_t writers = 1;
  std::size_t batch_size = 1;
};

/// All writers at once until the time is over or the input is used up.
double write_slice(Store& store, const Input& input, const Shape& shape,
                   std::atomic<std::size_t>& taken, double seconds) {
  std::vector<std::string> failures(shape.writers);
  const auto begin = SteadyClock::now();
  {
    std::vector<std::jthread> writers;
    writers.reserve(shape.writers);
    for (std::size_t i = 0; i < shape.writers; ++i) {
      writers.emplace_back([&, i] {
        try {
          while (seconds_since(begin) < seconds) {
            const std::size_t first = taken.fetch_add(shape.batch_size);
            if (first + shape.batch_size > input.readings.size()) {
              taken -= shape.batch_size;
              break;
            }
            store.write(input.slice(first, shape.batch_size));
          }
        } catch (const std::exception& error) {
          failures[i] = error.what();
        }
      });
    }
  }
  store.drain();
  for (const std::string& failure : failures) {
    if (!failure.empty()) throw Failure(failure);
  }
  return seconds_since(begin);
}

void write_durably(Run& run, const Shape& shape) {
  const int slices = run.plan().choose(2, 4);
  const double slice_seconds = run.plan().choose(0.1, 0.3);
  const double budget = slices * slice_seconds * 15e6;  // Records, were a sync to take no time.
  const auto records = std::min<std::size_t>(static_cast<std::size_t>(budget),
                                             shape.batch_size * shape.writers * 1'000'000);
  const Input input =
      Plant::in_order({.series = 1'000}, std::min<std::size_t>(records, 10'000'000));

  const auto store = run.open({.dir = {}, .acknowledged = Acknowledged::durable});
  store->announce(input.keys);
  std::atomic<std::size_t> taken = 0;
  double writing = 0;
  double sync_seconds = seconds_per_sync(run.plan().dir, slice_seconds / 2);
  for (int i = 0; i < slices; ++i) {
    writing += write_slice(*store, input, shape, taken, slice_seconds);
    sync_seconds += seconds_per_sync(run.plan().dir, slice_seconds / 2);
  }
  sync_seconds /= slices + 1;
  Run::expect(store->reader()->scan(), input.expected(taken), "full scan");
  run.set_engine_counters(*store);
  store->close();

  const double rate = static_cast<double>(taken) / writing;
  const auto group = static_cast<double>(shape.writers * shape.batch_size * run.kind().outstanding);
  const double formula = group / (sync_seconds + group * record_seconds);
  run.set("records_per_s", rate);
  run.set("sync_us", sync_seconds * 1e6);
  run.set("formula_records_per_s", formula);
  run.set("of_formula", rate / formula);
}

}  // namespace

void register_sync(const Plan& plan) {
  const auto add = [&](const Shape& shape, bool with_variants) {
    add_cases(
        plan,
        "sync/durable/writers:" + std::to_string(shape.writers) +
            "/batch:" + std::to_string(shape.batch_size),
        [=](Run& run) { write_durably(run, shape); }, with_variants);
  };
  using Counts = std::vector<std::size_t>;
  for (const std::size_t writers : plan.choose<Counts>({1, 64}, {1, 2, 4, 8, 16, 32, 64})) {
    add({writers, 1}, writers == 1);
  }
  for (const std::size_t batch_size : plan.choose<Counts>({1'000}, {100, 1'000})) {
    add({1, batch_size}, false);
  }
}

}  // namespace varve::bench
