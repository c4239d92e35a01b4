// Any bytes either fail to decode as a label record, or are exactly the encoding of what they
// decode to.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/record/label_record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace varve::engine;
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const auto labels = decode_labels(bytes);
  if (labels && as_text(encode_labels(*labels)) != as_text(bytes)) std::abort();
  return 0;
}
