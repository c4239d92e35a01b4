#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve::engine {

using Bytes = std::vector<std::byte>;
using ByteSpan = std::span<const std::byte>;

inline ByteSpan as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Copies bytes that do not overlap. Null pointers are fine if `size` is 0; std::memcpy forbids
/// them.
inline void copy_bytes(void* to, const void* from, std::size_t size) {
  if (size != 0) std::memcpy(to, from, size);
}

/// Unsigned to little-endian and back, whatever the machine.
template <std::unsigned_integral T>
constexpr T little_endian(T value) {
  if constexpr (std::endian::native == std::endian::big) return std::byteswap(value);
  return value;
}

/// Small numbers of either sign become small unsigned ones: 0, -1, 1, -2 to 0, 1, 2, 3.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

/// Differences that wrap around at 2^64, so that every pair of times has one.
constexpr std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Appends to a buffer: fixed integers little-endian, varints as LEB128, sized bytes.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& target) : target_(target) {}

  template <std::unsigned_integral T>
  void put(T value) {
    value = little_endian(value);
    const std::size_t at = target_.size();
    target_.resize(at + sizeof(T));
    std::memcpy(target_.data() + at, &value, sizeof(T));
  }
  void put_signed(std::int64_t value) { put(static_cast<std::uint64_t>(value)); }
  void put_varint(std::uint64_t value) {
    while (value >= 0x80) {
      target_.push_back(static_cast<std::byte>(value | 0x80));
      value >>= 7;
    }
    target_.push_back(static_cast<std::byte>(value));
  }
  void put_zigzag(std::int64_t value) { put_varint(zigzag(value)); }
  void put_bytes(ByteSpan bytes) { target_.insert(target_.end(), bytes.begin(), bytes.end()); }
  void put_bytes(std::string_view text) { put_bytes(as_bytes(text)); }
  /// The length as a varint, then the bytes.
  void put_sized(std::string_view text) {
    put_varint(text.size());
    put_bytes(text);
  }

  std::size_t size() const { return target_.size(); }

 private:
  Bytes& target_;
};

/// Reads what ByteWriter wrote. Reading past the end, or a varint that is not the shortest, makes
/// it fail: from then on it gives zeros, and ok() is false. So a decoder reads all fields, then
/// asks once; only a length that it loops over or allocates by needs a check in between.
class ByteReader {
 public:
  explicit ByteReader(ByteSpan source) : source_(source) {}

  template <std::unsigned_integral T>
  T take() {
    T value = 0;
    if (const ByteSpan bytes = take_bytes(sizeof(T)); bytes.size() == sizeof(T)) {
      std::memcpy(&value, bytes.data(), sizeof(T));
    }
    return little_endian(value);
  }
  std::int64_t take_signed() { return static_cast<std::int64_t>(take<std::uint64_t>()); }
  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint64_t>(take<std::uint8_t>());
      if (shift == 63 && byte > 1) break;  // Over 64 bits.
      if (byte == 0 && shift > 0) break;   // A longer form of a smaller number.
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return ok_ ? value : 0;
    }
    fail();
    return 0;
  }
  std::int64_t take_zigzag() { return unzigzag(take_varint()); }
  ByteSpan take_bytes(std::size_t size) {
    if (size > source_.size()) {
      fail();
      return {};
    }
    const ByteSpan taken = source_.first(size);
    source_ = source_.subspan(size);
    return taken;
  }
  std::string_view take_sized() {
    const std::uint64_t size = take_varint();
    if (size > source_.size()) {
      fail();
      return {};
    }
    return as_text(take_bytes(static_cast<std::size_t>(size)));
  }

  void fail() {
    ok_ = false;
    source_ = {};
  }
  bool ok() const { return ok_; }
  bool at_end() const { return source_.empty(); }
  std::size_t remaining() const { return source_.size(); }

 private:
  ByteSpan source_;
  bool ok_ = true;
};

}  // namespace varve::engine
