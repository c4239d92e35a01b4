#pragma once

#include <cstdint>

#include "engine/base/uuid.hpp"
#include "engine/wal/segment_reader.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What a segment holds beyond the point where its groups stop making sense.
struct SegmentRest {
  std::uint64_t groups = 0;       // Sound in themselves; their `previous` is not compared.
  std::uint64_t group_bytes = 0;  // Of those, plus a torn group's at the point if its size decodes.
  std::uint64_t synced = 0;       // The greatest durable sequence that one of them states.
  std::uint64_t bytes = 0;        // From the point up to the last byte that is not zero.
  bool torn = false;              // The word at the point is not zero: a group was begun there.
  bool unclear = false;           // Too many places looked like groups: some were not verified.
};

/// Looks at every place where a group may begin, from offset `from` on. Old groups in a recycled
/// file do not count as sound: a group's checksum is seeded with its segment's number.
Result<SegmentRest> scan_rest(SegmentReader& reader, const Uuid& database, std::uint64_t segment,
                              std::uint64_t from);

}  // namespace varve::engine
