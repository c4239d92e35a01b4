#include "engine/wal/batch.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/try.hpp"

namespace varve::engine {

namespace {

// The tag byte: bits 0-1 the kind, 2-4 the value's type, 5 a bool's value, 6 an expiry follows.
// Bit 7, and what a kind or type has no use for, is zero.
constexpr unsigned kind_mask = 0x03;
constexpr unsigned type_shift = 2;
constexpr unsigned type_mask = 0x07;
constexpr unsigned true_bit = 0x20;
constexpr unsigned expiry_bit = 0x40;

constexpr std::size_t varint_size_max = 10;
// A tag, a key number, a time, a number (or the size of bytes) and an expiry.
constexpr std::size_t put_size_max = 1 + 5 + 3 * varint_size_max;
// One more than the longest key, so that a range can end just after it; and the space's byte.
constexpr std::size_t bound_size_max = key_size_max + 2;

constexpr std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::byte* write_varint(std::byte* at, std::uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<std::byte>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<std::byte>(value);
  return at;
}

std::byte* write_zigzag(std::byte* at, std::int64_t value) {
  return write_varint(at, zigzag(value));
}

std::byte* write_sized(std::byte* at, std::string_view text) {
  at = write_varint(at, text.size());
  copy_bytes(at, text.data(), text.size());
  return at + text.size();
}

std::byte* write_double(std::byte* at, double value) {
  const std::uint64_t bits = little_endian(std::bit_cast<std::uint64_t>(value));
  std::memcpy(at, &bits, sizeof bits);
  return at + sizeof bits;
}

}  // namespace

std::size_t EncodedBatch::size() const {
  return sizeof(EncodedBatch) + payload.size() + key_bytes + keys.size() * sizeof(Key);
}

std::byte* BatchEncoder::reserve(std::size_t size) {
  if (bytes_.size() - size_ < size) {
    bytes_.resize(std::max({bytes_.size() * 2, size_ + size, std::size_t{64}}));
  }
  return bytes_.data() + size_;
}

void BatchEncoder::put(std::uint32_t key, Timestamp ts, const ValueView& value,
                       Timestamp expires_at) {
  const bool is_bytes = value.type() == ValueType::bytes;
  std::byte* at = reserve(put_size_max + (is_bytes ? value.as_bytes().size() : 0));
  unsigned tag = static_cast<unsigned>(Operation::Kind::put);
  tag |= static_cast<unsigned>(value.type()) << type_shift;
  if (expires_at != never) tag |= expiry_bit;
  if (value.type() == ValueType::bool_ && value.as_bool()) tag |= true_bit;
  *at++ = static_cast<std::byte>(tag);
  at = write_varint(at, key);
  at = write_zigzag(at, wrapping_subtract(ts, previous_ts_));
  switch (value.type()) {
    case ValueType::double_: at = write_double(at, value.as_double()); break;
    case ValueType::int64: at = write_zigzag(at, value.as_int64()); break;
    case ValueType::bool_: break;
    case ValueType::bytes: at = write_sized(at, value.as_bytes()); break;
  }
  if (expires_at != never) at = write_zigzag(at, wrapping_subtract(expires_at, ts));
  size_ = static_cast<std::size_t>(at - bytes_.data());
  previous_ts_ = ts;
}

void BatchEncoder::erase(std::uint32_t key, Timestamp ts) {
  std::byte* at = reserve(put_size_max);
  *at++ = static_cast<std::byte>(Operation::Kind::erase);
  at = write_varint(at, key);
  at = write_zigzag(at, wrapping_subtract(ts, previous_ts_));
  size_ = static_cast<std::size_t>(at - bytes_.data());
  previous_ts_ = ts;
}

void BatchEncoder::erase_range(std::string_view first_key, std::string_view end_key,
                               TimeSpan times) {
  std::byte* at = reserve(1 + 4 * varint_size_max + first_key.size() + end_key.size());
  *at++ = static_cast<std::byte>(Operation::Kind::erase_range);
  at = write_sized(at, first_key);
  at = write_sized(at, end_key);
  at = write_zigzag(at, times.first);
  at = write_zigzag(at, times.last);
  size_ = static_cast<std::size_t>(at - bytes_.data());
}

Bytes BatchEncoder::finish() && {
  bytes_.resize(size_);
  return std::move(bytes_);
}

Result<bool> BatchDecoder::next(Operation& operation) {
  if (reader_.at_end() && reader_.ok()) return false;
  const auto tag = static_cast<unsigned>(reader_.take<std::uint8_t>());
  switch (tag & kind_mask) {
    case static_cast<unsigned>(Operation::Kind::put): take_put(tag, operation); break;
    case static_cast<unsigned>(Operation::Kind::erase): take_erase(tag, operation); break;
    case static_cast<unsigned>(Operation::Kind::erase_range): take_range(tag, operation); break;
    default: reader_.fail(); break;
  }
  if (!reader_.ok()) return fail(Errc::corruption, "WAL payload: malformed operation");
  return true;
}

void BatchDecoder::take_key_and_ts(Operation& operation) {
  const std::uint64_t key = reader_.take_varint();
  if (key >= key_count_) return reader_.fail();
  operation.key = static_cast<std::uint32_t>(key);
  operation.ts = wrapping_add(previous_ts_, reader_.take_zigzag());
  previous_ts_ = operation.ts;
}

void BatchDecoder::take_put(unsigned tag, Operation& operation) {
  operation.kind = Operation::Kind::put;
  take_key_and_ts(operation);
  const unsigned type = (tag >> type_shift) & type_mask;
  const unsigned rest = tag & ~(kind_mask | (type_mask << type_shift) | expiry_bit);
  switch (type) {
    case static_cast<unsigned>(ValueType::double_):
      operation.value = std::bit_cast<double>(reader_.take<std::uint64_t>());
      break;
    case static_cast<unsigned>(ValueType::int64): operation.value = reader_.take_zigzag(); break;
    case static_cast<unsigned>(ValueType::bool_): operation.value = rest == true_bit; break;
    case static_cast<unsigned>(ValueType::bytes): {
      const std::string_view bytes = reader_.take_sized();
      if (bytes.size() > value_size_max) return reader_.fail();
      operation.value = bytes;
      break;
    }
    default: return reader_.fail();
  }
  if (rest != 0 && (rest != true_bit || type != static_cast<unsigned>(ValueType::bool_))) {
    return reader_.fail();
  }
  operation.expires_at = never;
  if ((tag & expiry_bit) != 0) {
    operation.expires_at = wrapping_add(operation.ts, reader_.take_zigzag());
    if (operation.expires_at == never) reader_.fail();  // That is written without the bit.
  }
}

void BatchDecoder::take_erase(unsigned tag, Operation& operation) {
  if (tag != static_cast<unsigned>(Operation::Kind::erase)) return reader_.fail();
  operation.kind = Operation::Kind::erase;
  take_key_and_ts(operation);
}

void BatchDecoder::take_range(unsigned tag, Operation& operation) {
  if (tag != static_cast<unsigned>(Operation::Kind::erase_range)) return reader_.fail();
  operation.kind = Operation::Kind::erase_range;
  operation.first_key = reader_.take_sized();
  operation.end_key = reader_.take_sized();
  operation.times.first = reader_.take_zigzag();
  operation.times.last = reader_.take_zigzag();
  // A range of nothing is never written.
  if (operation.first_key >= operation.end_key || operation.times.empty() ||
      std::max(operation.first_key.size(), operation.end_key.size()) > bound_size_max) {
    reader_.fail();
  }
}

}  // namespace varve::engine
