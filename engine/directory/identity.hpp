#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/bytes.hpp"
#include "engine/base/uuid.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// What makes a directory a database: the content of its file `VARVE` (docs/format/identity.md).
struct Identity {
  static constexpr std::size_t encoded_size = 44;
  static constexpr std::uint32_t format_version = 1;
  /// What this version can read. A database says which features it uses, one bit each, so that
  /// whoever does not know one keeps away.
  static constexpr std::uint64_t features_known = 0;

  Uuid database{};  // Every stored checksum that must not pass in another database covers it.
  std::uint64_t features = 0;

  Bytes encode() const;

  /// Fails with invalid_argument where the bytes were never an identity, with corruption where
  /// they are a damaged one, with unsupported_format where they are sound but newer: `where` then
  /// names the format version or each feature bit.
  static Result<Identity> decode(ByteSpan bytes);

  friend bool operator==(const Identity&, const Identity&) = default;
};

inline constexpr const char* identity_file_name = "VARVE";
/// What write_identity() renames to it, and an interrupted one leaves.
inline constexpr const char* identity_new_file_name = "VARVE.new";

/// Locked by the process that has the database open.
inline constexpr const char* lock_file_name = "LOCK";

/// A new random (version 4) uuid.
Uuid random_uuid();
/// "0f8fad5b-d9cb-469f-a165-70867728950e"
std::string to_string(const Uuid& uuid);

/// Fails with not_found where the directory has none, or as decode().
Result<Identity> read_identity(Directory& directory);

/// Makes the directory a database, durably: after a power cut the whole file is there, or none.
/// Replaces one that is there.
[[nodiscard]] Status write_identity(Directory& directory, const Identity& identity);

}  // namespace varve::engine
