#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/directory/file_names.hpp"
#include "engine/wal/group.hpp"
#include "tests/engine/wal/wal_log.hpp"

namespace varve::engine {
namespace {

using test::PowerCut;
using test::SimulatedDisk;

/// Three segments, `synced` after each append. Segment 1 holds 1 to 3, 2 holds 4 to 6, 3 holds
/// 7 to 9.
std::shared_ptr<SimulatedDisk> small_log(bool synced) {
  auto disk = wal_disk();
  WalLog log(disk);
  for (std::uint64_t sequence = 1; sequence <= 9; ++sequence) {
    if (sequence % 3 == 1) log.wal().rotate().value();
    log.append({batch(sequence)}).value();
    if (synced) log.wal().sync().value();
  }
  return disk;
}

std::shared_ptr<SimulatedDisk> copy_of(const SimulatedDisk& disk) {
  return disk.after(PowerCut::keep_all());
}

/// Where the groups of a segment begin.
std::vector<std::size_t> group_offsets(const SimulatedDisk& disk, std::uint64_t segment) {
  const Bytes bytes = disk.content(segment_path(segment));
  std::vector<std::size_t> offsets;
  std::size_t at = SegmentHeader::encoded_size;
  for (GroupHeader header; at + GroupHeader::encoded_size <= bytes.size();) {
    if (!header.decode(ByteSpan(bytes).subspan(at, GroupHeader::encoded_size), bytes.size() - at)) {
      break;
    }
    offsets.push_back(at);
    at += static_cast<std::size_t>(aligned(header.size));
  }
  return offsets;
}

TEST(Replay, gives_every_batch_of_a_log_in_order) {
  const auto disk = small_log(true);
  const Replayed replayed = replay(*disk, 1, true).value();
  EXPECT_EQ(replayed.batches, batches(1, 9));
  EXPECT_EQ(replayed.result.batches, 9u);
  EXPECT_EQ(replayed.result.segments, 3u);
  EXPECT_EQ(replayed.result.position.next_segment, 4u);
  EXPECT_EQ(replayed.result.position.last_sequence, 9u);
  EXPECT_EQ(replayed.result.position.segments, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_FALSE(replayed.result.cut);
  EXPECT_TRUE(replayed.result.damages.empty());
}

TEST(Replay, begins_with_the_segment_it_is_told) {
  const auto disk = small_log(true);
  EXPECT_EQ(replay(*disk, 2, true).value().batches, batches(4, 9));
}

TEST(Replay, of_no_segments_is_an_empty_log) {
  const auto disk = wal_disk();
  const Replayed replayed = replay(*disk, 5).value();
  EXPECT_TRUE(replayed.batches.empty());
  EXPECT_EQ(replayed.result.position.next_segment, 5u);
  EXPECT_EQ(replayed.result.position.chain, 0u);
}

TEST(Replay, names_the_first_segment_where_it_is_needed_and_missing) {
  const auto disk = small_log(true);
  disk->remove(segment_path(1)).value();
  const Replayed replayed = replay(*disk, 1, true).value();
  EXPECT_TRUE(replayed.batches.empty());
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].where, segment_name(1) + ": missing");
  EXPECT_EQ(replayed.result.damages[0].first_sequence, 1u);
  EXPECT_EQ(replayed.result.damages[0].last_sequence, 9u);
  EXPECT_EQ(replayed.result.damaged_segments, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(replayed.result.position.last_sequence, 9u) << "never given again";
}

TEST(Replay, names_the_first_segment_where_it_is_needed_and_no_other_is_there) {
  const auto disk = wal_disk();
  const Replayed replayed = replay(*disk, 3, true, 20).value();
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].first_sequence, 21u);
  EXPECT_EQ(replayed.result.damages[0].last_sequence, 0u) << "perhaps it was empty";
  EXPECT_EQ(replayed.result.position.next_segment, 4u);
  EXPECT_EQ(replayed.result.position.last_sequence, 20u);
}

TEST(Replay, passes_on_what_apply_fails_with) {
  const auto disk = small_log(true);
  const auto result = replay_wal(*disk->open_directory(wal_dir).value(), wal_database, {1, true},
                                 [](const ReplayedBatch&) -> Status {
                                   return std::unexpected(Error{make_error_code(Errc::busy), "x"});
                                 });
  EXPECT_EQ(result.error().code, Errc::busy);
}

TEST(Replay, stops_at_the_first_torn_group_and_reports_the_cut) {
  const auto disk = small_log(false);
  const std::vector<std::size_t> offsets = group_offsets(*disk, 3);
  ASSERT_EQ(offsets.size(), 3u);
  disk->flip_bit(segment_path(3), offsets[2] * 8 + 600);
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, batches(1, 8));
  ASSERT_TRUE(replayed.result.cut);
  EXPECT_EQ(replayed.result.cut->after_sequence, 8u);
  EXPECT_GT(replayed.result.cut->bytes, 0u);
  EXPECT_EQ(replayed.result.cut->where, segment_name(3) + " @ " + std::to_string(offsets[2]));
  EXPECT_TRUE(replayed.result.damages.empty());
}

TEST(Replay, takes_groups_that_were_never_synced_for_a_cut) {
  // The middle of segment 1 is gone, and nothing says that it had been synced.
  const auto disk = small_log(false);
  disk->flip_bit(segment_path(1), group_offsets(*disk, 1)[1] * 8);
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, batches(1, 1));
  ASSERT_TRUE(replayed.result.cut);
  EXPECT_TRUE(replayed.result.damages.empty());
  EXPECT_EQ(replayed.result.position.next_segment, 4u);
}

TEST(Replay, reports_damage_to_what_had_been_synced) {
  const auto disk = small_log(true);
  const std::size_t offset = group_offsets(*disk, 1)[1];
  disk->flip_bit(segment_path(1), offset * 8 + 600);
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, batches(1, 1));
  EXPECT_FALSE(replayed.result.cut);
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].where, segment_name(1) + " @ " + std::to_string(offset));
  EXPECT_EQ(replayed.result.damages[0].first_sequence, 2u);
  EXPECT_EQ(replayed.result.damages[0].last_sequence, 9u);
  EXPECT_EQ(replayed.result.damaged_segments, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Replay, knows_of_a_sync_from_a_later_group_of_the_same_segment) {
  const auto disk = small_log(true);
  disk->flip_bit(segment_path(3), group_offsets(*disk, 3)[1] * 8 + 600);
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, batches(1, 7));
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].first_sequence, 8u);
  EXPECT_EQ(replayed.result.damages[0].last_sequence, 9u);
  EXPECT_EQ(replayed.result.damaged_segments, (std::vector<std::uint64_t>{3}));
}

TEST(Replay, knows_of_a_sync_from_a_later_segments_header) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1)}).value();
  log.wal().sync().value();
  log.wal().rotate().value();
  disk->flip_bit(segment_path(1), 8 * (SegmentHeader::encoded_size + 50));
  const Replayed replayed = replay(*disk).value();
  EXPECT_TRUE(replayed.batches.empty());
  ASSERT_EQ(replayed.result.damages.size(), 1u);
}

TEST(Replay, reports_a_missing_segment_as_damage) {
  const auto disk = small_log(false);
  disk->remove(segment_path(2)).value();
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, batches(1, 3));
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].where, segment_name(2) + ": missing");
}

TEST(Replay, reports_batches_that_are_missing_before_the_first_segment_as_damage) {
  const auto disk = small_log(false);
  disk->remove(segment_path(1)).value();
  for (const std::uint64_t held : {0U, 2U}) {
    const Replayed replayed = replay(*disk, 1, false, held).value();
    EXPECT_TRUE(replayed.batches.empty());
    ASSERT_EQ(replayed.result.damages.size(), 1u);
    EXPECT_EQ(replayed.result.damages[0].where, "before " + segment_name(2));
    EXPECT_EQ(replayed.result.damages[0].first_sequence, held + 1);
    EXPECT_EQ(replayed.result.damaged_segments, (std::vector<std::uint64_t>{2, 3}));
  }
  const Replayed replayed = replay(*disk, 1, false, 3).value();
  EXPECT_EQ(replayed.batches, batches(4, 9));
  EXPECT_TRUE(replayed.result.damages.empty());
}

TEST(Replay, does_not_call_lost_what_tables_hold) {
  const auto disk = small_log(false);
  disk->flip_bit(segment_path(1), 20 * 8);
  const Replayed replayed = replay(*disk, 1, true, 2).value();
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].first_sequence, 3u);
}

TEST(Replay, reports_a_damaged_header_as_damage) {
  for (const std::uint64_t segment : {1U, 2U, 3U}) {
    const auto disk = small_log(false);
    disk->flip_bit(segment_path(segment), 20 * 8);
    const Replayed replayed = replay(*disk).value();
    EXPECT_EQ(replayed.batches, batches(1, 3 * (segment - 1)));
    ASSERT_EQ(replayed.result.damages.size(), 1u);
    EXPECT_EQ(replayed.result.damages[0].where, segment_name(segment) + " @ 0: segment header");
    EXPECT_EQ(replayed.result.damages[0].first_sequence, 3 * segment - 2);
  }
}

TEST(Replay, takes_no_segment_of_another_database_or_number) {
  const auto disk = small_log(false);
  disk->rename(segment_path(3), segment_path(4)).value();
  EXPECT_EQ(replay(*disk).value().batches, batches(1, 6));
  const Uuid stranger{};
  const auto result = replay_wal(*disk->open_directory(wal_dir).value(), stranger, {1, true},
                                 [](const ReplayedBatch&) { return Status(); });
  EXPECT_EQ(result.value().batches, 0u);
}

TEST(Replay, refuses_a_segment_of_a_newer_format) {
  const auto disk = small_log(true);
  Bytes bytes = disk->content(segment_path(2));
  bytes[8] = std::byte{9};
  Bytes sealed(bytes.begin(), bytes.begin() + SegmentHeader::checksum_offset);
  ByteWriter(sealed).put(checksum(sealed));
  std::ranges::copy(sealed, bytes.begin());
  disk->set_content(segment_path(2), bytes);
  EXPECT_EQ(replay(*disk).error().code, Errc::unsupported_format);
}

bool is_prefix(const std::vector<Batch>& some, const std::vector<Batch>& all) {
  return some.size() <= all.size() && std::equal(some.begin(), some.end(), all.begin());
}

TEST(Replay, gives_a_prefix_and_says_so_whichever_bit_is_flipped) {
  const auto disk = small_log(true);
  const std::vector<Batch> all = batches(1, 9);
  for (const std::uint64_t segment : {1U, 3U}) {
    const std::size_t size = disk->content(segment_path(segment)).size();
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      SCOPED_TRACE("segment " + std::to_string(segment) + " bit " + std::to_string(bit));
      disk->flip_bit(segment_path(segment), bit);
      const Replayed replayed = replay(*disk).value();
      ASSERT_TRUE(is_prefix(replayed.batches, all));
      const ReplayResult& result = replayed.result;
      if (replayed.batches.size() < 9) {
        // A cut only of the last group: all others are known to have been synced.
        ASSERT_EQ(result.damages.size() + (result.cut ? 1 : 0), 1u);
        ASSERT_TRUE(!result.cut || replayed.batches.size() == 8);
      } else {
        ASSERT_TRUE(result.damages.empty());
      }
      disk->flip_bit(segment_path(segment), bit);
    }
  }
}

TEST(Replay, gives_a_prefix_at_whatever_length_a_segment_ends) {
  const auto good = small_log(true);
  const std::vector<Batch> all = batches(1, 9);
  for (const std::uint64_t segment : {1U, 2U, 3U}) {
    const std::size_t size = good->content(segment_path(segment)).size();
    for (std::size_t cut = 0; cut < size; ++cut) {
      SCOPED_TRACE("segment " + std::to_string(segment) + " cut to " + std::to_string(cut));
      const auto disk = copy_of(*good);
      disk->resize(segment_path(segment), cut);
      const Replayed replayed = replay(*disk).value();
      ASSERT_TRUE(is_prefix(replayed.batches, all));
      if (replayed.batches.size() < 9) {
        ASSERT_EQ(replayed.result.damages.size(), 1u);
      }
    }
  }
}

TEST(Replay, ignores_zeros_after_a_segment) {
  const auto disk = small_log(true);
  disk->resize(segment_path(3), 100'000);
  const Replayed replayed = replay(*disk).value();
  EXPECT_EQ(replayed.batches, batches(1, 9));
  EXPECT_FALSE(replayed.result.cut);
}

TEST(Replay, finds_evidence_far_behind_the_damage) {
  auto disk = wal_disk();
  WalLog log(disk, {}, std::size_t{1} << 20);
  log.wal().rotate().value();
  for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
    log.append({{sequence, std::string(30'000 + sequence, 'x'), {"\1k"}}}).value();
    if (sequence == 18) log.wal().sync().value();
  }
  disk->flip_bit(segment_path(log.wal().current_segment()), 8 * 200);
  const Replayed replayed = replay(*disk).value();
  EXPECT_LT(replayed.batches.size(), 15u);
  ASSERT_EQ(replayed.result.damages.size(), 1u);
  EXPECT_EQ(replayed.result.damages[0].last_sequence, 20u);
}

TEST(Replay, applies_a_group_whole_or_not_at_all) {
  auto disk = wal_disk();
  WalLog log(disk);
  log.wal().rotate().value();
  log.append({batch(1), batch(2), {3, "the last payload", {}}}).value();
  Bytes bytes = disk->content(segment_path(1));
  const auto found = as_text(bytes).find("the last payload");
  disk->flip_bit(segment_path(1), found * 8);
  EXPECT_TRUE(replay(*disk).value().batches.empty());
}

}  // namespace
}  // namespace varve::engine
