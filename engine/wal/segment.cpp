#include "engine/wal/segment.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/base/try.hpp"

namespace varve::engine {

namespace {

constexpr std::uint32_t recycled_flag = 1;
constexpr std::size_t reserved_size = 48;
constexpr std::size_t digits = 20;  // Enough for every number, so that names sort as numbers do.

std::string numbered(std::uint64_t number, std::string_view suffix) {
  const std::string text = std::to_string(number);
  return std::string(digits - text.size(), '0') + text + std::string(suffix);
}

std::optional<std::uint64_t> number_in(std::string_view name, std::string_view suffix) {
  if (name.size() != digits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const last =
      name.data() + digits;  // NOLINT(bugprone-suspicious-stringview-data-usage)
  const auto [end, error] = std::from_chars(name.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

}  // namespace

Bytes SegmentHeader::encode() const {
  Bytes bytes;
  bytes.reserve(encoded_size);
  ByteWriter writer(bytes);
  writer.put(magic);
  writer.put(version_max);
  writer.put(recycled ? recycled_flag : std::uint32_t{0});
  writer.put_bytes(database);
  writer.put(number);
  writer.put(last_sequence);
  writer.put(chain);
  writer.put(synced);
  writer.put(size);
  bytes.resize(checksum_offset);
  writer.put(checksum(bytes));
  VARVE_ASSERT(bytes.size() == encoded_size);
  return bytes;
}

Result<SegmentHeader> SegmentHeader::decode(ByteSpan bytes) {
  ByteReader reader(bytes);
  const auto found_magic = reader.take<std::uint64_t>();
  const auto version = reader.take<std::uint32_t>();
  const auto flags = reader.take<std::uint32_t>();
  SegmentHeader header;
  std::ranges::copy(reader.take_bytes(header.database.size()), header.database.begin());
  header.number = reader.take<std::uint64_t>();
  header.last_sequence = reader.take<std::uint64_t>();
  header.chain = reader.take<std::uint64_t>();
  header.synced = reader.take<std::uint64_t>();
  header.size = reader.take<std::uint64_t>();
  header.recycled = (flags & recycled_flag) != 0;
  const ByteSpan reserved = reader.take_bytes(reserved_size);
  const auto found_checksum = reader.take<std::uint64_t>();
  if (!reader.ok() || !reader.at_end()) return fail(Errc::corruption, "segment header: size");
  if (found_magic != magic) return fail(Errc::corruption, "segment header: magic");
  if (found_checksum != checksum(bytes.first(checksum_offset))) {
    return fail(Errc::corruption, "segment header: checksum");
  }
  // The version is judged after the checksum, so a flipped bit is never taken for the future.
  if (version == 0 || version > version_max) {
    return fail(Errc::unsupported_format, "segment header: version " + std::to_string(version));
  }
  if ((flags & ~recycled_flag) != 0 ||
      std::ranges::any_of(reserved, [](std::byte byte) { return byte != std::byte{0}; })) {
    return fail(Errc::corruption, "segment header: reserved bits");
  }
  return header;
}

std::string segment_name(std::uint64_t number) { return numbered(number, ".wal"); }
std::string spare_name(std::uint64_t number) { return numbered(number, ".spare"); }

std::optional<std::uint64_t> segment_number(std::string_view name) {
  return number_in(name, ".wal");
}

bool is_spare_name(std::string_view name) { return number_in(name, ".spare").has_value(); }

}  // namespace varve::engine
