#pragma once

#include "varve/detail/requirements.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "varve/durability.hpp"
#include "varve/labels.hpp"
#include "varve/record.hpp"
#include "varve/series.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

namespace engine {
class BatchReader;
class SeriesState;
enum class KeySpace : char;

/// Operations as the WAL stores them. The engine's own, as BatchKey.
struct Payload {
  std::vector<std::byte> bytes;  // The first `size` of them: growing in place costs no zeroing.
  std::size_t size = 0;
  std::uint32_t key_count = 0;
  Timestamp previous_ts = 0;
};

/// What consecutive operations on one series share.
struct BatchKey {
  std::uint64_t hash = 0;
  std::size_t offset = 0;  // Of the internal key among the batch's; nothing where
  std::size_t size = 0;
  std::shared_ptr<SeriesState> series;  // this brought it.
};
}  // namespace engine

/// Puts and deletes that become visible together or not at all, in the order they were added:
/// a later operation on a record wins over an earlier one.
///
///     WriteBatch batch;
///     batch.put("plant/press1/temp", ts, 71.5);
///     batch.erase("plant/press1/alarm", ts);
///     engine.write(std::move(batch))
///
/// Keys are 1 to 65,535 bytes, values up to 16 MiB. put() does not check these limits. Writing the
/// batch then fails with invalid_argument, names the operation, and writes nothing. The same holds
/// for what is no value (ValueView::is_valid), a negative TTL, a range that ends before it begins,
/// and a handle of another engine.
///
/// A whole batch must fit: in bytes, it may be as large as the least of Options::queue_bytes,
/// Options::memtable_bytes and a quarter of Options::wal_bytes. Larger batches cost less per
/// record.
///
/// It holds each operation encoded, so what was passed in may go. Where there is no memory for one
/// the call throws std::bad_alloc, and the batch is as it was before it. Not for two threads at
/// once.
class WriteBatch {
 public:
  /// Empty. Takes memory only as operations are added.
  WriteBatch() = default;

  /// Adds a record, or replaces the one of the same key and ts. A TTL counts from `ts`, not from
  /// now. Without one the call's applies (WriteOptions::ttl), else the engine's default. One that
  /// goes past the end of time means that the record stays.
  void put(std::string_view key, TimePoint ts, ValueView value, std::optional<Duration> ttl = {});
  /// The same through a handle, which spares hashing the key.
  void put(const Series& series, TimePoint ts, ValueView value, std::optional<Duration> ttl = {});
  /// Adds a record with its own expiry, whatever the default TTL. An expires_at of `never` asks for
  /// the default.
  void put(const RecordView& record);

  /// Deletes one record. Deleting one that is not there is fine.
  void erase(std::string_view key, TimePoint ts);

  /// Deletes every record with first_key <= key < end_key and a ts in `range` that was written
  /// before, earlier in this batch included. Records written later are not touched. No `end_key`:
  /// every key from `first_key` on. Costs the same however many records it deletes; their space is
  /// given back by later compactions. Labels and notes stay.
  void erase_range(std::string_view first_key, std::optional<std::string_view> end_key,
                   TimeRange range = {});
  /// The same for every key that begins with `prefix`; "" is every key.
  void erase_prefix(std::string_view prefix, TimeRange range = {});

  /// Gives the series these labels in place of all that it had; no labels remove those. They count
  /// as one record of the engine's own, to which no TTL applies.
  void describe(std::string_view key, const Labels& labels);

  /// Keeps `bytes` under a name (varve/note.hpp), in place of what was there. Counts as one record
  /// of the engine's own, to which no TTL applies. Writing the batch fails with invalid_argument
  /// where a limit of Note is exceeded. Returns the batch.
  WriteBatch& note(std::string_view name, std::string_view bytes);
  /// Takes a note away. One that is not there is fine.
  WriteBatch& remove_note(std::string_view name);

  /// How many operations were added, those that will be refused included.
  std::size_t size() const { return operations_; }
  bool empty() const { return operations_ == 0; }
  /// Drops all operations, and keeps the memory for the next batch.
  void clear();

 private:
  friend class engine::BatchReader;

  /// An operation that is not to be written, and why.
  struct Problem {
    std::size_t operation;
    std::string what;
  };

  template <class Add>
  void add(Add added);
  void undo();
  std::uint32_t key_number(std::string_view key);
  std::uint32_t key_number(engine::KeySpace space, std::string_view key);
  std::uint32_t key_number(const std::shared_ptr<engine::SeriesState>& series);
  engine::BatchKey& add_key();
  std::span<const engine::BatchKey> keys() const { return std::span(keys_).first(key_count_); }
  std::string_view internal_key(const engine::BatchKey& key) const;
  static std::uint64_t user_bytes_of(std::string_view internal_key, const ValueView& value);

  bool accepts(std::string_view key);
  bool accepts(const ValueView& value);
  bool accepts(const std::optional<Duration>& ttl);
  void refuse(std::string what);
  void put(std::uint32_t key, Timestamp ts, const ValueView& value,
           std::optional<Timestamp> expires_at);
  void note_time(Timestamp ts);

  engine::Payload payload_;
  // The first `key_count_` of them. What lies behind is of the batch before: mostly the same series
  // in the same order, and then a handle is not counted anew.
  std::vector<engine::BatchKey> keys_;
  std::size_t key_count_ = 0;
  std::string key_heap_;
  std::size_t key_bytes_ = 0;
  std::size_t operations_ = 0;
  std::uint64_t puts_ = 0;
  std::uint64_t deletes_ = 0;
  std::uint64_t user_bytes_ = 0;
  // Of the records; the other way round where there is none.
  Timestamp first_ts_ = std::numeric_limits<Timestamp>::max();
  Timestamp last_ts_ = std::numeric_limits<Timestamp>::min();
  bool may_cover_ = false;          // There is an erase_range with operations before it.
  bool describes_ = false;          // There is a describe().
  std::optional<Problem> problem_;  // The first.
  // Handles: the first one's engine and operation, and the first of another engine.
  std::uint64_t engine_id_ = 0;
  std::size_t first_handle_ = 0;
  std::optional<std::size_t> stranger_;
};

/// What one write asks for beyond the engine's defaults.
///
///     engine.write(std::move(batch), WriteOptions().durability(Durability::always()))
class WriteOptions {
 public:
  /// The engine's defaults.
  WriteOptions() = default;

  /// Asks for at least this durability before the write is acknowledged. Less than the engine's is
  /// no less. Under Durability::none() there is no log, and anything else is invalid_argument.
  WriteOptions& durability(Durability durability) {
    durability_ = durability;
    return *this;
  }
  /// Gives a TTL to records that bring none of their own, in place of Options::default_ttl. It
  /// counts from each record's ts.
  WriteOptions& ttl(Duration ttl) {
    ttl_ = ttl;
    return *this;
  }

  const std::optional<Durability>& durability() const { return durability_; }
  const std::optional<Duration>& ttl() const { return ttl_; }

 private:
  std::optional<Durability> durability_;
  std::optional<Duration> ttl_;
};

}  // namespace varve
