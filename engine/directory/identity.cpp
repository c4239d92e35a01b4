#include "engine/directory/identity.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/base/bit_names.hpp"
#include "engine/base/checksum.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

// Neither text nor short: a file that begins so was written by Varve.
constexpr std::string_view magic = "VARVEDB\n";
constexpr std::size_t checksum_offset = 36;
static_assert(magic.size() + 4 + sizeof(Uuid) + 8 == checksum_offset);
static_assert(checksum_offset + 8 == Identity::encoded_size);

/// Over what follows the magic, so that damage to the magic itself can be told from another file.
std::uint64_t checksum_of(ByteSpan bytes) {
  return checksum(bytes.subspan(magic.size(), checksum_offset - magic.size()));
}

std::unexpected<Error> damaged(const std::string& what) {
  return fail(Errc::corruption, std::string(identity_file_name) + " @ " + what);
}

}  // namespace

Bytes Identity::encode() const {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.put_bytes(magic);
  writer.put(format_version);
  writer.put_bytes(ByteSpan(database));
  writer.put(features);
  writer.put(checksum_of(bytes));
  return bytes;
}

Result<Identity> Identity::decode(ByteSpan bytes) {
  const bool has_magic = as_text(bytes.first(std::min(bytes.size(), magic.size()))) ==
                         magic.substr(0, std::min(bytes.size(), magic.size()));
  if (bytes.size() < encoded_size) {
    if (has_magic) return damaged(std::to_string(bytes.size()) + ": ends too early");
    return fail(Errc::invalid_argument, "not a Varve database: VARVE is another program's file");
  }

  ByteReader reader(bytes.subspan(magic.size()));
  Identity identity;
  const auto version = reader.take<std::uint32_t>();
  std::ranges::copy(reader.take_bytes(sizeof(Uuid)), identity.database.begin());
  identity.features = reader.take<std::uint64_t>();
  const bool is_sound = reader.take<std::uint64_t>() == checksum_of(bytes);
  if (!has_magic && !is_sound) {
    return fail(Errc::invalid_argument, "not a Varve database: VARVE is another program's file");
  }
  if (!has_magic) return damaged("0: magic");
  if (!is_sound) return damaged("36: checksum");

  // Judged only after the checksum, so a flipped bit is never taken for the future.
  if (version != format_version) {
    return fail(Errc::unsupported_format, "VARVE: format version " + std::to_string(version));
  }
  if (const std::uint64_t unknown = identity.features & ~features_known; unknown != 0) {
    return fail(Errc::unsupported_format, "VARVE: unknown feature " + bit_names(unknown));
  }
  if (reader.remaining() != 0) return damaged("44: bytes after the end");
  return identity;
}

Uuid random_uuid() {
  std::random_device device;  // getrandom() or the processor's, never a seeded sequence.
  Uuid uuid{};
  for (std::byte& byte : uuid) byte = static_cast<std::byte>(device());
  uuid[6] = (uuid[6] & std::byte{0x0F}) | std::byte{0x40};  // Version 4,
  uuid[8] = (uuid[8] & std::byte{0x3F}) | std::byte{0x80};  // variant 1.
  return uuid;
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

Result<Identity> read_identity(Directory& directory) {
  VARVE_TRY(const bool exists, directory.exists(identity_file_name));
  if (!exists) return fail(Errc::not_found, (directory.path() / identity_file_name).string());
  VARVE_TRY(const std::unique_ptr<File> file, directory.open(identity_file_name, OpenMode::read));
  VARVE_TRY(const std::uint64_t size, file->size());
  // One byte more than there should be shows that there are more.
  Bytes bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, Identity::encoded_size + 1)));
  VARVE_CHECK(file->read_at(0, bytes));
  return Identity::decode(bytes);
}

Status write_identity(Directory& directory, const Identity& identity) {
  const char* const fresh = identity_new_file_name;
  VARVE_TRY(const bool is_left_over, directory.exists(fresh));
  if (is_left_over) VARVE_CHECK(directory.remove(fresh));

  VARVE_TRY(const std::unique_ptr<File> file,
            directory.open(fresh, OpenMode::create, {WriteReason::identity}));
  const Bytes bytes = identity.encode();
  const std::array<ByteSpan, 1> pieces{bytes};
  VARVE_CHECK(file->write_at(0, pieces));
  VARVE_CHECK(file->sync());
  VARVE_CHECK(file->close());
  VARVE_CHECK(directory.rename(fresh, identity_file_name));
  return directory.sync();
}

}  // namespace varve::engine
