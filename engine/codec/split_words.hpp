#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

/// Doubles that are no decimals: sign, exponent and the first bits of the fraction repeat
/// themselves, the rest is noise. So the upper bits are a column of their own, and the lower are
/// packed as they are (ALP_RD of Afroozeh, Kuffo and Boncz, "ALP: Adaptive Lossless floating-Point
/// Compression", 2023). Appends nothing, and says false, where that does not take less than `size`
/// bytes.
bool encode_split_if_it_pays(std::span<const std::uint64_t> words, std::size_t size, Bytes& target);

/// What follows the tag.
void decode_split(ByteReader& reader, std::span<std::uint64_t> words);

}  // namespace varve::engine
