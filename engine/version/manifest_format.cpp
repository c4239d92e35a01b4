#include "engine/version/manifest_format.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/base/checksum.hpp"
#include "engine/directory/file_names.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

constexpr std::string_view magic = "VARVEMAN";
constexpr std::size_t checksum_offset = 36;
static_assert(magic.size() + 4 + sizeof(Uuid) + 8 == checksum_offset);
static_assert(checksum_offset + 8 == ManifestFormat::header_size);

std::uint64_t seed_of(const Uuid& database, std::uint64_t number) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put_bytes(ByteSpan(database));
  writer.put(number);
  return checksum(bytes);
}

}  // namespace

ManifestFormat::ManifestFormat(const Uuid& database, std::uint64_t number)
    : database_(database), number_(number), seed_(seed_of(database, number)) {}

Bytes ManifestFormat::header() const {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put_bytes(magic);
  writer.put(format_version);
  writer.put_bytes(ByteSpan(database_));
  writer.put(number_);
  writer.put(checksum(bytes));
  return bytes;
}

Bytes ManifestFormat::record(std::uint64_t offset, const VersionEdit& edit) const {
  Bytes payload;
  ByteWriter payload_writer(payload);
  edit.encode(payload_writer);
  return record(offset, payload);
}

Bytes ManifestFormat::record(std::uint64_t offset, ByteSpan payload) const {
  VARVE_ASSERT(offset >= header_size);
  VARVE_ASSERT(payload.size() <= std::numeric_limits<std::uint32_t>::max());
  const auto size = static_cast<std::uint32_t>(payload.size());
  const std::uint64_t head = head_checksum(offset, size);
  Bytes bytes;
  bytes.reserve(record_head_size + payload.size());
  ByteWriter writer(bytes);
  writer.put(size);
  writer.put(static_cast<std::uint32_t>(head));
  writer.put(checksum(payload, head));
  writer.put_bytes(payload);
  return bytes;
}

std::uint64_t ManifestFormat::head_checksum(std::uint64_t offset, std::uint32_t size) const {
  std::array<std::uint64_t, 2> place{little_endian(offset), little_endian(std::uint64_t{size})};
  return checksum(std::as_bytes(std::span(place)), seed_);
}

std::string ManifestFormat::where(std::uint64_t offset, const std::string& what) const {
  return manifest_file_name(number_) + " @ " + std::to_string(offset) + ": " + what;
}

/// False where there is no whole header of this manifest.
Result<bool> ManifestFormat::check_header(ByteSpan file) const {
  if (file.size() < header_size) return false;
  ByteReader reader(file.first(header_size));
  const std::string_view found_magic = as_text(reader.take_bytes(magic.size()));
  const auto version = reader.take<std::uint32_t>();
  const ByteSpan database = reader.take_bytes(sizeof(Uuid));
  const auto number = reader.take<std::uint64_t>();
  if (found_magic != magic ||
      reader.take<std::uint64_t>() != checksum(file.first(checksum_offset))) {
    return false;
  }
  // Judged only after the checksum, so a flipped bit is never taken for the future.
  if (version != format_version) {
    return fail(Errc::unsupported_format, where(8, "format version " + std::to_string(version)));
  }
  // A power cut may show sectors of a removed manifest in one that was being created.
  return std::ranges::equal(database, database_) && number == number_;
}

std::optional<ManifestFormat::Record> ManifestFormat::record_at(ByteSpan file,
                                                                std::uint64_t offset) const {
  if (offset > file.size() || file.size() - offset < record_head_size) return std::nullopt;
  const ByteSpan rest = file.subspan(static_cast<std::size_t>(offset));
  ByteReader reader(rest);
  const auto size = reader.take<std::uint32_t>();
  if (size > rest.size() - record_head_size) return std::nullopt;
  const std::uint64_t head = head_checksum(offset, size);
  if (reader.take<std::uint32_t>() != static_cast<std::uint32_t>(head)) return std::nullopt;
  const auto payload_checksum = reader.take<std::uint64_t>();
  const ByteSpan payload = reader.take_bytes(size);
  if (checksum(payload, head) != payload_checksum) return std::nullopt;
  return Record{payload, offset + record_head_size + size};
}

std::optional<std::uint64_t> ManifestFormat::find_record(ByteSpan file, std::uint64_t from) const {
  for (std::uint64_t offset = from; offset < file.size(); ++offset) {
    if (record_at(file, offset)) return offset;
  }
  return std::nullopt;
}

Result<std::optional<ManifestContent>> ManifestFormat::decode(ByteSpan file) const {
  const auto damaged_before = [&](std::uint64_t offset, std::uint64_t later) {
    return fail(Errc::corruption, where(offset, "damaged, while what follows at " +
                                                    std::to_string(later) + " is whole"));
  };

  VARVE_TRY(const bool has_header, check_header(file));
  if (!has_header) {
    // The first record is written with the header, so it may be whole where that is torn.
    const auto first = record_at(file, header_size);
    const std::uint64_t from = first ? first->end : header_size + 1;
    if (const auto later = find_record(file, from)) return damaged_before(0, *later);
    return std::optional<ManifestContent>();
  }

  ManifestContent content;
  content.number = number_;
  content.valid_bytes = header_size;
  while (content.valid_bytes < file.size()) {
    const std::uint64_t offset = content.valid_bytes;
    const std::optional<Record> record = record_at(file, offset);
    if (!record) {
      const ByteSpan rest = file.subspan(static_cast<std::size_t>(offset));
      if (std::ranges::all_of(rest, [](std::byte byte) { return byte == std::byte{0}; })) break;
      // No crash leaves a whole record behind one that is not: each was synced before the next.
      if (const auto later = find_record(file, offset + 1)) return damaged_before(offset, *later);
      content.torn_tail =
          where(offset, std::to_string(file.size() - offset) + " bytes are no whole record");
      break;
    }
    auto edit = VersionEdit::decode(record->payload);
    if (!edit) {
      return std::unexpected(Error{edit.error().code, where(offset, edit.error().where)});
    }
    content.edits.push_back(*std::move(edit));
    VARVE_ASSERT(record->end > content.valid_bytes && record->end <= file.size());
    content.valid_bytes = record->end;
  }
  if (content.edits.empty()) return std::optional<ManifestContent>();
  return content;
}

}  // namespace varve::engine
