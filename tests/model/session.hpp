#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/model/comparison.hpp"
#include "tests/model/model.hpp"
#include "tests/model/program.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/manual_clock.hpp"
#include "varve/varve.hpp"

namespace varve::test {

/// An engine and the model beside it, and what was taken out of them. Each step does the same to
/// both; where their answers differ it throws Mismatch.
class Session {
 public:
  /// Opens an engine over files in memory. `story` gets a line for what each step does.
  Session(const Words& words, std::uint64_t seed, Sizes sizes, std::vector<std::string>& story);

  void run(const Step& step);
  /// Everything is compared: as it is, when all is in tables and collected, and once reopened.
  void finish();

 private:
  template <class T>
  using Outcome = std::pair<std::error_code, T>;
  using Random = test::Random;

  struct HeldSnapshot {
    ReadOptions options;
    Model model;
  };
  struct HeldScan {
    Scan scan;
    std::vector<Record> expected;
    std::vector<Record> given;
  };

  // Writing (session_writes.cpp).
  void write(Action action, Random& random);
  void feed(Random& random);
  void deliver(Action action, const Changes& changes, const WriteOptions& options, Random& random);
  Receipt deliver_many(const Changes& changes, const WriteOptions& options, Random& random);
  void write_async(const Changes& changes, const WriteOptions& options);
  void patch(bool async, Random& random);
  void refused(Random& random);
  WriteBatch batch_of(const Changes& changes, bool with_handles, Random& random);
  WriteOptions write_options(Random& random, Changes& changes) const;
  const Series& series(const std::string& key);
  void note(const Receipt& receipt, const WriteOptions& options);

  // Reading (session.cpp).
  void check_all(Random& random);
  void read_async(Random& random);
  void take_snapshot();
  void read_snapshot(Random& random);
  void go_on_scanning(Random& random);
  void compare_scan(HeldScan& held, bool to_the_end);

  // Keeping, time and opening (session.cpp).
  void keep(Action action, Random& random);
  void toggle_maintenance();
  void turn_clock(bool forward, Random& random);
  void set_clock(Timestamp wall);
  void reopen(Random& random);
  void reopen_at(Timestamp wall);
  void open();
  void close();
  void settle_doubts();

  /// What was submitted and not applied comes first, whatever makes the engine look.
  void apply_pending();
  void step_engine();
  void check_outcomes();

  /// The outcome of an asynchronous call, made by `start(handler)`.
  template <class T, class Start>
  Outcome<T> wait_for(Start start);
  template <class T>
  Outcome<T> wait_for_future(std::future<Outcome<T>> future);

  void tell(std::string_view line) { story_.back() += line; }

  const Words& words_;
  const Sizes sizes_;
  Random random_;
  std::vector<std::string>& story_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(Words::epoch);
  Options options_;
  Model model_{Words::epoch};
  std::optional<Engine> engine_;

  // What must not outlive the engine.
  std::map<std::string, Series, std::less<>> series_;
  std::optional<MaintenanceHandle> maintenance_;
  std::vector<HeldSnapshot> snapshots_;
  std::vector<HeldScan> scans_;

  std::deque<Changes> pending_;  // Of threadless engines: in the queue.
  std::vector<std::future<Outcome<Receipt>>> outcomes_;
  std::uint64_t last_sequence_ = 0;
  Timestamp fed_ = Words::epoch;  // Up to here.
};

template <class T, class Start>
Session::Outcome<T> Session::wait_for(Start start) {
  auto promise = std::make_shared<std::promise<Outcome<T>>>();
  auto future = promise->get_future();
  start(
      [promise](std::error_code error, T value) { promise->set_value({error, std::move(value)}); });
  return wait_for_future(std::move(future));
}

template <class T>
Session::Outcome<T> Session::wait_for_future(std::future<Outcome<T>> future) {
  using namespace std::chrono_literals;
  if (words_.threadless()) {
    for (int steps = 0; steps < 10'000 && future.wait_for(0s) != std::future_status::ready;
         ++steps) {
      step_engine();
    }
  }
  require(future.wait_for(words_.threadless() ? 0s : 120s) == std::future_status::ready,
          "an asynchronous call does not complete");
  return future.get();
}

}  // namespace varve::test
