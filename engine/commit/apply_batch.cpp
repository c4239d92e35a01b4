#include "engine/commit/apply_batch.hpp"

#include "engine/record/expiry.hpp"
#include "engine/record/payload.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Result<std::uint64_t> apply_batch(Memtable& memtable, ByteSpan payload,
                                  std::optional<Duration> default_ttl,
                                  std::span<MemtableSeries* const> series, std::uint64_t sequence) {
  BatchDecoder decoder(payload, static_cast<std::uint32_t>(series.size()));
  Operation operation;
  for (std::uint64_t count = 0;; ++count) {
    VARVE_TRY(const bool more, decoder.next(operation));
    if (!more) return count;
    switch (operation.kind) {
      case Operation::Kind::put:
        memtable.put(*series[operation.key], operation.ts, operation.value,
                     expiry_of(operation.ts, operation.expires_at, default_ttl), sequence);
        break;
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
