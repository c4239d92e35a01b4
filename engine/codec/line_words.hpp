#pragma once

#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"

namespace varve::engine {

/// Steps between readings that are taken by a clock: each comes a bit late, but the next one not
/// for that. A step has the delays of two readings in it, so steps vary more than delays do. Here
/// the delays are stored, as distances from a line through all readings, and how many of the
/// clock's steps each step has, which is one but where readings are missing. Appends nothing, and
/// says false, where these are no such steps, or packing them as they are takes less.
bool encode_line_if_it_pays(std::span<const std::uint64_t> steps, Bytes& target);

/// What follows the tag, as the sums of the steps up to each and `first`.
void decode_line(ByteReader& reader, std::uint64_t first, std::span<std::uint64_t> sums);

}  // namespace varve::engine
