#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/codec/row_columns.hpp"
#include "engine/memory/arena.hpp"
#include "engine/memtable/run_chunk.hpp"
#include "engine/record/number_statistics.hpp"
#include "engine/record/rows.hpp"

namespace varve::engine {

/// A full block of an ordered run, encoded: rows of one type, numbers or bools. First the columns
/// that a block of a table has after its first timestamp, so that a flush copies them, then the
/// sequences. They follow the struct. Never changes.
class SealedBlock {
 public:
  static constexpr std::uint32_t rows = run_block_rows;

  /// The encoded form of a block of chunks, from the newest on; null where its rows are of several
  /// types, bytes or tombstones. `buffer` is there to be filled again and again.
  static const SealedBlock* seal(const RunChunk& newest, Arena& arena, Bytes& buffer);

  Timestamp first_ts() const { return times_.first; }
  std::uint32_t first_sequence() const { return first_sequence_; }
  RowType type() const { return type_; }

  // Each decodes as little as it can.

  std::uint32_t rows_before(Timestamp ts) const;
  std::uint32_t rows_up_to(std::uint32_t sequence) const;
  std::optional<std::uint32_t> find(Timestamp ts) const;
  Timestamp timestamp_at(std::uint32_t index) const;
  std::uint32_t sequence_at(std::uint32_t index) const;
  ValueView value_at(std::uint32_t index) const;
  Timestamp expires_at(std::uint32_t index) const;

  PackedRows packed(std::string_view key) const;
  /// The rows without their sequences. REQUIRES a chunk of as many, and room for their expiries.
  void decode(RunChunk& chunk, Timestamp* expiries) const;

 private:
  SealedBlock() = default;

  void encode_times(const RunChunk& newest, Bytes& target);
  void encode_values(const RunChunk& newest, Bytes& target);
  void encode_sequences(const RunChunk& newest, Bytes& target);

  using Timestamps = std::array<Timestamp, rows>;

  const std::byte* data() const { return reinterpret_cast<const std::byte*>(this + 1); }
  ByteSpan steps() const { return {data(), steps_size_}; }
  ByteSpan expiries() const { return {data() + steps_size_, expiries_size_}; }
  ByteSpan values() const { return {data() + steps_size_ + expiries_size_, values_size_}; }
  ByteSpan sequences() const {
    return {data() + steps_size_ + expiries_size_ + values_size_, sequences_size_};
  }
  void decode_timestamps(std::span<Timestamp, rows> timestamps) const;
  void decode_values(std::byte* words) const;
  std::array<std::uint64_t, rows> decode_sequences() const;

  TimeSpan times_;
  std::uint64_t step_ = 0;  // Between all neighbours; 0 where it differs.
  Timestamp expiry_min_ = never;
  Timestamp expiry_max_ = never;
  std::optional<NumberStatistics> statistics_;
  std::uint32_t first_sequence_ = 0;
  std::uint32_t last_sequence_ = 0;
  std::uint32_t steps_size_ = 0;
  std::uint32_t expiries_size_ = 0;
  std::uint32_t values_size_ = 0;
  std::uint32_t sequences_size_ = 0;
  RowType type_ = RowType::double_;
};

/// A sealed block as a chunk of the reader's own.
class UnsealedBlock {
 public:
  /// The same block is not decoded again.
  const RunChunk& decode(const SealedBlock& block);
  /// What was decoded last; null before.
  const SealedBlock* block() const { return block_; }
  bool holds(const RunChunk& chunk) const {
    return memory_.get() == reinterpret_cast<const std::byte*>(&chunk);
  }

 private:
  const SealedBlock* block_ = nullptr;
  std::unique_ptr<std::byte[]> memory_;
  std::unique_ptr<Timestamp[]> expiries_;
};

}  // namespace varve::engine
