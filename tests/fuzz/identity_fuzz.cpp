// Any bytes decode as an identity or fail. Once they are sealed, with their size and a right
// checksum, what they decode to encodes to the same bytes, but for what a later version added.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/checksum.hpp"
#include "engine/directory/identity.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace varve::engine;

void check(ByteSpan bytes) {
  const auto identity = Identity::decode(bytes);
  if (!identity) return;
  require(bytes.size() >= Identity::encoded_size && bytes.size() <= Identity::encoded_size_max);
  const Bytes again = identity->encode();
  require(Identity::decode(again).value() == *identity);
  if (bytes.size() == again.size()) require(std::ranges::equal(again, bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input = std::as_bytes(std::span(data, size));
  check(input);
  if (size < Identity::encoded_size - 8) return 0;
  Bytes sealed;
  ByteWriter writer(sealed);
  writer.put_bytes(input.first(12));  // Magic and version.
  writer.put(static_cast<std::uint32_t>(size + 8));
  writer.put_bytes(input.subspan(16));
  writer.put(checksum(ByteSpan(sealed).subspan(8)));
  check(sealed);
  return 0;
}
