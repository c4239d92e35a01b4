// Any 36 bytes, once sealed with a right checksum, either fail to decode as an identity or are
// exactly the encoding of what they decode to; any other bytes decode or fail.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/base/checksum.hpp"
#include "engine/directory/identity.hpp"

namespace {

using namespace varve::engine;

void check(ByteSpan bytes) {
  const auto identity = Identity::decode(bytes);
  if (identity && !std::ranges::equal(identity->encode(), bytes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input = std::as_bytes(std::span(data, size));
  check(input);
  if (size == Identity::encoded_size - 8) {
    Bytes sealed(input.begin(), input.end());
    const std::uint64_t sum = checksum(input.subspan(8));
    ByteWriter(sealed).put(sum);
    check(sealed);
  }
  return 0;
}
