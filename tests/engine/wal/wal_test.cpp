#include "engine/wal/wal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/wal/wal_log.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::PowerCut;

TEST(Wal, keeps_groups_of_many_batches_across_segments) {
  auto disk = wal_disk();
  WalLog log(disk);
  EXPECT_EQ(log.wal().rotate().value(), 1u);
  std::vector<Batch> all;
  for (std::uint64_t sequence = 1; sequence <= 60; sequence += 3) {
    const std::vector<Batch> group = batches(sequence, sequence + 2);
    log.append(group).value();
    all.insert(all.end(), group.begin(), group.end());
  }
  EXPECT_GT(log.wal().current_segment(), 5u);
  EXPECT_EQ(replay(*disk).value().batches, all);
}

TEST(Wal, takes_sequences_with_gaps_and_batches_of_nothing) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  const std::vector<Batch> group{{10, "", {}}, {20, "a", {"\1k"}}, {sequence_end - 1, "", {}}};
  log.append(group).value();
  EXPECT_EQ(replay(*disk).value().batches, group);
}

TEST(Wal, writes_a_key_once_in_a_segment) {
  auto disk = wal_disk();
  WalLog log(disk, {}, 1 << 16);
  log.wal().rotate().value();
  const std::string key = "\1" + std::string(1000, 'k');
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    log.append({{sequence, "p", {key, key}}}).value();
  }
  EXPECT_LT(log.wal().bytes_appended(), 2000u);
  log.wal().rotate().value();
  log.append({{6, "p", {key}}}).value();
  const Replayed replayed = replay(*disk).value();
  ASSERT_EQ(replayed.batches.size(), 6u);
  for (const Batch& each : replayed.batches) EXPECT_EQ(each.keys.back(), key);
}

TEST(Wal, gives_a_group_larger_than_a_segment_one_of_its_own) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  const std::vector<Batch> all{
      batch(1), {2, std::string(300'000, 'x'), {"\1k"}}, {3, std::string(2'000, 'y'), {"\1k"}}};
  for (const Batch& each : all) log.append({each}).value();
  EXPECT_EQ(replay(*disk).value().batches, all);
  EXPECT_GE(log.wal().bytes(), 300'000u);
}

TEST(Wal, goes_on_after_a_reopen_in_a_new_segment) {
  auto disk = wal_disk();
  for (std::uint64_t life = 0; life < 4; ++life) {
    Replayed before = replay(*disk).value();
    EXPECT_EQ(before.batches, batches(1, 2 * life));
    EXPECT_FALSE(before.result.cut);
    WalLog log(disk, before.result.position);
    log.wal().secure_replayed().value();
    EXPECT_EQ(log.wal().rotate().value(), life + 1);
    log.append({batch(2 * life + 1)}).value();
    log.append({batch(2 * life + 2)}).value();
  }
}

TEST(Wal, never_counts_what_a_recovery_cut_off) {
  auto disk = wal_disk();
  {
    WalLog log(disk);
    fill(log, 1, 3);
  }
  // Segment 2 loses its group, so 3 is void too.
  disk->flip_bit(segment_path(2), 8 * 200);
  const Replayed torn = replay(*disk).value();
  ASSERT_TRUE(torn.result.cut);
  {
    WalLog log(disk, torn.result.position);
    log.wal().secure_replayed().value();
    EXPECT_EQ(log.wal().rotate().value(), 4u);
    log.append({batch(4)}).value();  // What is lost has its sequences.
  }
  disk->flip_bit(segment_path(2), 8 * 200);  // As if the disk had come to its senses.
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, (std::vector<Batch>{batch(1), batch(4)}));
  EXPECT_TRUE(replayed.result.damages.empty());
  EXPECT_FALSE(replayed.result.cut);
}

TEST(Wal, makes_durable_what_a_killed_process_left_in_the_kernel) {
  auto disk = wal_disk();
  {
    WalLog log(disk);
    fill(log, 1, 2);
  }
  WalLog log(disk, replay(*disk).value().result.position);
  log.wal().secure_replayed().value();
  log.wal().rotate().value();
  log.append({batch(3)}).value();
  log.wal().sync().value();
  const auto after = disk->after(PowerCut::lose_unsynced());
  EXPECT_EQ(replay(*after).value().batches, batches(1, 3));
}

TEST(Wal, has_every_synced_group_after_a_power_cut) {
  auto disk = wal_disk();
  WalLog log(disk);
  fill(log, 1, 4);
  log.wal().sync().value();
  log.append({batch(5)}).value();
  const auto after = disk->after(PowerCut::lose_unsynced());
  EXPECT_EQ(replay(*after).value().batches, batches(1, 4));
}

TEST(Wal, keeps_only_what_it_knows_to_be_synced_as_evidence) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    log.append({batch(sequence)}, 1'000'000).value();  // A caller who is wrong.
  }
  disk->flip_bit(segment_path(1), 8 * 130);
  EXPECT_TRUE(replay(*disk).value().result.damages.empty());
}

TEST(Wal, counts_nothing_of_a_failed_append) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  disk->fail({.call = Call::write});
  EXPECT_FALSE(log.append({batch(2)}));
  EXPECT_EQ(replay(*disk).value().batches, batches(1, 1));
  log.append({batch(3)}).value();
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, (std::vector{batch(1), batch(3)}));
  EXPECT_FALSE(replayed.result.cut);
}

TEST(Wal, counts_nothing_of_a_failed_append_though_all_of_it_reached_the_disk) {
  Bytes whole;
  {
    auto twin = wal_disk();
    WalLog log(twin);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
    log.append({batch(2)}).value();
    ASSERT_EQ(replay(*twin).value().batches, batches(1, 2));
    whole = twin->content(segment_path(1));
  }
  auto disk = wal_disk();
  {
    WalLog log(disk);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
    disk->fail({.call = Call::write});
    EXPECT_FALSE(log.append({batch(2)}));
    disk->set_content(segment_path(1), whole);
  }
  EXPECT_EQ(replay(*disk).value().batches, batches(1, 1));
}

TEST(Wal, ends_a_segment_whose_write_failed_when_it_closes_at_the_latest) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  disk->fail({.call = Call::write, .lasting = true});
  EXPECT_FALSE(log.append({batch(2)}));
  EXPECT_FALSE(log.append({batch(2)}));
  EXPECT_EQ(log.wal().current_segment(), 1u);
  EXPECT_FALSE(log.wal().close()) << "the batch may count yet";
  disk->clear_faults();
  log.wal().close().value();
  EXPECT_EQ(log.wal().current_segment(), 2u);
}

TEST(Wal, takes_the_same_batches_again_after_a_failure) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  disk->fail({.call = Call::write, .at = 1, .lasting = true, .error_number = ENOSPC});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log.append({batch(2)}).error().code, Errc::no_space);
  disk->clear_faults();
  log.append({batch(2)}).value();
  EXPECT_EQ(replay(*disk).value().batches, batches(1, 2));
}

TEST(Wal, stands_as_before_after_a_failed_rotation) {
  for (const Call call : {Call::create, Call::write, Call::sync, Call::rename, Call::sync_directory,
                          Call::list, Call::open}) {
    for (const bool begun : {false, true}) {
      SCOPED_TRACE(static_cast<int>(call));
      auto disk = wal_disk();
      WalLog log(disk);
      std::uint64_t last = 0;
      if (begun) {
        log.wal().rotate().value();
        log.append({batch(++last)}).value();
      }
      disk->fail({.call = call});
      if (log.wal().rotate()) continue;  // That call is not part of it.
      EXPECT_EQ(replay(*disk).value().batches, batches(1, last));
      log.append({batch(++last)}).value();
      EXPECT_EQ(replay(*disk).value().batches, batches(1, last));
      log.wal().rotate().value();
      log.append({batch(++last)}).value();
      log.wal().sync().value();
      const auto after = disk->after(PowerCut::lose_unsynced());
      EXPECT_EQ(replay(*after).value().batches, batches(1, last));
      EXPECT_FALSE(replay(*after).value().result.cut);
    }
  }
}

TEST(Wal, reports_a_failed_sync_and_never_pretends_after_it) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  disk->fail({.call = Call::sync});
  EXPECT_EQ(log.wal().sync().error().code, std::errc::io_error);
  EXPECT_FALSE(log.wal().sync());
}

TEST(Wal, syncs_nothing_where_nothing_was_appended) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  log.wal().sync().value();
  const std::uint64_t syncs = disk->calls(Call::sync);
  log.wal().sync().value();
  EXPECT_EQ(disk->calls(Call::sync), syncs);
}

TEST(Wal, counts_its_bytes) {
  auto disk = wal_disk();
  WalLog log(disk);
  EXPECT_EQ(log.wal().bytes(), 0u);
  EXPECT_EQ(log.wal().current_segment(), 0u);
  fill(log, 1, 3);
  EXPECT_EQ(log.wal().current_segment(), 3u);
  EXPECT_EQ(log.wal().bytes(), 3 * 512u);
  EXPECT_EQ(log.wal().live_bytes(), 3 * 512u);
  const std::uint64_t current = 128 + log.wal().bytes_appended() / 3;
  EXPECT_EQ(log.wal().bytes_since(3), current);
  EXPECT_EQ(log.wal().bytes_since(2), 512 + current);
  EXPECT_EQ(log.wal().bytes_since(4), 0u);
}

TEST(Wal, is_appended_to_synced_and_released_at_once) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  std::atomic<bool> done = false;
  std::thread syncer([&] {
    while (!done) {
      log.wal().sync().value();
      log.wal().prepare_spare().value();
    }
  });
  std::thread releaser([&] {
    while (!done) {
      const std::uint64_t current = log.wal().current_segment();
      if (current > 5) log.wal().release(current - 4).value();
      const std::uint64_t since = log.wal().bytes_since(current);  // Only this thread takes away.
      EXPECT_GE(log.wal().bytes(), since);
    }
  });
  for (std::uint64_t sequence = 1; sequence <= 2'000; ++sequence) {
    log.append({batch(sequence)}).value();
  }
  done = true;
  syncer.join();
  releaser.join();
  log.wal().sync().value();
  const auto after = disk->after(PowerCut::lose_unsynced());
  const std::uint64_t first = log.wal().current_segment() - 4;
  const Replayed replayed = replay(*after, first, true).value();
  ASSERT_FALSE(replayed.batches.empty());
  EXPECT_EQ(replayed.batches, batches(replayed.batches[0].sequence, 2'000));
}

}  // namespace
}  // namespace varve::engine
