// seal() gathers the rows of a block from its chunks, column by column, encodes each column as a
// table's block has it (so that a flush copies the bytes) and puts them behind the struct, in the
// arena: times as steps, expiries, values, and the sequences last, which no table has.
//
// Reading decodes as little as it can. Where all steps are the same (`step_`), times are computed;
// where a reader's sequence is not below the last one, sequences are not decoded. What decodes was
// encoded here, so that it cannot fail.

#include "engine/memtable/sealed_block.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include "engine/base/assert.hpp"
#include "engine/codec/columns.hpp"
#include "engine/codec/words.hpp"

namespace varve::engine {

namespace {

/// Whether blocks of such values are sealed: they take no memory but their column's.
template <class T>
constexpr bool is_sealed = !std::is_same_v<T, std::string_view>;

bool is_sealed_type(RowType type) {
  return type != RowType::tombstone && with_type(type, []<class T>() { return is_sealed<T>; });
}

/// Calls `visit.operator()<T>()` with the C++ type of the values. REQUIRES a type that is sealed.
template <class Visit>
void with_sealed_type(RowType type, Visit visit) {
  with_type(type, [&]<class T>() {
    if constexpr (is_sealed<T>) {
      visit.template operator()<T>();
    } else {
      VARVE_ASSERT(false && "such a block is not sealed");
    }
  });
}

/// All rows of the block, where they are of one type that is sealed.
std::optional<RowType> type_of(const RunChunk& newest) {
  const RowType type = newest.types()[0];
  if (!is_sealed_type(type)) return std::nullopt;
  for (const RunChunk* chunk = &newest; chunk != nullptr; chunk = chunk->previous()) {
    const RowType* const types = chunk->types();
    const RowType* const end = types + chunk->capacity();
    if (std::any_of(types, end, [&](RowType of) { return of != type; })) return std::nullopt;
  }
  return type;
}

std::uint64_t step_of(std::span<const Timestamp> timestamps) {
  const std::int64_t step = wrapping_subtract(timestamps[1], timestamps[0]);
  for (std::size_t i = 2; i < timestamps.size(); ++i) {
    if (wrapping_subtract(timestamps[i], timestamps[i - 1]) != step) return 0;
  }
  return static_cast<std::uint64_t>(step);
}

template <class Visit>
void for_each_chunk(const RunChunk& newest, Visit visit) {
  for (const RunChunk* chunk = &newest; chunk != nullptr; chunk = chunk->previous()) visit(*chunk);
}

/// Appends a column to `bytes`, and says how long it is.
template <class Encode>
std::uint32_t appended(Bytes& bytes, Encode encode) {
  const std::size_t before = bytes.size();
  encode();
  return static_cast<std::uint32_t>(bytes.size() - before);
}

}  // namespace

const SealedBlock* SealedBlock::seal(const RunChunk& newest, Arena& arena, Bytes& buffer) {
  static_assert(std::is_trivially_destructible_v<SealedBlock>);  // It goes with the arena.
  const std::optional<RowType> type = type_of(newest);
  if (!type) return nullptr;
  SealedBlock block;
  block.type_ = *type;
  buffer.clear();
  block.encode_times(newest, buffer);
  block.values_size_ = appended(buffer, [&] { block.encode_values(newest, buffer); });
  block.encode_sequences(newest, buffer);
  std::byte* const memory =
      arena.allocate(sizeof(SealedBlock) + buffer.size(), alignof(SealedBlock));
  std::memcpy(memory + sizeof(SealedBlock), buffer.data(), buffer.size());
  return new (memory) SealedBlock(block);
}

void SealedBlock::encode_times(const RunChunk& newest, Bytes& target) {
  std::array<Timestamp, rows> timestamps;
  std::array<Timestamp, rows> moments;
  bool expires = false;
  for_each_chunk(newest, [&](const RunChunk& chunk) {
    std::copy_n(chunk.timestamps(), chunk.capacity(), timestamps.begin() + chunk.start());
    if (const Timestamp* const column = chunk.expiries()) {
      expires = true;
      std::copy_n(column, chunk.capacity(), moments.begin() + chunk.start());
    } else {
      std::fill_n(moments.begin() + chunk.start(), chunk.capacity(), never);
    }
  });
  times_ = {timestamps.front(), timestamps.back()};
  step_ = step_of(timestamps);
  if (expires) {
    const auto [least, greatest] = std::ranges::minmax_element(moments);
    expiry_min_ = *least;
    expiry_max_ = *greatest;
  }
  steps_size_ = appended(target, [&] { encode_steps(timestamps, target); });
  expiries_size_ = appended(target, [&] { encode_expiries(moments, timestamps, target); });
}

void SealedBlock::encode_values(const RunChunk& newest, Bytes& target) {
  with_sealed_type(type_, [&]<class T>() {
    std::array<T, rows> values;
    for_each_chunk(newest, [&](const RunChunk& chunk) {
      chunk.copy_values(0, std::span(values).subspan(chunk.start(), chunk.capacity()));
    });
    if constexpr (has_statistics<T>) statistics_ = statistics_of(std::span<const T>(values));
    engine::encode_values(std::span<const T>(values), Compression::none, target);
  });
}

void SealedBlock::encode_sequences(const RunChunk& newest, Bytes& target) {
  std::array<std::uint64_t, rows> numbers;
  for_each_chunk(newest, [&](const RunChunk& chunk) {
    std::copy_n(chunk.sequences(), chunk.capacity(), numbers.begin() + chunk.start());
  });
  first_sequence_ = static_cast<std::uint32_t>(numbers.front());
  last_sequence_ = static_cast<std::uint32_t>(numbers.back());
  sequences_size_ = appended(target, [&] { encode_words(numbers, Compression::none, target); });
}

void SealedBlock::decode_timestamps(std::span<Timestamp, rows> timestamps) const {
  timestamps[0] = times_.first;
  if (step_ != 0) {
    for (std::size_t i = 1; i < timestamps.size(); ++i) {
      timestamps[i] = wrapping_add(timestamps[i - 1], static_cast<Timestamp>(step_));
    }
    return;
  }
  ByteReader reader(steps());
  decode_steps(reader, timestamps);
  VARVE_ASSERT(reader.ok());  // We encoded it ourselves, here as below.
}

std::array<std::uint64_t, SealedBlock::rows> SealedBlock::decode_sequences() const {
  std::array<std::uint64_t, rows> decoded;
  ByteReader reader(sequences());
  decode_words(reader, decoded);
  VARVE_ASSERT(reader.ok());
  return decoded;
}

/// 8 bytes for each value, as a chunk has them.
void SealedBlock::decode_values(std::byte* words) const {
  ByteReader reader(values());
  with_sealed_type(type_, [&]<class T>() {
    if constexpr (RunChunk::keeps_as_column<T>) {
      engine::decode_values(reader, std::span(reinterpret_cast<T*>(words), rows));
    } else {
      std::array<T, rows> values;
      engine::decode_values(reader, std::span<T>(values));
      std::byte* to = words;  // No reference, which each byte written could change.
      for (const T value : values) {
        std::memcpy(to, &value, sizeof(T));
        to += sizeof(std::uint64_t);
      }
    }
  });
  VARVE_ASSERT(reader.ok());
}

std::uint32_t SealedBlock::rows_before(Timestamp ts) const {
  if (ts <= times_.first) return 0;
  if (ts > times_.last) return rows;
  if (step_ != 0) {
    const auto distance = static_cast<std::uint64_t>(wrapping_subtract(ts, times_.first));
    return static_cast<std::uint32_t>((distance - 1) / step_) + 1;
  }
  Timestamps timestamps;
  decode_timestamps(timestamps);
  return static_cast<std::uint32_t>(std::ranges::lower_bound(timestamps, ts) - timestamps.begin());
}

std::optional<std::uint32_t> SealedBlock::find(Timestamp ts) const {
  if (!times_.contains(ts)) return std::nullopt;
  if (step_ != 0) {
    const auto distance = static_cast<std::uint64_t>(wrapping_subtract(ts, times_.first));
    if (distance % step_ != 0) return std::nullopt;
    return static_cast<std::uint32_t>(distance / step_);
  }
  Timestamps timestamps;
  decode_timestamps(timestamps);
  const auto* const found = std::ranges::lower_bound(timestamps, ts);
  if (*found != ts) return std::nullopt;
  return static_cast<std::uint32_t>(found - timestamps.begin());
}

std::uint32_t SealedBlock::rows_up_to(std::uint32_t sequence) const {
  if (sequence < first_sequence_) return 0;
  if (sequence >= last_sequence_) return rows;
  const auto decoded = decode_sequences();
  return static_cast<std::uint32_t>(std::ranges::upper_bound(decoded, std::uint64_t{sequence}) -
                                    decoded.begin());
}

Timestamp SealedBlock::timestamp_at(std::uint32_t index) const {
  if (index + 1 == rows) return times_.last;
  Timestamps timestamps;
  decode_timestamps(timestamps);
  return timestamps[index];
}

std::uint32_t SealedBlock::sequence_at(std::uint32_t index) const {
  if (first_sequence_ == last_sequence_) return first_sequence_;
  return static_cast<std::uint32_t>(decode_sequences()[index]);
}

ValueView SealedBlock::value_at(std::uint32_t index) const {
  ByteReader reader(values());
  ValueView value = 0.0;
  with_sealed_type(type_, [&]<class T>() {
    std::array<T, rows> values;
    engine::decode_values(reader, std::span<T>(values));
    value = values[index];
  });
  VARVE_ASSERT(reader.ok());
  return value;
}

Timestamp SealedBlock::expires_at(std::uint32_t index) const {
  if (expiry_min_ == expiry_max_) return expiry_min_;
  Timestamps timestamps;
  decode_timestamps(timestamps);
  Timestamps moments;
  ByteReader reader(expiries());
  VARVE_ASSERT(decode_expiries(reader, timestamps, moments) && reader.ok());
  return moments[index];
}

PackedRows SealedBlock::packed(std::string_view key) const {
  return {key,         type_,
          rows,        times_,
          expiry_min_, expiry_max_,
          statistics_, {data(), std::size_t{steps_size_} + expiries_size_ + values_size_}};
}

void SealedBlock::decode(RunChunk& chunk, Timestamp* moments) const {
  const std::span<Timestamp, rows> timestamps(chunk.timestamps(), rows);
  decode_timestamps(timestamps);
  decode_values(chunk.values());
  std::fill_n(chunk.types(), rows, type_);
  if (expiry_min_ == never) return chunk.set_expiries(nullptr);
  ByteReader reader(expiries());
  VARVE_ASSERT(decode_expiries(reader, timestamps, {moments, rows}) && reader.ok());
  chunk.set_expiries(moments);
}

const RunChunk& UnsealedBlock::decode(const SealedBlock& block) {
  if (memory_ == nullptr) {
    memory_ = std::make_unique_for_overwrite<std::byte[]>(RunChunk::size_of(SealedBlock::rows));
    expiries_ = std::make_unique_for_overwrite<Timestamp[]>(SealedBlock::rows);
    new (memory_.get()) RunChunk(SealedBlock::rows, nullptr, {});
  }
  RunChunk& chunk = *std::launder(reinterpret_cast<RunChunk*>(memory_.get()));
  if (block_ != &block) block.decode(chunk, expiries_.get());
  block_ = &block;
  return chunk;
}

}  // namespace varve::engine
