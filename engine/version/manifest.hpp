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

/// The durable log of version edits: "NNN.manifest" (docs/format/manifest.md). For one thread at
/// a time.
class Manifest {
 public:
  /// Creates manifest `number` with `whole` as its first record, durable with its name. After a
  /// failure the file may be there all the same, and be found after a power cut.
  static Result<Manifest> create(Directory& directory, const Uuid& database, std::uint64_t number,
                                 const VersionEdit& whole);
  Manifest(Manifest&&) noexcept;
  Manifest& operator=(Manifest&&) noexcept;
  ~Manifest();

  /// Appends and syncs. After a failure this manifest is not to be used any more: whether the
  /// edit will be found is unknown, so a new manifest has to replace it.
  [[nodiscard]] Status append(const VersionEdit& edit);
  [[nodiscard]] Status close();

  std::uint64_t number() const;
  std::uint64_t bytes() const;

 private:
  struct Impl;
  explicit Manifest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Reads one manifest file. A record that does not verify and is followed by one that does is
/// corruption; without one it is a torn tail. A first record that is not whole is corruption.
Result<ManifestContent> read_manifest(Directory& directory, const std::string& name,
                                      std::uint64_t number, const Uuid& database);

/// The same, but nothing where no whole first record is there: how a power cut leaves a manifest
/// that was being created.
Result<std::optional<ManifestContent>> read_manifest_if_whole(Directory& directory,
                                                              const std::string& name,
                                                              std::uint64_t number,
                                                              const Uuid& database);

}  // namespace varve::engine
