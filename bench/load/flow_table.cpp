// The table that FlowDB publishes, exactly: every key new, values of 128 bytes, batches of 100;
// and every hit and every count is asserted.

#include <thread>

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

constexpr std::size_t record_count = 100'000;
constexpr std::size_t batch_size = 100;
constexpr std::size_t get_count = 10'000;
constexpr std::size_t prefix_count = 1'000;
constexpr std::size_t writer_count = 8;

std::string prefix_of(std::size_t query) {
  const std::string number = std::to_string(query % 100);
  return "key_" + std::string(4 - number.size(), '0') + number;
}

void write_sequentially(Run& run, Store& store, const Input& input) {
  const Progress progress = write_all(store, input, batch_size);
  run.set("sequential_write_per_s", progress.rate());
}

void read(Run& run, Store& store, const Input& input, const std::string& when) {
  const auto reader = store.reader();
  std::size_t hits = 0;
  const double getting = seconds_of([&] {
    for (std::size_t i = 0; i < get_count; ++i) {
      const Reading& wanted = input.readings[i * 10 % record_count];
      const auto found = reader->get(input.keys[wanted.key()], wanted.ts());
      if (found && *found == digest(wanted)) ++hits;
    }
  });
  Run::expect(hits == get_count, std::to_string(hits) + " hits of 10,000 gets");
  run.set("get_per_s" + when, static_cast<double>(get_count) / getting);

  // Prefixes key_0000 to key_0009 hold 10,000 keys each, the others none.
  std::vector<Answer> wanted(100);
  for (const Reading& reading : input.readings) {
    wanted[reading.key() / 10'000].add(input.all(), reading);
  }
  std::vector<Answer> found(prefix_count);
  const double querying = seconds_of([&] {
    for (std::size_t i = 0; i < prefix_count; ++i) found[i] = reader->prefix(prefix_of(i));
  });
  for (std::size_t i = 0; i < prefix_count; ++i) {
    Run::expect(found[i], wanted[i % 100], "prefix query " + prefix_of(i));
  }
  run.set("prefix_queries_per_s" + when, static_cast<double>(prefix_count) / querying);

  Answer all;
  const double scanning = seconds_of([&] { all = reader->scan(); });
  Run::expect(all, input.expected(), "full scan");
  run.set("scan_records_per_s" + when, static_cast<double>(record_count) / scanning);
}

void write_concurrently(Run& run) {
  std::vector<Input> inputs;
  inputs.reserve(writer_count);
  for (std::size_t i = 0; i < writer_count; ++i) {
    inputs.push_back(flow_table("cw" + std::to_string(i) + '_', 1, record_count / writer_count));
  }
  Answer wanted;
  for (const Input& input : inputs) {
    const Answer more = input.expected();
    wanted.records += more.records;
    wanted.sum += more.sum;
  }

  const auto store = run.open();
  std::vector<std::string> failures(writer_count);
  const double seconds = seconds_of([&] {
    std::vector<std::jthread> writers;
    writers.reserve(writer_count);
    for (std::size_t i = 0; i < writer_count; ++i) {
      writers.emplace_back([&, i] {
        try {
          write_all(*store, inputs[i], batch_size);
        } catch (const std::exception& error) {
          failures[i] = error.what();
        }
      });
    }
  });
  for (const std::string& failure : failures) {
    if (!failure.empty()) throw Failure(failure);
  }
  Run::expect(store->reader()->scan(), wanted, "full scan after concurrent writes");
  store->close();
  run.set("concurrent_write_per_s", static_cast<double>(wanted.records) / seconds);
}

void run_table(Run& run) {
  const Input input = flow_table("key_", 8, record_count);
  {
    const auto store = run.open();
    write_sequentially(run, *store, input);
    read(run, *store, input, "");
    store->settle();
    read(run, *store, input, "_settled");
    store->close();
    run.set("disk_bytes", static_cast<double>(disk_bytes(run.dir())));
  }
  write_concurrently(run);
}

}  // namespace

void register_flow_table(const Plan& plan) {
  add_cases(plan, "flow_table/appended", run_table, false);
}

}  // namespace varve::bench
