// A log with a hole in it: whether that is damage or a cut, and what becomes of the sound groups
// behind the hole.

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "engine/record/payload.hpp"
#include "engine/wal/group.hpp"
#include "engine/wal/segment.hpp"
#include "tests/engine/wal/wal_log.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::PowerCut;
using test::SimulatedDisk;

/// Nine batches in three segments, none of them synced.
std::shared_ptr<SimulatedDisk> unsynced_log() {
  auto disk = wal_disk();
  WalLog log(disk);
  for (std::uint64_t sequence = 1; sequence <= 9; ++sequence) {
    if (sequence % 3 == 1) log.wal().rotate().value();
    log.append({batch(sequence)}).value();
  }
  return disk;
}

/// A bit of the second batch's group, in the first segment.
void damage(SimulatedDisk& disk) {
  GroupHeader header;
  const Bytes bytes = disk.content(segment_path(1));
  const ByteSpan first = ByteSpan(bytes).subspan(SegmentHeader::encoded_size);
  ASSERT_TRUE(header.decode(first, first.size()));
  const std::uint64_t second = SegmentHeader::encoded_size + aligned(header.size);
  disk.flip_bit(segment_path(1), (second + 60) * 8);
}

ReplayStart start_on(SimulatedDisk& disk) {
  return {.segment = 1, .required = true, .held = 0, .boot = disk.boot_id()};
}

TEST(ReplayHole, is_damage_where_the_machine_was_not_started_since) {
  const auto disk = unsynced_log();
  damage(*disk);
  const Replayed replayed = replay(*disk, start_on(*disk)).value();
  EXPECT_EQ(replayed.batches, batches(1, 1));
  EXPECT_FALSE(replayed.result.cut);
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].first_sequence, 2u);
  EXPECT_EQ(replayed.result.damages[0].last_sequence, 9u);
}

TEST(ReplayHole, is_a_cut_where_the_power_may_have_gone) {
  const auto disk = unsynced_log()->after(PowerCut::keep_all());
  damage(*disk);
  const Replayed replayed = replay(*disk, start_on(*disk)).value();
  EXPECT_EQ(replayed.batches, batches(1, 1));
  EXPECT_TRUE(replayed.result.damages.empty());
  EXPECT_TRUE(replayed.result.cut);
}

TEST(ReplayHole, at_the_very_end_is_a_write_that_the_end_of_the_process_interrupted) {
  const auto disk = unsynced_log();
  const Bytes bytes = disk->content(segment_path(3));
  std::size_t end = bytes.size();
  while (bytes[end - 1] == std::byte{0}) --end;
  disk->flip_bit(segment_path(3), (end - 1) * 8);
  const Replayed replayed = replay(*disk, start_on(*disk)).value();
  EXPECT_EQ(replayed.batches, batches(1, 8));
  EXPECT_TRUE(replayed.result.damages.empty());
  EXPECT_TRUE(replayed.result.cut);
}

TEST(ReplayHole, leaves_the_sound_groups_behind_it_named_and_kept) {
  for (const bool power_cut : {false, true}) {
    auto disk = unsynced_log();
    if (power_cut) disk = disk->after(PowerCut::keep_all());
    damage(*disk);
    const ReplayResult result = replay(*disk, start_on(*disk)).value().result;
    EXPECT_EQ(result.damaged_segments, (std::vector<std::uint64_t>{1, 2, 3}));
    ASSERT_EQ(result.set_aside.size(), 3u);
    EXPECT_EQ(result.set_aside[0].file, segment_name(1));
    EXPECT_EQ(result.set_aside[0].batches, 1u);
    EXPECT_EQ(result.set_aside[0].first_sequence, 3u);
    EXPECT_EQ(result.set_aside[1].batches, 3u);
    EXPECT_EQ(result.set_aside[1].first_sequence, 4u);
    EXPECT_EQ(result.set_aside[1].last_sequence, 6u);
    EXPECT_EQ(result.set_aside[1].keys,
              (std::vector<std::string>{"key1", "only4", "key2", "only5", "key0", "only6"}));
    EXPECT_EQ(result.position.last_sequence, 9u) << "their sequences are never given again";
  }
}

TEST(ReplayHole, says_the_times_of_the_sound_groups_behind_it) {
  auto disk = wal_disk();
  Payload payload;
  BatchEncoder(payload).put(0, -5, 1.0, {});
  BatchEncoder(payload).put(0, 70, 2.0, {});
  {
    WalLog log(disk);
    log.wal().rotate().value();
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
      log.append({{sequence,
                   std::string(as_text(ByteSpan(payload.bytes).first(payload.size))),
                   {"\1k"}}})
          .value();
    }
  }
  damage(*disk);
  const ReplayResult result = replay(*disk, start_on(*disk)).value().result;
  ASSERT_EQ(result.set_aside.size(), 1u);
  EXPECT_EQ(result.set_aside[0].first_ts, -5);
  EXPECT_EQ(result.set_aside[0].last_ts, 70);
}

TEST(ReplayHole, says_nothing_of_notes_and_labels_behind_it) {
  auto disk = wal_disk();
  Payload payload;
  for (std::uint32_t note = 0; note < 9; ++note) BatchEncoder(payload).put(note, 0, 1.0, {});
  BatchEncoder(payload).put(9, 70, 2.0, {});
  {
    WalLog log(disk, {}, 4096);
    log.wal().rotate().value();
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
      const std::string number = std::to_string(sequence);
      std::vector<std::string> keys;
      for (char note = 'a'; note < 'j'; ++note) keys.push_back("\3" + number + note);
      keys.push_back("\1k" + number);
      log.append(
             {{sequence, std::string(as_text(ByteSpan(payload.bytes).first(payload.size))), keys}})
          .value();
    }
  }
  damage(*disk);
  const ReplayResult result = replay(*disk, start_on(*disk)).value().result;
  ASSERT_EQ(result.set_aside.size(), 1u);
  EXPECT_EQ(result.set_aside[0].first_ts, 70);
  EXPECT_EQ(result.set_aside[0].keys, std::vector<std::string>{"k3"});
}

TEST(ReplayHole, is_damage_where_the_log_vouches_for_what_was_synced) {
  auto disk = wal_disk();
  {
    WalLog log(disk);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
    log.append({batch(2)}).value();
    log.wal().sync().value();
    EXPECT_TRUE(log.wal().vouch({}).value());
    EXPECT_FALSE(log.wal().vouch({}).value()) << "it was said";
  }
  disk = disk->after(PowerCut::keep_all());
  damage(*disk);
  const ReplayResult result = replay(*disk, start_on(*disk)).value().result;
  EXPECT_FALSE(result.cut);
  ASSERT_EQ(result.damages.size(), 1u);
  EXPECT_EQ(result.damages[0].first_sequence, 2u);
  EXPECT_EQ(result.damages[0].last_sequence, 2u);
}

TEST(ReplayHole, is_damage_where_the_next_segment_vouches_for_want_of_room) {
  int begun = 0;
  for (std::size_t size = 1; size < 400; ++size) {
    auto disk = wal_disk();
    {
      WalLog log(disk);
      log.wal().rotate().value();
      log.append({batch(1)}).value();
      Batch second = batch(2);
      second.payload = std::string(size, 'x');
      log.append({second}).value();
      if (disk->exists(segment_path(2)).value()) break;  // Nor had the batch room in the first.
      log.wal().sync().value();
      EXPECT_TRUE(log.wal().vouch({}).value());
      EXPECT_FALSE(log.wal().vouch({}).value()) << "it was said";
    }
    begun += disk->exists(segment_path(2)).value() ? 1 : 0;
    disk = disk->after(PowerCut::keep_all());
    damage(*disk);
    const ReplayResult result = replay(*disk, start_on(*disk)).value().result;
    EXPECT_FALSE(result.cut) << size;
    ASSERT_EQ(result.damages.size(), 1u) << size;
    EXPECT_EQ(result.damages[0].first_sequence, 2u);
    EXPECT_EQ(result.damages[0].last_sequence, 2u);
  }
  EXPECT_GT(begun, 10);
}

TEST(ReplayHole, is_not_there_where_a_group_only_vouches) {
  const auto disk = wal_disk();
  {
    WalLog log(disk);
    log.wal().rotate().value();
    for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
      log.append({batch(sequence)}).value();
      if (sequence == 3) {
        EXPECT_FALSE(log.wal().vouch({}).value()) << "it is not synced";
      }
      log.wal().sync().value();
      log.wal().vouch({}).value();
    }
    log.wal().rotate().value();
    EXPECT_FALSE(log.wal().vouch({}).value()) << "the header says it";
    log.append({batch(5)}).value();
  }
  const Replayed replayed = replay(*disk, start_on(*disk)).value();
  EXPECT_EQ(replayed.batches, batches(1, 5));
  EXPECT_FALSE(replayed.result.cut);
  EXPECT_TRUE(replayed.result.damages.empty());
}

TEST(ReplayHole, is_where_the_last_segment_that_was_begun_is_missing) {
  const auto disk = unsynced_log();
  disk->remove(segment_path(3)).value();
  ReplayStart start = start_on(*disk);
  EXPECT_TRUE(replay(*disk, start).value().result.damages.empty()) << "nothing shows it";
  start.last_begun = 3;
  const ReplayResult result = replay(*disk, start).value().result;
  ASSERT_EQ(result.damages.size(), 1u);
  EXPECT_EQ(result.damages[0].where, segment_name(3) + ": missing");
  EXPECT_EQ(result.damages[0].first_sequence, 7u);
  EXPECT_EQ(result.damages[0].last_sequence, 0u) << "perhaps it was empty";
  EXPECT_EQ(result.position.next_segment, 4u);
}

TEST(ReplayHole, is_not_there_where_values_look_like_groups) {
  auto disk = wal_disk();
  // Headers as whoever does not know the database's uuid can make them, one after the other.
  std::string lookalikes;
  Bytes group;
  GroupEncoder encoder(group, {}, 50);
  encoder.add_batch(50, {}, 8, 1, 0);
  encoder.seal(group_seed(Uuid{}, 1, 128), 0);
  for (int i = 0; i < 90; ++i) lookalikes += as_text(group);
  {
    WalLog log(disk, {}, 64 << 10);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
    log.append({{2, lookalikes, {"\1k"}}}).value();
  }
  disk = disk->after(PowerCut::keep_all());
  damage(*disk);
  const ReplayResult result = replay(*disk, start_on(*disk)).value().result;
  EXPECT_TRUE(result.cut);
  EXPECT_TRUE(result.damages.empty());
  EXPECT_TRUE(result.set_aside.empty());
  EXPECT_TRUE(result.damaged_segments.empty());
}

TEST(Replay, says_which_bytes_nothing_proves_durable) {
  const auto disk = unsynced_log();
  const WalPosition position = replay(*disk, start_on(*disk)).value().result.position;
  EXPECT_EQ(position.synced, 0u);
  ASSERT_EQ(position.unproven.size(), 3u);
  EXPECT_EQ(position.unproven[0].first, SegmentHeader::encoded_size);
  EXPECT_EQ(position.unproven[2].last_sequence, 9u);
}

TEST(Replay, says_nothing_of_bytes_that_a_later_group_proves_durable) {
  const auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  log.wal().rotate().value();
  log.append({batch(2)}).value();
  log.wal().sync().value();
  log.append({batch(3)}).value();
  const WalPosition position = replay(*disk, start_on(*disk)).value().result.position;
  EXPECT_EQ(position.synced, 2u);
  ASSERT_EQ(position.unproven.size(), 1u);
  EXPECT_EQ(position.unproven[0].segment, 2u);
}

TEST(Wal, makes_durable_again_what_a_failed_sync_of_an_earlier_process_left_in_the_kernel) {
  const auto disk = wal_disk();
  {
    WalLog log(disk);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
    disk->fail({.call = Call::sync});
    EXPECT_FALSE(log.wal().sync());
    disk->clear_faults();
  }
  WalLog log(disk, replay(*disk, start_on(*disk)).value().result.position);
  log.wal().secure_replayed().value();
  log.wal().rotate().value();
  log.append({batch(2)}).value();
  log.wal().sync().value();
  const auto after = disk->after(PowerCut::lose_unsynced());
  const Replayed replayed = replay(*after, start_on(*after)).value();
  EXPECT_EQ(replayed.batches, batches(1, 2));
  EXPECT_TRUE(replayed.result.damages.empty());
}

TEST(Wal, syncs_again_once_tables_hold_what_a_failed_sync_was_to_make_durable) {
  const auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  disk->fail({.call = Call::sync});
  EXPECT_FALSE(log.wal().sync());
  disk->clear_faults();
  EXPECT_FALSE(log.wal().sync()) << "a second one proves nothing";
  EXPECT_TRUE(log.wal().has_failed());
  const std::uint64_t next = log.wal().rotate().value();
  EXPECT_FALSE(log.wal().sync()) << "the segment is needed";
  log.wal().hold_in_tables(1);
  log.wal().release(next).value();
  log.append({batch(2)}).value();
  log.wal().sync().value();
  const auto after = disk->after(PowerCut::lose_unsynced());
  EXPECT_EQ(replay(*after, next, true, 1).value().batches, batches(2, 2));
}

TEST(Wal, fits_a_group_of_any_size_into_the_segment_that_is_made_for_it) {
  const GroupFacts facts{.synced = 0,
                         .time = {1'700'000'000'000'000, true},
                         .step = ClockStep{0, 1, 1'700'000'000'000'000, true}};
  for (std::size_t key_size = 1; key_size <= 64; ++key_size) {
    const auto disk = wal_disk();
    Wal wal({.directory = disk->open_directory(wal_dir).value(),
             .database = wal_database,
             .segment_bytes = 512,
             .log = Log()},
            {});
    wal.rotate().value();
    const std::string payload(20'000, 'x');
    const std::string key(key_size, '\1');
    WalKeyState state;
    const WalKey wal_key{key, &state};
    const WalBatch batch{~std::uint64_t{0} >> 3, as_bytes(payload), checksum(as_bytes(payload)),
                         std::span(&wal_key, 1), Duration(Duration::max())};
    ASSERT_TRUE(wal.append(std::span(&batch, 1), facts));
    EXPECT_EQ(replay(*disk).value().batches.size(), 1u);
  }
}

}  // namespace
}  // namespace varve::engine
