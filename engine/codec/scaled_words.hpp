#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/codec/frame.hpp"

namespace varve::engine {

/// Where all differences to the least word are multiples of something: that, the least word, and
/// how often each difference has it. Times in microseconds that were measured in milliseconds, say.
/// Appends nothing, and says false, where that does not take less than `size` bytes.
bool encode_scaled_if_it_pays(std::span<const std::uint64_t> words, const Extremes& extremes,
                              std::size_t size, Bytes& target);

/// What follows the tag.
void decode_scaled(ByteReader& reader, std::span<std::uint64_t> words);

}  // namespace varve::engine
