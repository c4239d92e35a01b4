// Any bytes either fail to decode as what a table says of itself, or are exactly the encoding of
// what they decode to.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/table/table_meta.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve::engine;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  ByteReader reader(bytes);
  const auto meta = TableMeta::decode(reader);
  if (!meta) return 0;

  Bytes again;
  ByteWriter writer(again);
  meta->encode(writer);
  if (!std::ranges::equal(again, bytes.first(size - reader.remaining()))) std::abort();
  return 0;
}
