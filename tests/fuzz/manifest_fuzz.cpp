// A manifest whose records are sealed with right checksums, so that any payload gets through to
// the edits, and whose tail is raw: it reads, or fails; what it gives encodes to the same bytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/version/manifest_format.hpp"

namespace {

using namespace varve::engine;

/// Each record: one byte that says its length, and its payload. A length of 255 begins the tail.
Bytes sealed(const ManifestFormat& format, ByteSpan input) {
  Bytes file = format.header();
  ByteWriter writer(file);
  ByteReader reader(input);
  while (!reader.at_end()) {
    const auto size = reader.take<std::uint8_t>();
    if (size == 255) break;
    const ByteSpan payload = reader.take_bytes(std::min<std::size_t>(size, reader.remaining()));
    writer.put_bytes(format.record(file.size(), payload));
  }
  writer.put_bytes(reader.take_bytes(reader.remaining()));
  return file;
}

void check(const ManifestFormat& format, const Bytes& file) {
  const auto content = format.decode(file);
  if (!content || !*content) return;
  Bytes again = format.header();
  for (const VersionEdit& edit : (*content)->edits) {
    ByteWriter(again).put_bytes(format.record(again.size(), edit));
  }
  if (again.size() != (*content)->valid_bytes) std::abort();
  if (!std::ranges::equal(again, ByteSpan(file).first(again.size()))) std::abort();
  const bool torn = std::ranges::any_of(ByteSpan(file).subspan(again.size()),
                                        [](std::byte byte) { return byte != std::byte{0}; });
  if ((*content)->torn_tail.has_value() != torn) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input = std::as_bytes(std::span(data, size));
  const ManifestFormat format(Uuid{}, 1);
  check(format, sealed(format, input));
  check(format, Bytes(input.begin(), input.end()));
  return 0;
}
