#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/table/table.hpp"
#include "varve/compression.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// The statistics of the blocks of a table, in their order.
Bytes encode_statistics(std::span<const std::optional<NumberStatistics>> blocks,
                        Compression compression);

/// Any bytes in: statistics of `count` blocks, or corruption.
Result<std::shared_ptr<const TableStatistics>> decode_statistics(ByteSpan bytes, std::size_t count);

}  // namespace varve::engine
