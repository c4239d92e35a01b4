// A manifest whose records are sealed with right checksums, so that any payload gets through to
// the edits, and whose tail is raw: it reads, or fails; what it gives encodes to the same bytes. A
// second copy, damaged anywhere, or arbitrary, takes nothing away from it.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/version/manifest_format.hpp"
#include "tests/fuzz/require.hpp"

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

/// `file` with bytes of the input over its own, wherever the input says.
Bytes damaged(Bytes file, ByteSpan input) {
  ByteReader reader(input);
  while (!reader.at_end() && !file.empty()) {
    const auto place = reader.take<std::uint16_t>();
    const auto byte = reader.take<std::uint8_t>();
    if (reader.ok()) file[place % file.size()] = std::byte{byte};
  }
  return file;
}

void check_copies(const ManifestFormat& format, const Bytes& file, const Bytes& other) {
  const auto alone = format.decode(file);
  if (!alone || !*alone) return;
  for (const bool is_first : {true, false}) {
    const std::array<ManifestCopy, 2> copies{
        {{"manifest", is_first ? file : other}, {"copy", is_first ? other : file}}};
    const auto both = format.decode(copies);
    require(both && *both);
    require((*both)->edits == (*alone)->edits);
    require((*both)->valid_bytes == (*alone)->valid_bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input = std::as_bytes(std::span(data, size));
  const ManifestFormat format(Uuid{}, 1);
  const Bytes whole = sealed(format, input);
  const Bytes raw(input.begin(), input.end());
  check(format, whole);
  check(format, raw);
  check_copies(format, whole, damaged(whole, input));
  check_copies(format, whole, raw);
  return 0;
}
