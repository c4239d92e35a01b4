// Any bytes either fail to decode as an edit or are exactly the encoding of what they decode to.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/version/version_edit.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve::engine;
  const ByteSpan input = std::as_bytes(std::span(data, size));

  const auto edit = VersionEdit::decode(input);
  if (!edit) return 0;
  Bytes again;
  ByteWriter writer(again);
  edit->encode(writer);
  if (!std::ranges::equal(again, input)) std::abort();
  return 0;
}
