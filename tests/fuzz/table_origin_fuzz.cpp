// Any bytes either fail to decode as where a table comes from, or are exactly the encoding of what
// they decode to.

#include <algorithm>
#include <cstdint>
#include <span>

#include "engine/table/table_origin.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve::engine;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const auto origin = TableOrigin::decode(bytes);
  if (!origin) return 0;

  Bytes again;
  ByteWriter writer(again);
  origin->encode(writer);
  require(std::ranges::equal(again, bytes));
  return 0;
}
