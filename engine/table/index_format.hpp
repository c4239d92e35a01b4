#pragma once

#include <memory>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/table/table.hpp"
#include "varve/compression.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// What all keys of an index may take in memory. Writers end a table long before.
inline constexpr std::size_t index_keys_size_max = std::size_t{256} << 20;

/// The index of the blocks that lie one after the other from offset 0 on.
/// REQUIRES an entry.
Bytes encode_index(std::span<const TableIndex::Entry> entries, Compression compression);

/// Any bytes in: an index whose blocks fill `blocks_size` bytes and are in order, or corruption.
Result<std::shared_ptr<const TableIndex>> decode_index(ByteSpan bytes, std::uint64_t blocks_size);

}  // namespace varve::engine
