#include "engine/record/payload.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/assert.hpp"
#include "varve/detail/with_type.hpp"
#include "varve/record.hpp"

namespace varve::engine {

namespace {

// A tag, a time, a number (or the size of bytes) and an expiry.
constexpr std::size_t varint_size_max = 10;
constexpr std::size_t put_size_max = 1 + 3 * varint_size_max;
// One more than the longest key, so that a range can end just after it; and the space's byte.
constexpr std::size_t bound_size_max = Record::key_size_max + 2;

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

std::byte* write(std::byte* at, std::string_view text) {
  at = write_varint(at, text.size());
  copy_bytes(at, text.data(), text.size());
  return at + text.size();
}

std::byte* write(std::byte* at, double value) {
  const std::uint64_t bits = little_endian(std::bit_cast<std::uint64_t>(value));
  std::memcpy(at, &bits, sizeof bits);
  return at + sizeof bits;
}

std::byte* write(std::byte* at, std::int64_t value) { return write_zigzag(at, value); }

/// Nothing: the tag says it.
std::byte* write(std::byte* at, bool /*value*/) { return at; }

}  // namespace

std::byte* BatchEncoder::reserve(std::size_t size) {
  Bytes& bytes = target_.bytes;
  if (bytes.size() - target_.size < size) {
    bytes.resize(std::max({bytes.size() * 2, target_.size + size, std::size_t{64}}));
  }
  return bytes.data() + target_.size;
}

void BatchEncoder::finish(const std::byte* end) {
  target_.size = static_cast<std::size_t>(end - target_.bytes.data());
}

std::byte* BatchEncoder::write_head(std::byte* at, unsigned tag, std::uint32_t key, Timestamp ts) {
  if (key == target_.key_count) {
    tag |= OperationTag::next_key_bit;
    ++target_.key_count;
  }
  VARVE_ASSERT(key + 1 == target_.key_count);
  *at++ = static_cast<std::byte>(tag);
  at = write_zigzag(at, wrapping_subtract(ts, target_.previous_ts));
  target_.previous_ts = ts;
  return at;
}

void BatchEncoder::put(std::uint32_t key, Timestamp ts, const ValueView& value,
                       std::optional<Timestamp> expires_at) {
  const bool is_bytes = value.type() == ValueType::bytes;
  std::byte* at = reserve(put_size_max + (is_bytes ? value.as_bytes().size() : 0));
  unsigned tag = static_cast<unsigned>(Operation::Kind::put);
  tag |= static_cast<unsigned>(value.type()) << OperationTag::type_shift;
  if (expires_at) tag |= OperationTag::expiry_bit;
  if (value.type() == ValueType::bool_ && value.as_bool()) tag |= OperationTag::true_bit;
  at = write_head(at, tag, key, ts);
  at = detail::with_value(value, [at](const auto& one) { return write(at, one); });
  if (expires_at) at = write_zigzag(at, wrapping_subtract(*expires_at, ts));
  finish(at);
}

void BatchEncoder::erase(std::uint32_t key, Timestamp ts) {
  finish(write_head(reserve(put_size_max), static_cast<unsigned>(Operation::Kind::erase), key, ts));
}

void BatchEncoder::erase_range(std::string_view first_key, std::string_view end_key,
                               TimeSpan times) {
  VARVE_ASSERT(first_key < end_key && !times.empty() &&
               std::max(first_key.size(), end_key.size()) <= bound_size_max);
  std::byte* at = reserve(1 + 4 * varint_size_max + first_key.size() + end_key.size());
  *at++ = static_cast<std::byte>(Operation::Kind::erase_range);
  at = write(at, first_key);
  at = write(at, end_key);
  at = write_zigzag(at, times.first);
  at = write_zigzag(at, times.last);
  finish(at);
}

bool BatchDecoder::take_sized(std::string_view& text) {
  std::uint64_t size = 0;
  if (!take_varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return false;
  text = {reinterpret_cast<const char*>(at_), static_cast<std::size_t>(size)};
  at_ += size;
  return true;
}

bool BatchDecoder::take_range(Operation& operation) {
  if (!take_sized(operation.first_key) || !take_sized(operation.end_key) ||
      !take_zigzag(operation.times.first) || !take_zigzag(operation.times.last)) {
    return false;
  }
  // A range of nothing is never written.
  return operation.first_key < operation.end_key && !operation.times.empty() &&
         std::max(operation.first_key.size(), operation.end_key.size()) <= bound_size_max;
}

}  // namespace varve::engine
