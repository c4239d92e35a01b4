#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/uuid.hpp"
#include "engine/wal/segment.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// A segment as it lies in the directory.
struct SegmentFile {
  std::uint64_t number = 0;
  std::uint64_t size = 0;
  std::optional<SegmentHeader> header;  // None where it is not readable, or not of this segment.
};

/// Looks at the size and the header of a segment. What the device cannot read is asked for once
/// more, and then is not readable. Fails with unsupported_format where the segment is of a newer
/// Varve, or with what another call fails with.
Result<SegmentFile> look_at_segment(Directory& directory, const Uuid& database,
                                    std::uint64_t number);

}  // namespace varve::engine
