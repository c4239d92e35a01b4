#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

/// Appends the distinct words, sorted, and for each word which of them it is. Appends nothing and
/// returns false if over 256 words are distinct, or if that does not save an eighth of `size`
/// bytes.
bool encode_dictionary_if_it_pays(std::span<const std::uint64_t> words, std::size_t size,
                                  Bytes& target);

/// What follows the tag.
void decode_dictionary(ByteReader& reader, std::span<std::uint64_t> words);

}  // namespace varve::engine
