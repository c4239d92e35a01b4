#pragma once

#include <cstdint>

#include "engine/base/bytes.hpp"
#include "engine/record/range_tombstone.hpp"

namespace varve::engine {

/// A range tombstone that outlived its memtable: it hides rows of tables whose newest flush is
/// below `flush`. Manifests and tables store it in one encoding.
struct FlushedTombstone {
  RangeTombstone range;
  std::uint64_t flush = 0;

  void encode(ByteWriter& writer) const;
  /// Where it fails, the reader says so. Any range decodes, also one that holds nothing.
  static FlushedTombstone decode(ByteReader& reader);

  friend bool operator==(const FlushedTombstone&, const FlushedTombstone&) = default;
};

}  // namespace varve::engine
