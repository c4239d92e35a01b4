// The power goes at every call of a run that appends, rotates, releases and recycles, and again at
// every call of the run that follows. Whatever was followed by a good sync is there afterwards.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/engine/wal/wal_log.hpp"
#include "tests/support/random.hpp"

namespace varve::engine {
namespace {

using test::PowerCut;
using test::SimulatedDisk;

/// What the world knows after a run that may have been cut short.
struct Promise {
  std::uint64_t first_segment = 1;  // As a manifest would say, durably.
  bool first_required = false;
  std::uint64_t released = 0;  // Batches up to here are in tables.
  std::uint64_t synced = 0;    // Batches up to here are durable.
  std::vector<Batch> log;      // Of which an append was begun, in order.
};

/// Opens the log, appends with a sync now and then, and moves on as flushes would.
Status run(const std::shared_ptr<SimulatedDisk>& disk, Promise& promise, int steps) {
  auto replayed = replay(*disk, promise.first_segment, promise.first_required);
  if (!replayed) return std::unexpected(replayed.error());
  WalPosition position = replayed->result.position;
  std::uint64_t next = position.last_sequence + 1;

  WalLog log(disk, position);
  if (Status status = log.wal().secure_replayed(); !status) return status;
  if (auto begun = log.wal().rotate(); !begun) return std::unexpected(begun.error());
  promise.log = replayed->batches;
  promise.synced = next - 1;
  for (int step = 0; step < steps; ++step) {
    promise.log.insert(promise.log.end(), {batch(next), batch(next + 1)});
    if (Status status = log.append({batch(next), batch(next + 1)}); !status) return status;
    next += 2;
    if (step % 3 == 1) {
      if (Status status = log.wal().sync(); !status) return status;
      promise.synced = next - 1;
    }
    if (step % 4 == 3) {
      auto begun = log.wal().rotate();
      if (!begun) return std::unexpected(begun.error());
      // As when a memtable was flushed: the manifest begins at the new segment.
      promise.first_segment = *begun;
      promise.first_required = true;
      promise.released = next - 1;
      if (Status status = log.wal().release(*begun); !status) return status;
    }
    if (step % 5 == 4) {
      if (auto prepared = log.wal().prepare_spare(); !prepared) {
        return std::unexpected(prepared.error());
      }
    }
  }
  return log.wal().close();
}

void expect_kept(SimulatedDisk& disk, const Promise& promise) {
  const auto replayed = replay(disk, promise.first_segment, promise.first_required);
  ASSERT_TRUE(replayed) << replayed.error().message();
  EXPECT_TRUE(replayed->result.damages.empty()) << replayed->result.damages[0].where;
  // From what is in tables on: all that was synced, then some of what follows, in order.
  std::vector<Batch> expected = promise.log;
  std::erase_if(expected, [&](const Batch& each) { return each.sequence <= promise.released; });
  std::vector<Batch> found = replayed->batches;
  std::erase_if(found, [&](const Batch& each) { return each.sequence <= promise.released; });
  ASSERT_LE(found.size(), expected.size());
  if (found.size() < expected.size()) {
    EXPECT_GT(expected[found.size()].sequence, promise.synced) << "it is lost";
  }
  expected.resize(found.size());
  EXPECT_EQ(found, expected);
}

TEST(WalCrash, keeps_what_was_synced_wherever_the_power_goes) {
  constexpr int steps = 14;
  std::uint64_t calls = 0;
  {
    auto disk = wal_disk();
    const std::uint64_t before = disk->changes();
    Promise promise;
    run(disk, promise, steps).value();
    calls = disk->changes() - before;
  }
  ASSERT_GT(calls, 50u);
  const std::uint64_t seed = test::test_seed();
  SCOPED_TRACE(test::describe_seed(seed));
  for (std::uint64_t at = 1; at <= calls; ++at) {
    auto disk = wal_disk();
    Promise promise;
    disk->cut_power_at(at);
    (void)run(disk, promise, steps);
    ASSERT_TRUE(disk->power_is_off()) << "no cut at call " << at;
    std::vector<PowerCut> cuts{PowerCut::lose_unsynced(), PowerCut::keep_all()};
    for (std::uint64_t i = 0; i < 8; ++i) cuts.push_back(PowerCut::random(seed + at * 100 + i));
    for (const PowerCut& cut : cuts) {
      SCOPED_TRACE("cut at call " + std::to_string(at) + ", " + disk->cut_in() + ", " +
                   cut.describe());
      const auto after = disk->after(cut);
      expect_kept(*after, promise);
      if (testing::Test::HasFailure()) return;

      // Life goes on, and the power goes again, anywhere.
      Promise second = promise;
      after->cut_power_at(1 + (seed + at) % 23);
      (void)run(after, second, steps);
      const auto again = after->after(PowerCut::random(seed + at));
      // A second run may number batches that the first had lost anew.
      second.synced = std::max(second.synced, promise.synced);
      expect_kept(*again, second);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(WalCrash, survives_a_failure_of_any_one_call_without_a_reopen) {
  constexpr int steps = 14;
  for (const test::Call call : {test::Call::create, test::Call::write, test::Call::rename,
                                test::Call::remove, test::Call::sync_directory}) {
    for (std::uint64_t at = 1; at <= 40; ++at) {
      SCOPED_TRACE("call " + std::to_string(static_cast<int>(call)) + " number " +
                   std::to_string(at));
      auto disk = wal_disk();
      WalLog log(disk);
      disk->fail({.call = call, .at = at});
      std::vector<Batch> good;
      for (std::uint64_t sequence = 1; sequence <= steps; ++sequence) {
        if (log.append({batch(sequence)})) good.push_back(batch(sequence));
        if (sequence % 3 == 0) (void)log.wal().rotate();
        if (sequence % 4 == 0) (void)log.wal().prepare_spare();
      }
      ASSERT_GE(good.size(), static_cast<std::size_t>(steps) - 1);
      ASSERT_EQ(replay(*disk).value().batches, good);
      log.wal().sync().value();
      ASSERT_EQ(replay(*disk->after(PowerCut::lose_unsynced())).value().batches, good);
    }
  }
}

}  // namespace
}  // namespace varve::engine
