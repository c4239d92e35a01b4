#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/log.hpp"
#include "engine/version/version_edit.hpp"
#include "engine/wal/wal.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// The durable log of version edits: "NNN.manifest" (docs/format/manifest.md). For one thread at
/// a time.
class Manifest {
 public:
  /// Creates manifest `number` with `whole` as its first record, durable with its name.
  static Result<Manifest> create(std::shared_ptr<FileSystem> file_system,
                                 const std::filesystem::path& dir, const Uuid& database,
                                 std::uint64_t number, const VersionEdit& whole);
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

/// What reading a manifest found.
struct ManifestContent {
  std::uint64_t number = 0;
  std::vector<VersionEdit> edits;  // The first makes the whole version.
  std::uint64_t valid_bytes = 0;
  /// Bytes after the last whole record, as an interrupted append leaves them: file and offset.
  std::optional<std::string> torn_tail;
};

/// Reads one manifest file. A record that does not verify and is followed by one that does is
/// corruption; without one it is a torn tail. A first record that is not whole is corruption.
Result<ManifestContent> read_manifest(FileSystem& file_system, const std::filesystem::path& path,
                                      std::uint64_t number, const Uuid& database);

/// "00000000000000000003.manifest"
std::string manifest_file_name(std::uint64_t number);

}  // namespace varve::engine
