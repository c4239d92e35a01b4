#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "bench/load/reading.hpp"
#include "varve/time.hpp"

namespace varve::bench {

/// How the key-value stores hold a record's identity, so that bytes sort as (key, ts): the key, a
/// zero byte (no key of the benchmarks has one), and the time, big-endian with its sign flipped.
class SortedKey {
 public:
  static constexpr std::size_t suffix_size = 1 + sizeof(Timestamp);

  void set(std::string_view key, Timestamp ts) {
    bytes_.assign(key);
    bytes_.push_back('\0');
    const std::uint64_t bits = swapped(static_cast<std::uint64_t>(ts) ^ sign);
    bytes_.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  const std::string& bytes() const { return bytes_; }

  // Of bytes that set() made.
  static std::string_view key_of(std::string_view bytes) {
    return bytes.substr(0, bytes.size() - suffix_size);
  }
  static Timestamp ts_of(std::string_view bytes) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data() + bytes.size() - sizeof bits, sizeof bits);
    return static_cast<Timestamp>(swapped(bits) ^ sign);
  }

 private:
  static constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  static constexpr std::uint64_t swapped(std::uint64_t bits) {
    if constexpr (std::endian::native == std::endian::big) return bits;
    return __builtin_bswap64(bits);
  }

  std::string bytes_;
};

/// Values in the key-value stores: the eight bytes of a double, or the bytes of a text. No text of
/// the benchmarks has eight bytes.
class StoredValue {
 public:
  explicit StoredValue(const Reading& reading)
      : number_(reading.is_number() ? reading.number() : 0),
        text_(reading.is_number() ? std::string_view{} : reading.text()),
        is_number_(reading.is_number()) {}

  std::string_view bytes() const {
    return is_number_ ? std::string_view(reinterpret_cast<const char*>(&number_), sizeof number_)
                      : text_;
  }
  static std::uint64_t digest_of(std::string_view bytes) {
    if (bytes.size() != sizeof(double)) return digest(bytes);
    double number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return digest(number);
  }

 private:
  double number_;
  std::string_view text_;
  bool is_number_;
};

}  // namespace varve::bench
