#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/range.hpp"
#include "engine/base/rows.hpp"
#include "engine/base/series_state.hpp"
#include "varve/error.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {

/// A batch as the WAL stores it and the memtable takes it: normalised, TTLs resolved to expiries,
/// keys numbered within the batch. Made on the caller's thread, outside any lock.
struct EncodedBatch {
  struct Key {
    std::string_view key;  // Internal; in key_heap, or in `series`.
    std::uint64_t hash = 0;
    std::shared_ptr<SeriesState> series;  // Where the caller wrote through a handle.
  };

  Bytes payload;  // docs/format/wal.md, "Payload".
  std::uint64_t payload_checksum = 0;
  std::vector<Key> keys;  // By batch-local number.
  std::unique_ptr<char[]> key_heap;
  std::size_t key_bytes = 0;  // Of all keys, wherever they lie.
  std::uint64_t puts = 0;
  std::uint64_t deletes = 0;
  std::uint64_t user_bytes = 0;  // Keys, times and values of puts, as given.

  /// What the batch takes of the queue's and of a segment's budget. No less than what it takes
  /// of either: keys are counted as if the segment did not know them yet.
  std::size_t size() const;
};

/// What the call and the engine say about a batch's TTLs: the call's, else the engine's default.
struct BatchDefaults {
  std::optional<Duration> ttl;
  std::uint64_t engine_id = 0;  // A Series of another engine is refused.
};

/// The one reader of a WriteBatch.
class BatchReader {
 public:
  /// Validates, normalises (of several operations on one record only the last stays, and a put
  /// that a later erase_range of the batch covers goes, so a tombstone hides strictly older
  /// sequences), resolves expiries and encodes.
  ///
  /// Fails with invalid_argument naming the operation's index and what is wrong: an empty or
  /// over-long key, a value over the limit, a negative TTL, an inverted range.
  static Result<EncodedBatch> encode(const WriteBatch& batch, const BatchDefaults& defaults);

 private:
  class Pass;
};

/// One operation of a payload. Views point into the payload.
struct Operation {
  enum class Kind : std::uint8_t { put, erase, erase_range };

  Kind kind = Kind::put;
  std::uint32_t key = 0;  // put, erase: batch-local number
  Timestamp ts = 0;
  ValueView value = 0.0;
  Timestamp expires_at = never;
  std::string_view first_key;  // erase_range: internal keys [first_key, end_key),
  std::string_view end_key;
  TimeSpan times;  // and both ends of these.
};

/// Appends operations to a payload. REQUIRES operations that BatchDecoder accepts.
class BatchEncoder {
 public:
  void put(std::uint32_t key, Timestamp ts, const ValueView& value, Timestamp expires_at);
  void erase(std::uint32_t key, Timestamp ts);
  void erase_range(std::string_view first_key, std::string_view end_key, TimeSpan times);

  Bytes finish() &&;

 private:
  std::byte* reserve(std::size_t size);

  Bytes bytes_;  // The first size_ of them are the payload: growing in place costs no zeroing.
  std::size_t size_ = 0;
  Timestamp previous_ts_ = 0;
};

/// Walks the operations of a payload. Any bytes may be given: what is malformed is an error.
class BatchDecoder {
 public:
  BatchDecoder(ByteSpan payload, std::uint32_t key_count)
      : reader_(payload), key_count_(key_count) {}

  /// Fills `operation`; false at the end. Fails with corruption.
  Result<bool> next(Operation& operation);

 private:
  void take_put(unsigned tag, Operation& operation);
  void take_erase(unsigned tag, Operation& operation);
  void take_range(unsigned tag, Operation& operation);
  void take_key_and_ts(Operation& operation);

  ByteReader reader_;
  std::uint32_t key_count_;
  Timestamp previous_ts_ = 0;
};

}  // namespace varve::engine
