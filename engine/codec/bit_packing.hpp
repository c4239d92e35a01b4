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

/// Values are packed in units of 256, four side by side: the bits of values 0, 4, 8 and so on fill
/// one 64-bit word after the other, those of 1, 5, 9 the words between, so that one instruction
/// works on as many neighbours as a register holds (Lemire and Boytsov, "Decoding billions of
/// integers per second through vectorization", 2015). What is left follows value by value.
constexpr std::size_t packing_unit = 256;

/// Writes the lowest `width` bits (0 to 64) of value - base of each, lowest bit first; the last
/// byte is filled with zeros. Differences wrap, so any base is fine.
/// REQUIRES a target of packed_size() bytes.
void pack(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
          std::span<std::byte> target);

/// Reads what pack() wrote. Any bytes give some values.
/// REQUIRES a width of at most 64, and packed_size() bytes.
void unpack(ByteSpan source, std::uint64_t base, unsigned width, std::span<std::uint64_t> values);

}  // namespace varve::engine
