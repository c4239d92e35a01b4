#include "engine/commit/apply_batch.hpp"

#include "engine/record/expiry.hpp"
#include "engine/record/payload.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Result<AppliedBatch> apply_batch(Memtable& memtable, ByteSpan payload,
                                 std::optional<Duration> default_ttl,
                                 std::span<MemtableSeries* const> series, std::uint64_t sequence,
                                 Timestamp now) {
  BatchDecoder decoder(payload, static_cast<std::uint32_t>(series.size()));
  Operation operation;
  for (AppliedBatch applied;; ++applied.operations) {
    VARVE_TRY(const bool more, decoder.next(operation));
    if (!more) return applied;
    switch (operation.kind) {
      case Operation::Kind::put: {
        const Timestamp expires_at = expiry_of(operation.ts, operation.expires_at, default_ttl);
        applied.expired += expires_at <= now ? 1 : 0;
        memtable.put(*series[operation.key], operation.ts, operation.value, expires_at, sequence);
        break;
      }
      case Operation::Kind::erase:
        memtable.erase(*series[operation.key], operation.ts, sequence);
        break;
      case Operation::Kind::erase_range:
        memtable.erase_range(
            {{std::string(operation.first_key), std::string(operation.end_key)}, operation.times},
            sequence);
        break;
    }
  }
}

}  // namespace varve::engine
