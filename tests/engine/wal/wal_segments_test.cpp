// The life of segments: made ready, grown, released, recycled, cut where the log closes.

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "engine/directory/file_names.hpp"
#include "engine/wal/wal.hpp"
#include "tests/engine/wal/wal_log.hpp"

namespace varve::engine {
namespace {

using test::Call;
using test::PowerCut;
using test::SimulatedDisk;

std::vector<std::string> files(const SimulatedDisk& disk) { return disk.names(wal_dir); }

TEST(Wal, recycles_a_few_segments_and_removes_the_rest) {
  auto disk = wal_disk();
  WalLog log(disk);
  fill(log, 1, 6);
  log.wal().release(6).value();
  EXPECT_EQ(files(*disk).size(), 3u);
  EXPECT_EQ(log.wal().segment_count(), 3u);
  EXPECT_EQ(log.wal().bytes(), 3 * 512u);
  EXPECT_EQ(log.wal().live_bytes(), 512u);
  fill(log, 7, 2);
  EXPECT_EQ(files(*disk).size(), 3u) << "both were used";
  EXPECT_EQ(replay(*disk, 6, true).value().batches, batches(6, 8));
}

TEST(Wal, never_takes_a_recycled_segments_old_groups_for_its_own) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) log.append({batch(sequence)}).value();
  ASSERT_EQ(log.wal().rotate().value(), 2u);
  log.wal().release(2).value();
  ASSERT_EQ(log.wal().rotate().value(), 3u);
  Replayed replayed = replay(*disk, 2, true).value();
  EXPECT_TRUE(replayed.batches.empty());
  EXPECT_FALSE(replayed.result.cut) << "old bytes are no torn tail";
  log.append({batch(5)}).value();
  replayed = replay(*disk, 2, true).value();
  EXPECT_EQ(replayed.batches, batches(5, 5));
  EXPECT_FALSE(replayed.result.cut);
  EXPECT_TRUE(replayed.result.damages.empty());
}

TEST(Wal, reports_a_torn_group_in_a_recycled_segment) {
  auto disk = wal_disk();
  WalLog log(disk);
  fill(log, 1, 2);
  log.wal().release(2).value();
  log.wal().rotate().value();
  log.append({batch(3)}).value();
  disk->flip_bit(segment_path(3), 8 * 200);
  const Replayed replayed = replay(*disk, 2, true).value();
  ASSERT_TRUE(replayed.result.cut);
  EXPECT_GT(replayed.result.cut->bytes, 0u);
  EXPECT_LT(replayed.result.cut->bytes, 100u);
}

TEST(Wal, does_not_recycle_a_segment_of_another_size) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({{1, std::string(5'000, 'x'), {}}}).value();
  log.wal().rotate().value();
  log.wal().release(3).value();
  EXPECT_EQ(log.wal().bytes(), 2 * 512u);
}

TEST(Wal, releases_what_was_replayed) {
  auto disk = wal_disk();
  {
    WalLog log(disk);
    fill(log, 1, 3);
  }
  WalLog log(disk, replay(*disk).value().result.position);
  log.wal().secure_replayed().value();
  log.wal().rotate().value();
  EXPECT_EQ(log.wal().live_bytes(), 4 * 512u);
  log.wal().release(4).value();
  log.wal().close().value();
  EXPECT_EQ(files(*disk), (std::vector<std::string>{segment_name(4)}));
}

TEST(Wal, releases_a_segment_that_recovery_moved_away) {
  auto disk = wal_disk();
  WalLog log(disk);
  fill(log, 1, 2);
  disk->remove(segment_path(1)).value();
  EXPECT_TRUE(log.wal().release(2));
}

TEST(Wal, tries_again_to_remove_what_stayed) {
  auto disk = wal_disk();
  WalLog log(disk);
  fill(log, 1, 5);
  disk->fail({.call = Call::remove});
  EXPECT_FALSE(log.wal().release(5));
  EXPECT_EQ(log.wal().segment_count(), 4u);
  EXPECT_EQ(log.wal().live_bytes(), 512u);
  EXPECT_TRUE(log.wal().release(5));
  EXPECT_EQ(log.wal().segment_count(), 3u);
}

TEST(Wal, writes_nothing_beyond_a_recycled_file_of_an_odd_size) {
  constexpr std::size_t size = (std::size_t{16} << 10) + 3;
  for (std::size_t payload = size - 300; payload < size - 150; ++payload) {
    const auto disk = wal_disk();
    disk->set_content(segment_path(1), Bytes(size));
    WalLog log(disk, {.next_segment = 2, .segments = {1}}, std::size_t{32} << 10);
    ASSERT_EQ(log.wal().rotate().value(), 2u);
    ASSERT_TRUE(log.wal().release(2));
    ASSERT_EQ(log.wal().rotate().value(), 3u);
    ASSERT_EQ(disk->content(segment_path(3)).size(), size) << "recycled";
    ASSERT_TRUE(log.append({{1, std::string(payload, 'x'), {"\1key"}}}));
    EXPECT_EQ(disk->content(segment_path(3)).size(), size) << payload;
    EXPECT_EQ(replay(*disk, 2).value().batches.size(), 1u) << payload;
  }
}

TEST(Wal, never_releases_the_current_segment) {
  auto disk = wal_disk();
  WalLog log(disk);
  fill(log, 1, 1);
  log.wal().release(99).value();
  EXPECT_EQ(replay(*disk).value().batches, batches(1, 1));
}

TEST(Wal, leaves_no_spare_when_it_closes) {
  auto disk = wal_disk();
  WalLog log(disk);
  fill(log, 1, 3);
  log.wal().release(3).value();
  EXPECT_EQ(files(*disk).size(), 3u);
  log.wal().close().value();
  EXPECT_EQ(files(*disk), (std::vector<std::string>{segment_name(3), segment_name(4)}));
}

std::uint64_t bytes_of(const SimulatedDisk& disk) {
  std::uint64_t sum = 0;
  for (const std::string& name : files(disk)) sum += disk.content(wal_dir / name).size();
  return sum;
}

TEST(Wal, is_cut_to_what_it_holds_when_it_closes) {
  auto disk = wal_disk();
  WalLog log(disk, {}, std::size_t{16} << 10);
  log.wal().rotate().value();
  for (std::uint64_t i = 1; i <= 10; ++i) log.append({batch(i)}).value();
  const std::uint64_t groups = log.wal().bytes_appended();
  EXPECT_EQ(bytes_of(*disk), std::uint64_t{16} << 10);
  log.wal().close().value();
  EXPECT_EQ(bytes_of(*disk), groups + 2 * SegmentHeader::encoded_size);

  const Replayed replayed = replay(*disk->after(PowerCut::lose_unsynced())).value();
  EXPECT_EQ(replayed.batches, batches(1, 10));
  EXPECT_FALSE(replayed.result.cut);
  EXPECT_TRUE(replayed.result.damages.empty());
}

TEST(Wal, leaves_one_header_where_it_closes_without_a_group) {
  auto disk = wal_disk();
  {
    WalLog log(disk, {}, std::size_t{64} << 10);
    fill(log, 1, 2);
    log.wal().close().value();
  }
  const std::uint64_t before = bytes_of(*disk);
  WalLog log(disk, replay(*disk).value().result.position, std::size_t{64} << 10);
  log.wal().secure_replayed().value();
  log.wal().rotate().value();
  log.wal().close().value();
  EXPECT_EQ(bytes_of(*disk), before + SegmentHeader::encoded_size);
  EXPECT_EQ(replay(*disk).value().batches, batches(1, 2));
}

TEST(Wal, says_of_a_closed_log_where_it_is_damaged) {
  auto disk = wal_disk();
  WalLog log(disk, {}, std::size_t{64} << 10);
  log.wal().rotate().value();
  for (std::uint64_t i = 1; i <= 3; ++i) log.append({batch(i)}).value();
  log.wal().close().value();
  disk->flip_bit(segment_path(1), (disk->content(segment_path(1)).size() - 20) * 8);
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, batches(1, 2));
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].where.find("cut off"), std::string::npos);
  EXPECT_EQ(replayed.result.damages[0].last_sequence, 3u);
}

TEST(Wal, keeps_its_size_where_a_close_finds_no_room_or_a_cut_fails) {
  for (const Call call : {Call::create, Call::write, Call::sync, Call::rename, Call::sync_directory,
                          Call::open, Call::truncate}) {
    auto disk = wal_disk();
    WalLog log(disk, {}, std::size_t{16} << 10);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
    log.wal().sync().value();
    disk->fail({.call = call, .lasting = true, .error_number = ENOSPC});
    EXPECT_TRUE(log.wal().close()) << static_cast<int>(call);
    EXPECT_NE(disk->failures(), 0u);
    EXPECT_GE(bytes_of(*disk), std::uint64_t{16} << 10);
    disk->clear_faults();
    EXPECT_EQ(replay(*disk->after(PowerCut::lose_unsynced())).value().batches, batches(1, 1));
  }
}

TEST(Wal, keeps_every_byte_of_groups_whose_sync_failed) {
  auto disk = wal_disk();
  WalLog log(disk, {}, std::size_t{64} << 10);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  disk->fail({.call = Call::sync});
  EXPECT_FALSE(log.wal().sync());
  const std::uint64_t before = bytes_of(*disk);
  EXPECT_TRUE(log.wal().close());
  EXPECT_EQ(bytes_of(*disk), before);
}

TEST(Wal, removes_the_spares_that_a_killed_process_left) {
  auto disk = wal_disk();
  {
    WalLog log(disk);
    fill(log, 1, 3);
    log.wal().release(3).value();
  }
  EXPECT_EQ(files(*disk).size(), 3u);
  WalLog log(disk, replay(*disk, 3, true).value().result.position);
  log.wal().secure_replayed().value();
  log.wal().rotate().value();
  EXPECT_EQ(files(*disk), (std::vector<std::string>{segment_name(3), segment_name(4)}));
}

/// Appends batches of `size` bytes from sequence `first` on, `count` of them, with what a sync
/// thread and flushes do beside it: spares are prepared when the log wants them, and all but the
/// last `kept` segments are released. Gives the sizes of the segments that were begun.
std::vector<std::uint64_t> run(WalLog& log, std::uint64_t first, std::uint64_t count,
                               std::size_t size, std::uint64_t kept) {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t sequence = first; sequence < first + count; ++sequence) {
    const std::uint64_t before = log.wal().current_segment();
    const std::uint64_t live_before = log.wal().live_bytes();
    log.append({{sequence, std::string(size, 'x'), {}}}).value();
    const std::uint64_t current = log.wal().current_segment();
    if (current != before) {
      sizes.push_back(log.wal().live_bytes() - live_before);
      if (current > kept) log.wal().release(current - kept).value();
    }
    while (log.wal().wants_spare()) {
      while (log.wal().prepare_spare().value()) {
      }
    }
  }
  return sizes;
}

TEST(Wal, begins_small_and_stays_so_where_little_is_written) {
  auto disk = wal_disk();
  WalLog log(disk, {}, std::size_t{8} << 20);
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) {
    log.wal().release(log.wal().rotate().value()).value();
    log.append({batch(sequence)}).value();
    EXPECT_FALSE(log.wal().wants_spare());
  }
  EXPECT_EQ(log.wal().live_bytes(), std::uint64_t{16} << 10);
  EXPECT_EQ(disk->calls(Call::create), 2u) << "the others were recycled";
}

TEST(Wal, grows_its_segments_as_they_are_filled) {
  auto disk = wal_disk();
  WalLog log(disk, {}, std::size_t{8} << 20);
  log.wal().rotate().value();
  constexpr std::uint64_t kib = 1024;
  EXPECT_EQ(run(log, 1, 4'000, 5'000, 1),
            (std::vector{64 * kib, 256 * kib, 1'024 * kib, 4'096 * kib, 8'192 * kib, 8'192 * kib}));
}

TEST(Wal, finds_every_next_segment_ready_and_writes_none_once_it_runs_steadily) {
  auto disk = wal_disk();
  std::uint64_t created = 0;
  std::uint64_t written = 0;
  std::uint64_t begun = 0;
  disk->on_call([&](Call call, const std::string& path) {
    if (!path.ends_with(".spare")) return;
    if (call == Call::create) ++created;
    if (call == Call::write) ++written;
    if (call == Call::rename) ++begun;
  });
  WalLog log(disk, {}, 4'096);
  log.wal().rotate().value();
  run(log, 1, 100, 500, 3);
  const std::uint64_t created_before = created;
  run(log, 101, 1'000, 500, 3);
  EXPECT_EQ(created, created_before);
  EXPECT_GT(begun, 100u);
  EXPECT_EQ(written, created + begun + 1'100) << "zeros, headers, groups";
}

TEST(Wal, has_the_first_segments_ready_too_where_they_are_prepared) {
  auto disk = wal_disk();
  std::vector<std::string> calls;  // Of the appending thread, were there two.
  bool appending = false;
  disk->on_call([&](Call call, const std::string& path) {
    if (appending && call == Call::create) calls.push_back(path);
  });
  WalLog log(disk, {}, 4'096);
  log.wal().rotate().value();
  for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
    appending = true;
    log.append({{sequence, std::string(500, 'x'), {}}}).value();
    appending = false;
    if (!log.wal().wants_spare()) continue;
    while (log.wal().prepare_spare().value()) {
    }
  }
  EXPECT_EQ(calls, std::vector<std::string>());
  EXPECT_GT(log.wal().current_segment(), 10u);
}

TEST(Wal, prepares_the_next_segment_piece_by_piece) {
  auto disk = wal_disk();
  WalLog log(disk, {}, std::size_t{5} << 19);
  EXPECT_FALSE(log.wal().prepare_spare().value()) << "not before it has begun";
  log.wal().rotate().value();
  for (std::uint64_t sequence = 1; log.wal().current_segment() < 5; ++sequence) {
    log.append({{sequence, std::string(10'000, 'x'), {}}}).value();
  }
  int pieces = 0;
  while (log.wal().prepare_spare().value()) ++pieces;
  EXPECT_EQ(pieces, 3);
  EXPECT_EQ(log.wal().segment_count(), 6u);
  EXPECT_EQ(log.wal().bytes() - log.wal().live_bytes(), std::uint64_t{5} << 19);
  const std::uint64_t creates = disk->calls(Call::create);
  log.wal().rotate().value();
  EXPECT_EQ(disk->calls(Call::create), creates);
}

TEST(Wal, gives_up_a_spare_that_cannot_be_written) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  disk->fail({.call = Call::write, .error_number = ENOSPC, .suffix = ".spare"});
  EXPECT_EQ(log.wal().prepare_spare().error().code, Errc::no_space);
  EXPECT_EQ(files(*disk).size(), 1u);
  EXPECT_TRUE(log.wal().prepare_spare().value());
}

TEST(Wal, pre_writes_segments_so_that_appends_need_no_space) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  disk->set_capacity(disk->used());
  log.append({batch(1)}).value();
  log.append({batch(2)}).value();
  EXPECT_EQ(log.wal().rotate().error().code, Errc::no_space);
  log.append({batch(3)}).value();
  EXPECT_EQ(replay(*disk).value().batches, batches(1, 3));
}

TEST(Wal, defines_a_key_anew_that_a_group_without_room_had_numbered) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  disk->set_capacity(disk->used());
  EXPECT_FALSE(log.append({{2, std::string(400, 'x'), {"\1new"}}}));
  EXPECT_FALSE(log.append({{2, "x", {"\1new"}}}));
  disk->set_capacity(1 << 20);
  const Batch again{2, "x", {"\1new"}};
  log.append({again}).value();
  EXPECT_EQ(replay(*disk).value().batches, (std::vector{batch(1), again}));
}

}  // namespace
}  // namespace varve::engine
