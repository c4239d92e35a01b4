#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

/// The bytes that `count` numbers of `width` bits take.
constexpr std::size_t packed_size(std::size_t count, unsigned width) {
  return count / 8 * width + (count % 8 * width + 7) / 8;
}

/// Writes value - base of each, `width` bits (0 to 64) after the other, lowest bit first; the last
/// byte is filled with zeros. Differences wrap, so any base is fine.
/// REQUIRES differences below 2^width, and a target of packed_size() bytes.
void pack(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
          std::span<std::byte> target);

/// Reads what pack() wrote. Any bytes give some values.
/// REQUIRES a width of at most 64, and packed_size() bytes.
void unpack(ByteSpan source, std::uint64_t base, unsigned width, std::span<std::uint64_t> values);

}  // namespace varve::engine
