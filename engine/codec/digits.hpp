#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

// Packs numbers below a radix that is no power of two: as many digits in each 64-bit word as fit.
// With a radix of 21 that is 14 numbers a word, where 5 bits each would give 12. A word is read as
// a fraction, word / 2^64: multiplying it by the radix moves the next digit into the high half of
// the product, so decoding needs no division.

inline constexpr unsigned radix_min = 3;
inline constexpr unsigned radix_max = 63;

/// Bytes that `count` digits take. REQUIRES radix_min <= radix <= radix_max, here and below.
std::size_t digits_size(std::size_t count, unsigned radix);

/// Writes the digit (value - base) / 2^shift of each value. REQUIRES a target of digits_size()
/// bytes, and each digit to be below the radix: not asserted, since it would double the work.
void pack_digits(std::span<const std::uint64_t> values, std::uint64_t base, unsigned shift,
                 unsigned radix, std::span<std::byte> target);

/// Decode values.size() digits. add_digits() adds digit * 2^shift to each value; set_digits() sets
/// each value to base + digit. Any bytes decode to some digits. REQUIRES a source of digits_size()
/// bytes.
void add_digits(ByteSpan source, unsigned shift, unsigned radix, std::span<std::uint64_t> values);
void set_digits(ByteSpan source, std::uint64_t base, unsigned radix,
                std::span<std::uint64_t> values);

}  // namespace varve::engine
