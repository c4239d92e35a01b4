#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "varve/durability.hpp"
#include "varve/record.hpp"
#include "varve/series.hpp"
#include "varve/time.hpp"
#include "varve/value.hpp"

namespace varve {

namespace engine {
class BatchReader;
}

/// Puts and deletes that become visible together or not at all, in the order they were added:
/// a later operation on a record wins over an earlier one.
///
/// Keys are 1 to 65,535 bytes, values up to 16 MiB. What is over is kept here and refused, whole
/// and by name, when the batch is written. Not for two threads at once.
class WriteBatch {
 public:
  WriteBatch() = default;

  /// A TTL counts from `ts`. Without one the call's applies, else the engine's default.
  void put(std::string_view key, Timestamp ts, ValueView value, std::optional<Duration> ttl = {});
  void put(const Series& series, Timestamp ts, ValueView value, std::optional<Duration> ttl = {});
  /// The record's own expiry holds, whatever the default. `never` asks for the default.
  void put(const RecordView& record);

  /// Deletes one record, whether it is there or not.
  void erase(std::string_view key, Timestamp ts);

  /// Deletes every record with first_key <= key < end_key and a ts in `range` that was written
  /// before. No `end_key`: every key from `first_key` on. Costs the same however many it hides.
  void erase_range(std::string_view first_key, std::optional<std::string_view> end_key,
                   TimeRange range = {});
  void erase_prefix(std::string_view prefix, TimeRange range = {});

  std::size_t size() const { return operations_.size(); }
  bool empty() const { return operations_.empty(); }
  void clear();

 private:
  friend class engine::BatchReader;

  enum class Kind : std::uint8_t { put, erase, erase_range };
  enum class Expiry : std::uint8_t { by_default, ttl, at };

  struct Slice {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  struct Operation {
    Kind kind;
    ValueType type = ValueType::double_;  // put
    Expiry expiry = Expiry::by_default;   // put
    std::uint32_t index = 0;              // into keys_; erase_range: into ranges_
    Timestamp ts = 0;                     // put, erase
    std::uint64_t bits = 0;  // put: the number's bits, or where its bytes begin in heap_
    std::size_t size = 0;    // put of bytes
    std::int64_t ttl = 0;    // put: microseconds, or the moment of expiry
  };
  struct Range {
    Slice first;
    Slice end;
    bool open_end;  // no end_key
    TimeRange times;
  };
  struct Key {
    Slice bytes;  // The internal key; nothing where `series` brought it.
    std::uint64_t hash = 0;
    std::shared_ptr<engine::SeriesState> series;  // set by put(Series, ...)
  };

  std::uint32_t intern(std::string_view key);
  std::uint32_t intern(const std::shared_ptr<engine::SeriesState>& series);
  std::uint32_t find(std::string_view internal_key, std::uint64_t hash,
                     const engine::SeriesState* series) const;
  std::uint32_t add(Key key);
  void enter(std::uint32_t index);
  Slice keep(std::string_view bytes);
  std::string_view view(Slice slice) const { return {heap_.data() + slice.offset, slice.size}; }
  std::string_view internal_key(const Key& key) const;
  void put(std::uint32_t key, Timestamp ts, const ValueView& value, Expiry expiry,
           std::int64_t ttl);

  std::vector<Operation> operations_;
  std::vector<Key> keys_;  // Of puts and erases, each once.
  std::vector<Range> ranges_;
  std::string heap_;                  // Bytes of keys and of values.
  std::vector<std::uint32_t> table_;  // Open addressing: index into keys_ plus one, or zero.
};

/// What one write asks for beyond the engine's defaults.
class WriteOptions {
 public:
  WriteOptions() = default;

  /// At least this durable before the write is acknowledged.
  WriteOptions& durability(Durability durability) {
    durability_ = durability;
    return *this;
  }
  /// For records that bring no TTL of their own. Counts from each record's ts.
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
