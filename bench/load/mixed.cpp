// Writes that arrive at a fixed rate whatever the store does, and readers beside them. A write's
// latency counts from when it was due, so one that has to wait behind a slow one is slow too; only
// the timer's own lateness in waking the idle writer is left out, and reported by itself.

#include <sys/prctl.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "bench/load/run.hpp"

namespace varve::bench {

namespace {

constexpr std::size_t series_count = 1'000;
constexpr std::size_t batch_size = 100;
constexpr std::size_t lap_ticks = 1'000;
constexpr Duration step = std::chrono::seconds(1);

/// A plant's readings, again and again with later times: endless, and nothing to generate.
class Laps {
 public:
  Laps() : input_(Plant::in_order({.series = series_count}, series_count * lap_ticks)) {
    input_.readings.shrink_to_fit();
  }

  const Keys& keys() const { return input_.keys; }
  /// Fills `readings` with a batch. Those before a batch are whole ticks where its number is a
  /// multiple of ten.
  void batch(std::size_t number, std::vector<Reading>& readings) const {
    const std::size_t at = number * batch_size;
    const std::size_t lap = at / input_.readings.size();
    const auto shift = static_cast<Timestamp>(lap * lap_ticks) * step.count();
    const auto slice = input_.slice(at % input_.readings.size(), batch_size).readings;
    readings.clear();
    for (const Reading& reading : slice) {
      readings.emplace_back(reading.key(), reading.ts() + shift, reading.number());
    }
  }
  Answer expected(std::size_t batches) const {
    Answer answer;
    std::vector<Reading> readings;
    for (std::size_t i = 0; i < batches; ++i) {
      batch(i, readings);
      for (const Reading& reading : readings) answer.add({keys(), readings}, reading);
    }
    return answer;
  }

 private:
  Input input_;
};

/// What a thread of the run measured, or why it ended.
struct Measured {
  std::vector<double> latencies;  // Seconds.
  std::vector<double> lateness;   // Of the timer.
  double longest_call = 0;
  std::string failure;
};

class Mixed {
 public:
  Mixed(Store& store, const Laps& laps, double batches_per_s, double seconds)
      : store_(store), laps_(laps), period_(1 / batches_per_s), seconds_(seconds) {}

  void run() {
    begin_ = SteadyClock::now();
    per_tenth_.resize(static_cast<std::size_t>(seconds_ * 10) + 1);
    std::jthread writer([this] { guard(writes, [this] { write(); }); });
    std::jthread reader([this] { guard(reads, [this] { read(); }); });
  }

  Measured writes;
  Measured reads;
  std::size_t batches() const { return batches_; }
  /// Records acknowledged in each tenth of a second.
  const std::vector<std::size_t>& per_tenth() const { return per_tenth_; }

 private:
  static void guard(Measured& measured, const std::function<void()>& work) {
    try {
      ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
      work();
    } catch (const std::exception& error) {
      measured.failure = error.what();
    }
  }

  SteadyClock::time_point at(double seconds) const {
    return begin_ + std::chrono::duration_cast<SteadyClock::duration>(
                        std::chrono::duration<double>(seconds));
  }

  /// Waits for the moment, and returns from when the work counts: from then, if nothing but the
  /// timer is late.
  SteadyClock::time_point wait_for(SteadyClock::time_point due, Measured& measured) const {
    if (SteadyClock::now() >= due) return due;
    std::this_thread::sleep_until(due);
    const auto woken = SteadyClock::now();
    measured.lateness.push_back(std::chrono::duration<double>(woken - due).count());
    return woken;
  }

  void write() {
    std::vector<Reading> readings;
    for (std::size_t i = 0; static_cast<double>(i) * period_ < seconds_; ++i) {
      laps_.batch(i, readings);
      const auto from = wait_for(at(static_cast<double>(i) * period_), writes);
      const double call = seconds_of([&] { store_.write({laps_.keys(), readings}); });
      writes.latencies.push_back(seconds_since(from));
      writes.longest_call = std::max(writes.longest_call, call);
      batches_ = i + 1;
      const auto tenth = static_cast<std::size_t>(seconds_since(begin_) * 10);
      if (tenth < per_tenth_.size()) per_tenth_[tenth] += batch_size;
      // A store that is slower than the rate would go on for ever.
      if (seconds_since(begin_) > 2 * seconds_) break;
    }
    done_ = true;
  }

  /// Two hundred times a second: the newest record of a series, and the last ten behind it.
  void read() {
    const auto reader = store_.reader();
    Random random(5);
    constexpr double read_period = 0.005;
    for (std::size_t i = 0; !done_; ++i) {
      const auto from = wait_for(at(static_cast<double>(i) * read_period), reads);
      const auto ticks = static_cast<Timestamp>(batches_ * batch_size / series_count);
      if (ticks < 10) continue;
      const std::string_view key = laps_.keys()[random.below(series_count)];
      const Answer newest = reader->latest(key);
      const Timestamp end = first_ts + ticks * step.count();
      const Answer recent = reader->range(key, end - 10 * step.count(), end);
      reads.latencies.push_back(seconds_since(from));
      Run::expect(newest.records == 1, "latest beside writes");
      Run::expect(recent.records == 10, "ten records of one series beside writes");
    }
  }

  Store& store_;
  const Laps& laps_;
  const double period_;
  const double seconds_;
  SteadyClock::time_point begin_;
  std::atomic<std::size_t> batches_ = 0;  // Acknowledged.
  std::atomic<bool> done_ = false;
  std::vector<std::size_t> per_tenth_;  // The writer's.
};

/// Batches a second, written one after the other on this thread.
double full_load(Run& run, const Laps& laps) {
  const double seconds = run.plan().choose(0.3, 2.0);
  const auto store = run.open();
  std::vector<Reading> readings;
  std::size_t batches = 0;
  const auto begin = SteadyClock::now();
  while (seconds_since(begin) < seconds) {
    laps.batch(batches++, readings);
    store->write({laps.keys(), readings});
  }
  const double rate = static_cast<double>(batches) / seconds_since(begin);
  store->close();
  return rate;
}

/// `records_per_s` 0: half of what the store can do.
void write_and_read(Run& run, double records_per_s) {
  const Laps laps;
  const double rate = records_per_s > 0 ? records_per_s / batch_size : full_load(run, laps) / 2;
  const auto store = run.open();
  Mixed mixed(*store, laps, rate, run.plan().choose(1.0, run.plan().mixed_seconds));
  mixed.run();
  for (const std::string& failure : {mixed.writes.failure, mixed.reads.failure}) {
    if (!failure.empty()) throw Failure(failure);
  }
  store->drain();
  Run::expect(store->reader()->scan(), laps.expected(mixed.batches()), "full scan");
  run.set_engine_counters(*store);
  store->close();

  run.set("records_per_s_offered", rate * batch_size);
  run.set("records", static_cast<double>(mixed.batches() * batch_size));
  run.set("longest_stall_ms", mixed.writes.longest_call * 1e3);
  set_quantiles(run, "write", mixed.writes.latencies);
  set_quantiles(run, "timer", mixed.writes.lateness);
  set_quantiles(run, "read", mixed.reads.latencies);
  const auto file = run.trace_file("throughput");
  if (file.empty()) return;
  std::ofstream trace(file);
  for (std::size_t i = 0; i < mixed.per_tenth().size(); ++i) {
    trace << static_cast<double>(i) / 10 << ' ' << mixed.per_tenth()[i] * 10 << '\n';
  }
}

}  // namespace

void register_mixed(const Plan& plan) {
  add_cases(plan, "mixed/appended/half_load", [](Run& run) { write_and_read(run, 0); }, false);
  add_cases(
      plan, "mixed/appended/rate:20000", [](Run& run) { write_and_read(run, 20'000); }, false);
}

}  // namespace varve::bench
