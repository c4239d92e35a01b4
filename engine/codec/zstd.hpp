#pragma once

#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

/// One zstd frame of `source`, at level 3.
Bytes compress(ByteSpan source);

/// Fills `target` from a frame. False where the bytes are no frame, or hold more or less than
/// that: nothing a frame claims is believed, and nothing is allocated by it.
bool decompress(ByteSpan source, std::span<std::byte> target);

}  // namespace varve::engine
