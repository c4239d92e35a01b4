#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "engine/base/bytes.hpp"
#include "engine/record/time_span.hpp"
#include "varve/detail/with_type.hpp"
#include "varve/error.hpp"
#include "varve/time.hpp"
#include "varve/try.hpp"
#include "varve/value.hpp"
#include "varve/write_batch.hpp"

namespace varve::engine {

/// The byte that an operation begins with. What a kind or type has no use for is zero.
struct OperationTag {
  static constexpr unsigned kind_mask = 0x03;
  static constexpr unsigned type_shift = 2;
  static constexpr unsigned type_mask = 0x07;
  static constexpr unsigned true_bit = 0x20;      // A bool's value.
  static constexpr unsigned expiry_bit = 0x40;    // An expiry follows.
  static constexpr unsigned next_key_bit = 0x80;  // Of the next key, not of the one before.
};

/// One operation of a payload. Views point into the payload.
struct Operation {
  enum class Kind : std::uint8_t { put, erase, erase_range };

  Kind kind = Kind::put;
  std::uint32_t key = 0;  // put, erase: batch-local number
  Timestamp ts = 0;
  ValueView value = 0.0;
  std::optional<Timestamp> expires_at;  // put; without one the batch's default TTL counts from ts
  std::string_view first_key;           // erase_range: internal keys [first_key, end_key),
  std::string_view end_key;
  TimeSpan times;  // and both ends of these.
};

/// Appends operations to a payload. Each is on the key of the one before, or on the next one:
/// docs/format/wal.md, "Payload". REQUIRES operations that BatchDecoder accepts.
class BatchEncoder {
 public:
  explicit BatchEncoder(Payload& target) : target_(target) {}

  void put(std::uint32_t key, Timestamp ts, const ValueView& value,
           std::optional<Timestamp> expires_at);
  void erase(std::uint32_t key, Timestamp ts);
  void erase_range(std::string_view first_key, std::string_view end_key, TimeSpan times);

 private:
  std::byte* reserve(std::size_t size);
  std::byte* write_head(std::byte* at, unsigned tag, std::uint32_t key, Timestamp ts);
  void finish(const std::byte* end);

  Payload& target_;
};

/// Walks the operations of a payload. Any bytes may be given: what is malformed is an error.
class BatchDecoder {
 public:
  BatchDecoder(ByteSpan payload, std::uint32_t key_count)
      : at_(payload.data()), end_(payload.data() + payload.size()), key_count_(key_count) {}

  /// Fills `operation`; false at the end. Fails with corruption.
  Result<bool> next(Operation& operation);

 private:
  bool take(Operation& operation);
  bool take_put(unsigned tag, Operation& operation);
  bool take_range(Operation& operation);
  bool take_key_and_ts(unsigned tag, Operation& operation);
  bool take_varint(std::uint64_t& value);
  bool take_zigzag(std::int64_t& value);
  bool take_sized(std::string_view& text);
  bool take_value(double& value);
  bool take_value(std::int64_t& value) { return take_zigzag(value); }
  bool take_value(std::string_view& value);

  const std::byte* at_;
  const std::byte* end_;
  std::uint32_t key_count_;
  std::uint32_t next_key_ = 0;
  Timestamp previous_ts_ = 0;
};

// Inline: every record that is written is decoded once.

inline Result<bool> BatchDecoder::next(Operation& operation) {
  if (at_ == end_) {
    if (next_key_ == key_count_) return false;
  } else if (take(operation)) {
    return true;
  }
  return fail(Errc::corruption, "WAL payload: malformed operation");
}

inline bool BatchDecoder::take(Operation& operation) {
  const auto tag = std::to_integer<unsigned>(*at_++);
  switch (tag & OperationTag::kind_mask) {
    case static_cast<unsigned>(Operation::Kind::put):
      operation.kind = Operation::Kind::put;
      return take_put(tag, operation);
    case static_cast<unsigned>(Operation::Kind::erase):
      operation.kind = Operation::Kind::erase;
      return (tag & ~(OperationTag::kind_mask | OperationTag::next_key_bit)) == 0 &&
             take_key_and_ts(tag, operation);
    case static_cast<unsigned>(Operation::Kind::erase_range):
      operation.kind = Operation::Kind::erase_range;
      return tag == static_cast<unsigned>(Operation::Kind::erase_range) && take_range(operation);
    default: return false;
  }
}

// Only the shortest form of a number, which has one byte far most often.
inline bool BatchDecoder::take_varint(std::uint64_t& value) {
  if (at_ == end_) return false;
  auto byte = std::to_integer<std::uint64_t>(*at_++);
  value = byte & 0x7F;
  for (unsigned shift = 7; byte >= 0x80; shift += 7) {
    if (at_ == end_) return false;
    byte = std::to_integer<std::uint64_t>(*at_++);
    if (byte == 0 || (shift == 63 && byte > 1)) return false;  // Longer than need be; over 64 bits.
    value |= (byte & 0x7F) << shift;
  }
  return true;
}

inline bool BatchDecoder::take_zigzag(std::int64_t& value) {
  std::uint64_t coded = 0;
  if (!take_varint(coded)) return false;
  value = unzigzag(coded);
  return true;
}

inline bool BatchDecoder::take_key_and_ts(unsigned tag, Operation& operation) {
  std::int64_t step = 0;
  if ((tag & OperationTag::next_key_bit) != 0) ++next_key_;
  if (next_key_ == 0 || next_key_ > key_count_ || !take_zigzag(step)) return false;
  operation.key = next_key_ - 1;
  previous_ts_ = wrapping_add(previous_ts_, step);
  operation.ts = previous_ts_;
  return true;
}

inline bool BatchDecoder::take_value(double& value) {
  std::uint64_t bits = 0;
  if (end_ - at_ < static_cast<std::ptrdiff_t>(sizeof bits)) return false;
  std::memcpy(&bits, at_, sizeof bits);
  at_ += sizeof bits;
  value = std::bit_cast<double>(little_endian(bits));
  return true;
}

inline bool BatchDecoder::take_value(std::string_view& value) {
  return take_sized(value) && value.size() <= Value::size_max;
}

inline bool BatchDecoder::take_put(unsigned tag, Operation& operation) {
  if (!take_key_and_ts(tag, operation)) return false;
  const unsigned rest =
      tag & ~(OperationTag::kind_mask | (OperationTag::type_mask << OperationTag::type_shift) |
              OperationTag::expiry_bit | OperationTag::next_key_bit);
  if ((rest & ~OperationTag::true_bit) != 0) return false;
  const unsigned type = (tag >> OperationTag::type_shift) & OperationTag::type_mask;
  if (!detail::is_value_type(type)) return false;
  const bool taken = detail::with_type(static_cast<ValueType>(type), [&]<class T>() {
    if (rest != 0 && !std::is_same_v<T, bool>) return false;
    T value{};
    if constexpr (std::is_same_v<T, bool>) {
      value = rest != 0;
    } else if (!take_value(value)) {
      return false;
    }
    operation.value = value;
    return true;
  });
  if (!taken) return false;
  operation.expires_at.reset();
  if ((tag & OperationTag::expiry_bit) != 0) {
    std::int64_t after = 0;
    if (!take_zigzag(after)) return false;
    operation.expires_at = wrapping_add(operation.ts, after);
  }
  return true;
}

}  // namespace varve::engine
