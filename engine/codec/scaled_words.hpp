#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/codec/frame.hpp"

namespace varve::engine {

/// Appends the least word, a common divisor of all differences to it, and each difference divided
/// by that. It suits times in microseconds that were measured in milliseconds. Appends nothing and
/// returns false if the only divisor is 1, or if that does not take less than `size` bytes.
bool encode_scaled_if_it_pays(std::span<const std::uint64_t> words, const WordRange& range,
                              std::size_t size, Bytes& target);

/// What follows the tag.
void decode_scaled(ByteReader& reader, std::span<std::uint64_t> words);

}  // namespace varve::engine
