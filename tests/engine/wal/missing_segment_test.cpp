// A log of which a segment is missing: whether anything is lost with it, as far as that is known.

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/wal/segment.hpp"
#include "tests/engine/wal/wal_log.hpp"

namespace varve::engine {
namespace {

using test::SimulatedDisk;

/// Three batches in the first segment, closed: so the second one is a header and nothing else.
std::shared_ptr<SimulatedDisk> closed_log() {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) log.append({batch(sequence)}).value();
  log.wal().close().value();
  return disk;
}

/// As an opening begins that reads that log.
ReplayStart start_on(SimulatedDisk& disk) {
  return {.segment = 1,
          .required = true,
          .held = 0,
          .boot = disk.boot_id(),
          .last_begun = 2,
          .closed = true};
}

TEST(MissingSegment, that_ended_a_closed_log_is_no_loss) {
  const auto disk = closed_log();
  ASSERT_EQ(disk->content(segment_path(2)).size(), SegmentHeader::encoded_size);
  disk->remove(segment_path(2)).value();
  const Replayed replayed = replay(*disk, start_on(*disk)).value();
  EXPECT_EQ(replayed.batches, batches(1, 3));
  EXPECT_TRUE(replayed.result.damages.empty());
  EXPECT_TRUE(replayed.result.damaged_segments.empty());
  EXPECT_FALSE(replayed.result.cut);
  EXPECT_EQ(replayed.result.position.next_segment, 3u);
  EXPECT_EQ(replayed.result.position.last_sequence, 3u);
}

void expect_a_possible_loss_after(std::uint64_t sequence, const ReplayResult& result) {
  ASSERT_EQ(result.damages.size(), 1u);
  EXPECT_EQ(result.damages[0].first_sequence, sequence + 1);
  EXPECT_EQ(result.damages[0].last_sequence, 0u) << "nothing shows that there was a batch";
  EXPECT_EQ(result.position.last_sequence, sequence);
}

TEST(MissingSegment, may_have_held_batches_where_the_manifest_does_not_say_that_it_was_closed) {
  const auto disk = closed_log();
  disk->remove(segment_path(2)).value();
  ReplayStart start = start_on(*disk);
  start.closed = false;
  const Replayed replayed = replay(*disk, start).value();
  EXPECT_EQ(replayed.batches, batches(1, 3));
  expect_a_possible_loss_after(3, replayed.result);
}

TEST(MissingSegment, may_have_held_batches_where_it_is_not_the_one_behind_what_is_there) {
  const auto disk = closed_log();
  disk->remove(segment_path(2)).value();
  ReplayStart start = start_on(*disk);
  start.last_begun = 3;
  expect_a_possible_loss_after(3, replay(*disk, start).value().result);
}

TEST(MissingSegment, may_have_held_batches_where_the_one_before_was_not_cut) {
  const auto disk = wal_disk();
  {
    WalLog log(disk);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
  }
  const ReplayResult result = replay(*disk, start_on(*disk)).value().result;
  ASSERT_EQ(result.damages.size(), 1u);
  EXPECT_EQ(result.damages[0].where, segment_name(2) + ": missing");
  expect_a_possible_loss_after(1, result);
}

TEST(MissingSegment, was_empty_where_tables_held_all_when_the_database_was_closed) {
  const auto disk = wal_disk();
  const ReplayStart start{.segment = 5,
                          .required = true,
                          .held = 20,
                          .last_begun = 5,
                          .closed = true,
                          .in_tables = true};
  const ReplayResult result = replay(*disk, start).value().result;
  EXPECT_TRUE(result.damages.empty());
  EXPECT_EQ(result.position.next_segment, 6u) << "its number is not given again";
  EXPECT_EQ(result.position.last_sequence, 20u);
}

TEST(MissingSegment, is_told_of_where_only_the_lock_file_knows_of_it) {
  const auto disk = wal_disk();
  const ReplayResult result = replay(*disk, {.held = 20, .last_begun = 5}).value().result;
  expect_a_possible_loss_after(20, result);
  EXPECT_EQ(result.position.next_segment, 6u);
}

TEST(MissingSegment, is_not_missed_where_the_next_one_goes_on_from_what_tables_hold) {
  const auto disk = wal_disk();
  {
    WalLog log(disk);
    log.wal().rotate().value();
    log.append({batch(1)}).value();
    log.wal().rotate().value();
    log.append({batch(2)}).value();
  }
  disk->remove(segment_path(1)).value();
  const Replayed replayed = replay(*disk, 1, true, 1).value();
  EXPECT_EQ(replayed.batches, batches(2, 2));
  EXPECT_TRUE(replayed.result.damages.empty());
}

TEST(MissingSegment, of_a_header_that_is_damaged_and_of_tables_that_hold_all_loses_nothing) {
  const auto disk = wal_disk();
  {
    WalLog log(disk);
    log.wal().rotate().value();
    log.wal().close().value();
  }
  disk->flip_bit(segment_path(1), 8 * 40);
  ReplayStart start{.segment = 1, .required = true, .held = 7, .last_begun = 1, .closed = true};
  expect_a_possible_loss_after(7, replay(*disk, start).value().result);
  start.in_tables = true;
  const ReplayResult result = replay(*disk, start).value().result;
  ASSERT_EQ(result.damages.size(), 1u) << "it is damaged all the same";
  EXPECT_EQ(result.damages[0].first_sequence, 0u);
}

}  // namespace
}  // namespace varve::engine
