#include "engine/directory/identity.hpp"

#include <algorithm>
#include <random>

#include "engine/base/bit_names.hpp"
#include "engine/base/checksum.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

// Neither text nor short: a file that begins so was written by Varve.
constexpr std::string_view magic = "VARVEDB\n";
constexpr std::size_t checksum_size = 8;
static_assert(magic.size() + 4 + 4 + sizeof(Uuid) + 4 * 8 + checksum_size ==
              Identity::encoded_size);

/// Over what follows the magic, so that damage to the magic itself can be told from another file.
/// REQUIRES bytes enough.
std::uint64_t checksum_of(ByteSpan before) { return checksum(before.subspan(magic.size())); }

bool has_magic(ByteSpan bytes) {
  const std::size_t size = std::min(bytes.size(), magic.size());
  return as_text(bytes.first(size)) == magic.substr(0, size);
}

bool is_sound(ByteSpan bytes) {
  const std::size_t end = bytes.size() - checksum_size;
  return ByteReader(bytes.subspan(end)).take<std::uint64_t>() == checksum_of(bytes.first(end));
}

/// A page that was lost reads so, and no program writes such a file.
bool is_zero(ByteSpan bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

/// Whether the bytes are an identity at all, of whatever version.
Status check_whole(ByteSpan bytes, std::string_view file) {
  const auto damaged = [file](std::size_t offset, const std::string& what) {
    return fail(Errc::corruption, std::string(file) + " @ " + std::to_string(offset) + ": " + what);
  };
  if (is_zero(bytes)) return damaged(0, "empty, or only zeros");
  const bool begins = has_magic(bytes);
  const bool is_long_enough = bytes.size() >= Identity::encoded_size;
  const bool checks = is_long_enough && is_sound(bytes);
  if (!begins && !checks) {
    return fail(Errc::invalid_argument,
                "not a Varve database: " + std::string(file) + " is another program's file");
  }
  if (!begins) return damaged(0, "magic");
  if (!is_long_enough) return damaged(bytes.size(), "ends too early");
  if (!checks) return damaged(bytes.size() - checksum_size, "checksum");
  if (bytes.size() > Identity::encoded_size_max) {
    return damaged(Identity::encoded_size_max, "bytes after the end");
  }
  return {};
}

}  // namespace

Bytes Identity::encode() const {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put_bytes(magic);
  writer.put(format_version);
  writer.put(static_cast<std::uint32_t>(encoded_size));
  writer.put_bytes(ByteSpan(database));
  writer.put(seed);
  writer.put(read_features);
  writer.put(write_features);
  writer.put(optional_features);
  writer.put(checksum_of(bytes));
  return bytes;
}

Result<Identity> Identity::decode(ByteSpan bytes, std::string_view file) {
  VARVE_CHECK(check_whole(bytes, file));
  const std::string name(file);
  ByteReader reader(bytes.subspan(magic.size()));
  // Judged only after the checksum, so a flipped bit is never taken for the future.
  if (const auto version = reader.take<std::uint32_t>(); version != format_version) {
    return fail(Errc::unsupported_format, name + ": format version " + std::to_string(version));
  }
  if (const auto size = reader.take<std::uint32_t>(); size != bytes.size()) {
    return fail(Errc::corruption, name + " @ 12: says " + std::to_string(size) + " bytes, has " +
                                      std::to_string(bytes.size()));
  }
  Identity identity;
  std::ranges::copy(reader.take_bytes(sizeof(Uuid)), identity.database.begin());
  identity.seed = reader.take<std::uint64_t>();
  identity.read_features = reader.take<std::uint64_t>();
  identity.write_features = reader.take<std::uint64_t>();
  identity.optional_features = reader.take<std::uint64_t>();
  if (const std::uint64_t unknown = identity.read_features & ~read_features_known; unknown != 0) {
    return fail(Errc::unsupported_format,
                name + ": needed to read: unknown feature " + bit_names(unknown));
  }
  return identity;
}

Status check_writable(const Identity& identity) {
  const std::uint64_t unknown = identity.write_features & ~Identity::write_features_known;
  if (unknown == 0) return {};
  return fail(
      Errc::unsupported_format,
      std::string(identity_file_name) + ": needed to write: unknown feature " + bit_names(unknown));
}

Identity random_identity() {
  std::random_device device;  // getrandom() or the processor's, never a seeded sequence.
  Identity identity;
  Uuid& uuid = identity.database;
  for (std::byte& byte : uuid) byte = static_cast<std::byte>(device());
  uuid[6] = (uuid[6] & std::byte{0x0F}) | std::byte{0x40};  // Version 4,
  uuid[8] = (uuid[8] & std::byte{0x3F}) | std::byte{0x80};  // variant 1.
  identity.seed = std::uint64_t{device()} << 32 | device();
  return identity;
}

std::string to_string(const Uuid& uuid) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t index = 0; index < uuid.size(); ++index) {
    if (index == 4 || index == 6 || index == 8 || index == 10) text += '-';
    text += digits[std::to_integer<std::size_t>(uuid[index] >> 4)];
    text += digits[std::to_integer<std::size_t>(uuid[index] & std::byte{15})];
  }
  return text;
}

}  // namespace varve::engine
