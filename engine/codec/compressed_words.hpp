#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

/// Words compressed by zstd, as they are. Appends nothing, and says false, where that does not pay
/// against a form that takes `packed` bytes.
bool encode_compressed_if_it_pays(std::span<const std::uint64_t> words, std::size_t packed,
                                  Bytes& target);

/// What follows the tag.
void decode_compressed(ByteReader& reader, std::span<std::uint64_t> words);

}  // namespace varve::engine
