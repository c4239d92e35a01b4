// What wal.cpp and wal_segments.cpp share.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/wal/group.hpp"
#include "engine/wal/segment_list.hpp"
#include "engine/wal/spare_pool.hpp"
#include "engine/wal/wal.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

struct Wal::Impl {
  Impl(WalOptions wal_options, const WalPosition& position)
      : options(std::move(wal_options)),
        segment_bytes(aligned(std::max<std::uint64_t>(options.segment_bytes, segment_bytes_min))),
        spares(options.directory, segment_bytes, options.spare_bytes, options.log),
        next_number(position.next_segment),
        chain(position.chain),
        last_sequence(position.last_sequence),
        unproven(position.unproven),
        segments(position.segments, position.last_sequence, position.synced) {}

  // Segments: wal_segments.cpp.
  Status start();
  Status secure_replayed();
  Status write_again(std::uint64_t segment, File& segment_file) const;
  Result<std::uint64_t> begin_segment(std::uint64_t group_bytes);
  Status begin_in(SparePool::Spare spare);
  Status install(SparePool::Spare& spare, std::uint64_t number);
  Status inscribe(SparePool::Spare& spare, std::uint64_t number) const;
  void enter(SegmentList::Segments fresh);
  void give_segment_up();
  Status release(std::uint64_t segment);
  Status dispose(const SegmentList::Segment& segment);
  Status close();
  Status end_log();
  Status cut_segments();

  // Groups: wal.cpp.
  Status append(std::span<const WalBatch> batches, const GroupFacts& facts);
  Result<bool> append_here(std::span<const WalBatch> batches, const GroupFacts& facts);
  Status take_back();
  Result<bool> vouch(const GroupFacts& facts);
  Status seal_and_write(std::span<const WalBatch> batches, GroupEncoder& encoder);
  void encode(std::span<const WalBatch> batches, GroupEncoder& encoder);
  Status write(std::span<const WalBatch> batches, std::uint64_t size);
  void gather(std::span<const WalBatch> batches, std::uint64_t size, std::uint64_t zeros);

  static constexpr std::uint64_t segment_bytes_min = 512;
  /// A word of zeros after the last group tells a recycled segment's old bytes from a torn group.
  static constexpr std::array<std::byte, group_alignment> terminator{};

  const WalOptions options;
  const std::uint64_t segment_bytes;
  SparePool spares;

  // The writer's.
  bool started = false;
  std::uint64_t next_number;
  std::uint64_t current = 0;  // Number of the current segment.
  std::uint64_t capacity = 0;
  std::uint64_t offset = 0;  // Of the next group.
  std::uint64_t chain;
  std::uint64_t last_sequence;  // Of the last good group.
  /// What the two were before that group.
  struct Before {
    std::uint64_t chain = 0;
    std::uint64_t last_sequence = 0;
  };
  std::optional<Before> before;  // None where it was taken back.
  std::vector<WalPosition::Stretch> unproven;
  std::uint32_t next_key_id = 0;
  // The current segment takes no more groups: there is none yet, a write to it failed, it has
  // numbered keys that no group defines, or its successor's name may be on the disk already.
  bool ended = true;
  bool failed_write = false;  // And what it left is not void yet.
  bool half_filled = false;   // The current segment.
  bool spare_wanted = false;
  bool vouched = false;  // The last group says what is synced, and there is no batch behind it.
  std::shared_ptr<File> file;
  Bytes scratch;
  std::vector<ByteSpan> group_pieces;  // Of the one that is written, to keep its memory.

  SegmentList segments;
};

}  // namespace varve::engine
