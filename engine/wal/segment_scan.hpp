#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/uuid.hpp"
#include "engine/record/time_span.hpp"
#include "engine/wal/segment_reader.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// Sound groups beyond the point where a log ends: what they hold, as far as they say it.
struct SoundGroups {
  static constexpr std::size_t keys_named_max = 8;

  std::uint64_t groups = 0;  // With batches or without.
  std::uint64_t batches = 0;
  std::uint64_t first_sequence = 0;  // Of the batches: 0 where there are none.
  std::uint64_t last_sequence = 0;
  std::optional<TimeSpan> times;  // Of their puts and erases.
  std::vector<std::string> keys;  // Internal; the first that they define.

  void add(const SoundGroups& other);
};

/// What a segment holds beyond the point where its groups stop making sense.
struct SegmentRest {
  SoundGroups sound;  // Their `previous` is not compared.
  /// Where the first of them begins, or of groups of which some batches are whole.
  std::optional<std::uint64_t> first_sound;
  std::uint64_t group_bytes = 0;  // Of those, plus a torn group's at the point if its size decodes.
  std::uint64_t synced = 0;       // The greatest durable sequence that one of them states.
  std::uint64_t sequence = 0;     // The greatest of a batch that one of their headers tells of.
  std::uint64_t bytes = 0;        // From the point up to the last byte that is not zero.
  bool unreadable = false;        // The device could not read some of it, which was passed over.
  bool torn = false;              // The word at the point is not zero: a group was begun there.
};

/// Looks at every place where a group may begin, from offset `from` on. Old groups in a recycled
/// file do not count as sound: a group's checksum is seeded with its segment's number. Neither do
/// bytes that a user made to look like groups, who cannot know the seed.
Result<SegmentRest> scan_rest(SegmentReader& reader, const Uuid& database, std::uint64_t segment,
                              std::uint64_t from);

}  // namespace varve::engine
