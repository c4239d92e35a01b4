// Allocations that fail here and there, on any thread: of the engine's own too, which nobody calls.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tests/memory/sample.hpp"
#include "tests/support/engine_sizes.hpp"
#include "tests/support/failing_allocations.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"

namespace varve::test {
namespace {

using Of = FailAllocation::Of;
using Until = FailAllocation::Until;

constexpr int batches_max = 60;
constexpr std::array<const char*, 2> first_series{"w0/a", "w1/a"};
constexpr std::array<const char*, 2> second_series{"w0/b", "w1/b"};

/// What became of a batch, as its writer was told.
enum class Fate : std::uint8_t { untold, written, refused, unknown, wrong };

Fate fate_of(std::error_code error) {
  if (!error) return Fate::written;
  if (error == std::errc::not_enough_memory) return Fate::refused;
  return error == Errc::unknown ? Fate::unknown : Fate::wrong;
}

/// Two writers, a reader and somebody who keeps the house, beside the engine's own threads.
class Household {
 public:
  explicit Household(Engine& engine) : engine_(engine) {
    threads_.reserve(4);
    for (std::size_t writer = 0; writer < fates_.size(); ++writer) {
      threads_.emplace_back([this, writer] { write(writer); });
    }
    threads_.emplace_back([this] { read(); });
    threads_.emplace_back([this] { keep(); });
  }

  bool is_writing() const { return writing_ != 0; }
  void end() {
    while (is_writing()) std::this_thread::yield();
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  /// Answers that there may not be, whatever fails.
  int wrong() const { return wrong_; }

  /// REQUIRES that the engine is closed: then every writer was told.
  void expect_told_the_truth(const Content& content) const {
    for (std::size_t writer = 0; writer < fates_.size(); ++writer) {
      for (int i = 0; i < batches_max; ++i) {
        SCOPED_TRACE("batch " + std::to_string(i) + " of writer " + std::to_string(writer));
        const int found = found_of(content, first_series[writer], i) +
                          found_of(content, second_series[writer], i);
        EXPECT_NE(found, 1) << "half of it is there";
        switch (fates_[writer][static_cast<std::size_t>(i)].load()) {
          case Fate::untold: ADD_FAILURE() << "nobody was told"; break;
          case Fate::written: EXPECT_EQ(found, 2); break;
          case Fate::refused: EXPECT_EQ(found, 0); break;
          case Fate::unknown: break;
          case Fate::wrong: ADD_FAILURE() << "another error"; break;
        }
      }
    }
  }

 private:
  using Fates = std::array<std::atomic<Fate>, batches_max>;

  static int found_of(const Content& content, std::string_view key, Timestamp ts) {
    int found = 0;
    for (const Record& record : content.records) {
      if (record.key() == key && record.ts() == ts) ++found;
    }
    return found;
  }

  void write(std::size_t writer) {
    for (int i = 0; i < batches_max; ++i) {
      std::atomic<Fate>& fate = fates_[writer][static_cast<std::size_t>(i)];
      try {
        write_one(writer, i, fate);
      } catch (const std::bad_alloc&) {
        fate = Fate::refused;
      }
    }
    --writing_;
  }

  void write_one(std::size_t writer, int i, std::atomic<Fate>& fate) {
    WriteBatch batch;
    batch.put(first_series[writer], i, i);
    batch.put(second_series[writer], i, std::string(300, 'x'));
    if (i % 4 == 3) {
      engine_.async_write(std::move(batch),
                          [&fate](std::error_code error, Receipt) { fate = fate_of(error); });
      return;
    }
    WriteOptions options;
    if (i % 4 == 2) options.durability(Durability::always());
    const Result<Receipt> receipt = engine_.write(std::move(batch), options);
    fate = fate_of(receipt ? std::error_code() : receipt.error().code);
  }

  template <class Outcome>
  void expect_done_or_no_memory(const Outcome& outcome) {
    if (!outcome && !is_for_memory(outcome.error())) ++wrong_;
  }

  void read() {
    while (!done_) {
      try {
        const auto found = engine_.query(Query::prefix("w"), ReadOptions().threads(2));
        expect_done_or_no_memory(found);
        if (found && !are_whole(*found)) ++wrong_;
        expect_done_or_no_memory(
            engine_.aggregate(Query::all(), Aggregation::count.group_by_label("room")));
        expect_done_or_no_memory(engine_.latest("w0/a"));
      } catch (const std::bad_alloc&) {
        continue;
      }
    }
  }

  static bool are_whole(const std::vector<Record>& records) {
    int balance = 0;
    for (const Record& record : records) balance += record.key().ends_with('a') ? 1 : -1;
    return balance == 0;
  }

  void keep() {
    while (!done_) {
      try {
        expect_done_or_no_memory(engine_.flush());
        expect_done_or_no_memory(engine_.compact());
        expect_done_or_no_memory(engine_.collect_garbage());
        static_cast<void>(engine_.stats());
      } catch (const std::bad_alloc&) {
        continue;
      }
    }
  }

  Engine& engine_;
  std::array<Fates, first_series.size()> fates_{};
  std::atomic<int> writing_ = static_cast<int>(first_series.size());
  std::atomic<bool> done_ = false;
  std::atomic<int> wrong_ = 0;
  std::vector<std::thread> threads_;
};

/// Lets allocations fail while there are writers. Takes no memory itself.
void fail_now_and_then(Random& random, const Household& household) {
  while (household.is_writing()) {
    const std::uint64_t n = random.below(400) + 1;
    const bool lasts = random.chance(0.25);
    const FailAllocation fail(n, lasts ? Until::the_end : Until::once, Of::any_thread);
    while (household.is_writing() && !fail.was_reached()) std::this_thread::yield();
    if (lasts) std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
}

TEST(ThreadsWithoutMemory, go_on_and_tell_the_truth) {
  const std::uint64_t seed = test_seed();
  SCOPED_TRACE(describe_seed(seed));
  Random random(seed);
  const int rounds = is_sanitized ? 5 : 25;
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const std::shared_ptr<FileSystem> files = sample().copy();
    Options options = tiny_options(files);
    options.threadless = false;
    options.clock.reset();  // Who waits for a moment waits for the machine's.
    Engine engine = open_engine(options, Sizes::tiny).value();
    Household household(engine);
    fail_now_and_then(random, household);
    household.end();
    EXPECT_EQ(household.wrong(), 0);
    EXPECT_TRUE(engine.sync());
    expect_index_agrees(engine);
    expect_goes_on(engine);
    EXPECT_TRUE(engine.close());

    Engine reopened = open_engine(options, Sizes::tiny).value();
    const RecoveryReport& report = reopened.recovery_report();
    EXPECT_TRUE(report.damages.empty() && report.set_aside.empty()) << report.to_string();
    household.expect_told_the_truth(content_of(reopened));
    EXPECT_TRUE(reopened.close());
  }
}

}  // namespace
}  // namespace varve::test
