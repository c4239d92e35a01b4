#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/base/uuid.hpp"
#include "varve/error.hpp"

namespace varve::engine {

inline constexpr const char* identity_file_name = "VARVE";

/// What makes a directory a database: the content of its files `VARVE` and `VARVE.copy`
/// (docs/format/identity.md).
struct Identity {
  static constexpr std::size_t encoded_size = 72;
  /// Of what a later version adds to it, too.
  static constexpr std::size_t encoded_size_max = 4096;
  static constexpr std::uint32_t format_version = 1;
  /// The features that this version knows: a database says which it uses, one bit each. The page
  /// names the bits.
  static constexpr std::uint64_t read_features_known = 0;
  static constexpr std::uint64_t write_features_known = 0;

  Uuid database{};  // Every stored checksum that must not pass in another database covers it.
  std::uint64_t seed = 0;  // Random, and never shown: for hashes that nobody outside may predict.
  std::uint64_t read_features = 0;      // Who does not know one reads nothing.
  std::uint64_t write_features = 0;     // Who does not know one may read, and writes nothing.
  std::uint64_t optional_features = 0;  // Who does not know one keeps it.

  Bytes encode() const;

  /// Passes over what a later version added. Fails with invalid_argument where the bytes were never
  /// an identity, with corruption where they are a damaged one, with unsupported_format where they
  /// are sound but newer: `where` then names the format version or each feature bit. `file` is the
  /// name that `where` gives.
  static Result<Identity> decode(ByteSpan bytes, std::string_view file = identity_file_name);

  friend bool operator==(const Identity&, const Identity&) = default;
};

/// Fails with unsupported_format, naming each bit, where the database uses what only a newer
/// version may write.
[[nodiscard]] Status check_writable(const Identity& identity);

/// Of a new database: a random (version 4) uuid, and a random seed.
Identity random_identity();
/// "0f8fad5b-d9cb-469f-a165-70867728950e"
std::string to_string(const Uuid& uuid);

}  // namespace varve::engine
