#pragma once

#include <cstdint>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/memtable/memtable.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// Applies a payload to the memtable: the one way in, for new batches and for replayed ones.
/// `series` are the memtable's, by batch-local key number. Fails with corruption, which replay
/// can meet and a new batch cannot; what came before the damage is applied then.
/// Returns how many operations it held.
Result<std::uint64_t> apply_batch(Memtable& memtable, ByteSpan payload,
                                  std::span<MemtableSeries* const> series, std::uint64_t sequence);

}  // namespace varve::engine
