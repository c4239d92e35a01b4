#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

// Numbers below some radix that is no power of two, as many in a word of 64 bits as go in: of 21
// values 14, where bits would hold 12. The digits of a fraction of 2^64: each multiplication by the
// radix brings out the next above the word, without a division.

inline constexpr unsigned radix_min = 3;
inline constexpr unsigned radix_max = 63;

/// What so many digits take, in bytes. REQUIRES a radix within the bounds, here as below.
std::size_t digits_size(std::size_t count, unsigned radix);

/// Writes (value - base) / 2^shift of each. REQUIRES these to be below the radix, and a target of
/// digits_size().
void pack_digits(std::span<const std::uint64_t> values, std::uint64_t base, unsigned shift,
                 unsigned radix, std::span<std::byte> target);

/// Each digit times 2^shift, added to what add_digits() finds there and set_digits(), without a
/// shift, to a base. Any bytes give some digits. REQUIRES digits_size() bytes.
void add_digits(ByteSpan source, unsigned shift, unsigned radix, std::span<std::uint64_t> values);
void set_digits(ByteSpan source, std::uint64_t base, unsigned radix,
                std::span<std::uint64_t> values);

}  // namespace varve::engine
