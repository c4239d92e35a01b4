// Any bytes either fail to decode as a batch's payload, or are exactly the encoding of what they
// decode to. The first byte says how many keys the batch has.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>

#include "engine/base/bytes.hpp"
#include "engine/record/payload.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve::engine;
  if (size == 0) return 0;
  const ByteSpan payload = std::as_bytes(std::span(data, size)).subspan(1);
  const std::uint32_t key_count = data[0];

  BatchDecoder decoder(payload, key_count);
  Payload again;
  BatchEncoder encoder(again);
  for (Operation operation;;) {
    const auto more = decoder.next(operation);
    if (!more) return 0;
    if (!*more) break;
    switch (operation.kind) {
      case Operation::Kind::put:
        if (operation.key >= key_count) std::abort();
        encoder.put(operation.key, operation.ts, operation.value, operation.expires_at);
        break;
      case Operation::Kind::erase:
        if (operation.key >= key_count) std::abort();
        encoder.erase(operation.key, operation.ts);
        break;
      case Operation::Kind::erase_range:
        encoder.erase_range(operation.first_key, operation.end_key, operation.times);
        break;
    }
  }
  const ByteSpan encoded = ByteSpan(again.bytes).first(again.size);
  if (as_text(encoded) != as_text(payload)) std::abort();
  return 0;
}
