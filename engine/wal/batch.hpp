#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/record/payload.hpp"
#include "engine/record/series_state.hpp"
#include "engine/record/time_span.hpp"
#include "varve/error.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {

/// A batch as the WAL stores it and the memtable takes it. Made on the caller's thread, outside any
/// lock. It points into the WriteBatch that it was made of, which has to outlive it unchanged.
struct EncodedBatch {
  EncodedBatch() = default;
  // Moving leaves the views right; copying would not.
  EncodedBatch(EncodedBatch&&) = default;
  EncodedBatch& operator=(EncodedBatch&&) = default;

  ByteSpan payload;  // docs/format/wal.md, "Payload".
  std::uint64_t payload_checksum = 0;
  /// The expiry of puts that say none: so long after their ts.
  std::optional<Duration> default_ttl;
  std::span<const BatchKey> keys;  // By batch-local number.
  std::string_view key_heap;
  std::size_t key_bytes = 0;  // Of all keys, wherever they lie.
  std::uint64_t puts = 0;
  std::uint64_t deletes = 0;
  std::uint64_t user_bytes = 0;  // Keys, times and values of puts, as given.
  TimeSpan times{1, 0};          // In which the users' puts lie; empty without any.
  bool describes = false;        // Some of the keys are of the space of labels.

  /// Internal.
  std::string_view bytes_of(const BatchKey& key) const {
    return key.series ? std::string_view(key.series->key()) : key_heap.substr(key.offset, key.size);
  }
  /// What the batch takes of the queue's and of a segment's budget. No less than what it takes
  /// of either: keys are counted as if the segment did not know them yet.
  std::size_t size() const {
    return sizeof(*this) + payload.size() + key_bytes + keys.size_bytes();
  }

  // Payload and keys, where they are not the WriteBatch's own.
  Payload thinned_payload;
  std::vector<BatchKey> thinned_keys;
};

/// What the call and the engine say about a batch's TTLs: the call's, else the engine's default.
struct BatchDefaults {
  std::optional<Duration> ttl;
  std::uint64_t engine_id = 0;  // A Series of another engine is refused.
};

/// The one reader of a WriteBatch.
class BatchReader {
 public:
  /// What a later erase_range of the batch covers goes, so that a tombstone hides strictly older
  /// sequences. The usual batch holds nothing of the kind, and is taken as it is.
  ///
  /// Fails with invalid_argument naming the operation's index and what is wrong: an empty or
  /// over-long key, a value over the limit, a negative TTL, an inverted range.
  static Result<EncodedBatch> encode(const WriteBatch& batch, const BatchDefaults& defaults);

 private:
  class Thinning;
};

}  // namespace varve::engine
