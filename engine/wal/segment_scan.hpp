#pragma once

#include <cstdint>

#include "engine/base/uuid.hpp"
#include "engine/wal/segment_reader.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What a segment holds beyond the point where its groups stop making sense.
struct SegmentRest {
  std::uint64_t groups = 0;       // Sound ones, whatever they say was before them.
  std::uint64_t group_bytes = 0;  // Of these, and of the torn one where it tells its size.
  std::uint64_t synced = 0;       // The most that one of them says was durable.
  std::uint64_t bytes = 0;        // Up to the last that is not zero.
  bool torn = false;              // A group was begun at the very point.
  bool unclear = false;           // Too many bytes looked like groups to look at them all.
};

/// Looks at every place where a group may begin. What an earlier life of the file left is no sound
/// group: the checksum of each is tied to its segment's number.
Result<SegmentRest> scan_rest(SegmentReader& reader, const Uuid& database, std::uint64_t segment,
                              std::uint64_t from);

}  // namespace varve::engine
