#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/base/bytes.hpp"
#include "engine/memtable/memtable.hpp"
#include "varve/error.hpp"
#include "varve/time.hpp"

namespace varve::engine {

/// What a batch came to.
struct AppliedBatch {
  std::uint64_t operations = 0;
  std::uint64_t expired = 0;  // Puts that had expired already.
};

/// Applies a payload to the memtable: the one way in, for new batches and for replayed ones.
/// `series` are the memtable's, by batch-local key number; `default_ttl` is for puts that say no
/// expiry; what expires at `now` or before counts as expired, and is applied like the rest. Fails
/// with corruption, which replay can meet and a new batch cannot; what came before the damage is
/// applied then.
Result<AppliedBatch> apply_batch(Memtable& memtable, ByteSpan payload,
                                 std::optional<Duration> default_ttl,
                                 std::span<MemtableSeries* const> series, std::uint64_t sequence,
                                 Timestamp now);

}  // namespace varve::engine
