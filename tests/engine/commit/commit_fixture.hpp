#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/counters.hpp"
#include "engine/commit/committer.hpp"
#include "engine/commit/label_feed.hpp"
#include "engine/commit/syncer.hpp"
#include "engine/table/table.hpp"
#include "engine/version/version_set.hpp"
#include "engine/wal/batch.hpp"
#include "engine/wal/wal.hpp"
#include "tests/support/directories.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/simulated_disk.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {

/// A thread that waits for ever would not come back, and neither would the test.
constexpr std::chrono::seconds for_ever{60};

/// Returns what the future gives; ends the program where it never does.
template <class T>
T get_or_die(std::future<T>& running, const std::string& what) {
  if (running.wait_for(for_ever) != std::future_status::ready) {
    std::fprintf(stderr, "%s waits for ever\n", what.c_str());
    std::_Exit(1);
  }
  return running.get();
}

/// Waits until the condition holds; ends the program where it never does.
template <class Condition>
void wait_until(Condition condition, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + for_ever;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      std::fprintf(stderr, "%s never happens\n", what.c_str());
      std::_Exit(1);
    }
    std::this_thread::yield();
  }
}

/// A request with its batch, and what became of it.
class TestWrite : public WriteRequest {
 public:
  explicit TestWrite(WriteBatch of, Durability durability = Durability::appended())
      : source_(std::move(of)) {
    batch = BatchReader::encode(source_, {}).value();
    need = needed(Durability::appended(), durability);
  }
  explicit TestWrite(const std::string& key, Durability durability = Durability::appended())
      : TestWrite(put(key), durability) {}

  static WriteBatch put(const std::string& key, std::size_t size = 8) {
    WriteBatch batch;
    batch.put(key, 1, std::string(size, 'v'));
    return batch;
  }

  /// For submit(): it comes back here, and to `order` where one is given.
  TestWrite& asynchronous(std::vector<std::uint64_t>* order = nullptr) {
    completions = &arrivals();
    order_ = order;
    return *this;
  }
  bool is_finished() const { return finished_.load(std::memory_order_acquire); }
  /// Waits for an asynchronous one.
  Result<Receipt> result() {
    wait_until([this] { return is_finished(); }, "the end of an asynchronous write");
    return outcome;
  }

 private:
  /// Where all of them come back.
  class Arrivals : public Completions {
   public:
    void complete(WriteRequest* first) override {
      while (first != nullptr) {
        auto* const write = static_cast<TestWrite*>(first);
        first = first->next;
        if (write->order_ != nullptr) write->order_->push_back(write->sequence);
        write->finished_.store(true, std::memory_order_release);  // It may be gone now.
      }
    }
  };
  static Arrivals& arrivals() {
    static Arrivals arrivals;
    return arrivals;
  }

  WriteBatch source_;
  std::vector<std::uint64_t>* order_ = nullptr;
  std::atomic<bool> finished_{false};
};

/// The path of writes by itself: a committer and a syncer over a log and memtables, on a disk in
/// memory. Nothing flushes. With Threads::none the test is the only thread.
class CommitFixture {
 public:
  enum class Threads { none, own };
  struct Sizes {
    std::size_t queue_bytes = std::size_t{1} << 20;
    std::size_t memtable_bytes = std::size_t{1} << 20;
    std::size_t wal_bytes = std::size_t{4} << 20;
  };

  explicit CommitFixture(Threads threads, const Sizes& sizes = default_sizes())
      : disk(std::make_shared<test::SimulatedDisk>()) {
    // Before any thread: what a test puts there later is read under the mutex.
    disk->on_call([this](test::Call call, const std::string&) {
      std::function<void()> hook;
      {
        const Lock lock(hook_mutex_);
        if (call != hook_call_) return;
        hook = std::exchange(hook_, nullptr);
      }
      if (hook) hook();
    });
    const auto directory = test::make_directory(*disk, dir);
    wal = std::make_unique<Wal>(
        WalOptions{.directory = directory, .segment_bytes = std::size_t{1} << 20, .log = Log()},
        WalPosition{});
    const std::uint64_t segment = wal->rotate().value();
    context.directory = directory;
    VersionSet::Start start;
    start.context = &context;
    start.active = std::make_shared<Memtable>(1, segment, 0);
    versions = VersionSet::create(std::move(start)).value();
    syncer = std::make_unique<Syncer>(wal.get(), clock, counters, Log(), 0);
    committer = std::make_unique<Committer>(CommitterContext{
        .versions = versions->published(),
        .wal = wal.get(),
        .syncer = *syncer,
        .counters = counters,
        .labels = labels,
        .clock = clock_watch,
        .log = Log(),
        .queue_bytes = sizes.queue_bytes,
        .memtable_bytes = sizes.memtable_bytes,
        .wal_bytes = sizes.wal_bytes,
        .threadless = threads == Threads::none,
        .make_room = [this] { return make_room(); },
        .on_frozen = [this] { ++frozen; },
    });
    if (threads == Threads::own) {
      syncer->start().value();
      committer->start().value();
    }
  }
  ~CommitFixture() {
    committer->stop();
    std::ignore = syncer->sync_through(committer->issued());
    syncer->stop();
  }
  CommitFixture(const CommitFixture&) = delete;
  CommitFixture& operator=(const CommitFixture&) = delete;

  /// Runs `hook` once, in the next such call of the disk, after its effect, on the thread that
  /// calls. Once the fixture stands, only the log writes and syncs.
  void in_next(test::Call call, std::function<void()> hook) {
    const Lock lock(hook_mutex_);
    hook_call_ = call;
    hook_ = std::move(hook);
  }

  Result<Receipt> write(WriteRequest& request,
                        Committer::Mode mode = Committer::Mode::blocking) const {
    return committer->write(request, mode);
  }
  Result<Receipt> write(const std::string& key,
                        Durability durability = Durability::appended()) const {
    TestWrite request(key, durability);
    return write(request);
  }
  /// On a thread of its own.
  std::future<Result<Receipt>> begin(TestWrite& request,
                                     Committer::Mode mode = Committer::Mode::blocking) const {
    return std::async(std::launch::async, [this, &request, mode] { return write(request, mode); });
  }

  std::uint64_t visible() const { return versions->visible_sequence(); }
  bool has(const std::string& key) const {
    const std::string internal = internal_key(key);
    return versions->active()
        ->get(internal, hash_of(internal), 1, versions->visible_sequence())
        .has_value();
  }
  /// The sequences in the log, as a replay would find them.
  std::vector<std::uint64_t> logged() const {
    std::vector<std::uint64_t> sequences;
    replay_wal(*disk->open_directory(dir).value(), {}, {},
               [&](const ReplayedBatch& batch) -> Status {
                 sequences.push_back(batch.sequence);
                 return {};
               })
        .value();
    return sequences;
  }
  std::uint64_t syncs() const { return counters.wal_syncs.value(); }

 private:
  static Sizes default_sizes() { return {}; }

  // The disk calls until it goes, so they outlive it.
  Mutex hook_mutex_;
  test::Call hook_call_ VARVE_GUARDED_BY(hook_mutex_){};
  std::function<void()> hook_ VARVE_GUARDED_BY(hook_mutex_);

 public:
  const std::filesystem::path dir = "/db";
  std::shared_ptr<test::SimulatedDisk> disk;
  test::ManualClock clock;
  Counters counters;
  LabelFeed labels;
  TrustedClock trusted{clock, [this] { return clock.wall(); }};
  ClockWatch clock_watch{clock, trusted};
  TableContext context{};
  std::atomic<int> frozen = 0;  // How many memtables were frozen.
  std::function<Status()> make_room = [] { return Status(); };
  std::unique_ptr<Wal> wal;
  std::unique_ptr<VersionSet> versions;
  std::unique_ptr<Syncer> syncer;
  std::unique_ptr<Committer> committer;
};

}  // namespace varve::engine
