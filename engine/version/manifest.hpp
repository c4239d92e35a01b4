#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/version/manifest_format.hpp"
#include "engine/version/version_edit.hpp"
#include "engine/wal/wal.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// The durable log of version edits, in two files of the same bytes: "NNN.manifest" and "NNN.copy"
/// (docs/format/manifest.md). For one thread at a time.
class Manifest {
 public:
  /// Creates manifest `number` with `whole` as its first record, durable in both files and with
  /// their names. After a failure files may be there all the same, and be found after a power cut.
  static Result<Manifest> create(Directory& directory, const Uuid& database, std::uint64_t number,
                                 const VersionEdit& whole);
  /// Goes on with a manifest that was read, where there is no room for a new one. Nobody knows
  /// which bytes of it are durable, so what one file has is written to the other once more, in its
  /// place, and then to itself. `valid_bytes` is what read_manifest() told.
  ///
  /// Fails with corruption where neither file has all of that by itself, and with the error of a
  /// failed call, as where one of them is missing.
  /// Whatever fails, what was read will be read again.
  static Result<Manifest> resume(Directory& directory, const Uuid& database, std::uint64_t number,
                                 std::uint64_t valid_bytes);
  Manifest(Manifest&&) noexcept;
  Manifest& operator=(Manifest&&) noexcept;
  ~Manifest();

  /// Appends to both files, and syncs one before it writes the other: a power cut tears the record
  /// in one of them at most. After a failure, an exception too, this manifest is not to be used any
  /// more: whether the edit will be found is unknown, so a new manifest has to replace it.
  [[nodiscard]] Status append(const VersionEdit& edit);
  [[nodiscard]] Status close();

  std::uint64_t number() const;
  std::uint64_t bytes() const;  // Of each file.

 private:
  struct Impl;
  explicit Manifest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Reads both files of a manifest as one; each makes up for what the other lacks. Nothing where no
/// whole first record is there: how a power cut leaves a manifest that was being created.
///
/// Fails as ManifestFormat::decode(), and with the errno of a failed call where what one file has
/// is not enough to go on without the other.
Result<std::optional<ManifestContent>> read_manifest(Directory& directory, std::uint64_t number,
                                                     const Uuid& database);

}  // namespace varve::engine
