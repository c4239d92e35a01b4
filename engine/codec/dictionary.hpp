#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

/// Where at most 256 words are distinct: these, sorted, and which of them each word is. Appends
/// nothing, and says false, where that does not save an eighth of `size` bytes.
bool encode_dictionary_if_it_pays(std::span<const std::uint64_t> words, std::size_t size,
                                  Bytes& target);

/// What follows the tag.
void decode_dictionary(ByteReader& reader, std::span<std::uint64_t> words);

}  // namespace varve::engine
