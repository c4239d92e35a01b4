#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/version/version_edit.hpp"
#include "engine/wal/wal.hpp"
#include "varve/error.hpp"

namespace varve::engine {

/// That one file of a manifest lacks a part which the other one has.
struct HealedCopy {
  std::string where;  // File, offset and what is wrong.
  /// So an append or a creation leaves it that was interrupted: it is the second file, which is
  /// written after the first one is durable, and lacks what was written last. Else it is damage.
  bool is_unfinished = false;
};

/// What reading a manifest found.
struct ManifestContent {
  std::uint64_t number = 0;
  std::vector<VersionEdit> edits;  // The first makes the whole version.
  std::uint64_t valid_bytes = 0;
  /// Bytes after the last whole record that are not all zero, as an interrupted append leaves them:
  /// file and offset.
  std::optional<std::string> torn_tail;
  std::vector<HealedCopy> healed;
};

/// One of the files of a manifest, as it was read.
struct ManifestCopy {
  std::string name;
  ByteSpan bytes;
  std::string problem = {};  // Why there are no bytes: the file is missing, or cannot be read.
};

/// The bytes of a manifest, apart from any file (docs/format/manifest.md).
///
/// Every checksum covers the database, the manifest's number and the record's offset, so that a
/// record counts only where it was written. The head of a record is checked by itself: its size is
/// known good before anything is read by it, and a scan for records costs one small hash a byte.
class ManifestFormat {
 public:
  static constexpr std::size_t header_size = 44;
  static constexpr std::size_t record_head_size = 16;
  static constexpr std::uint32_t format_version = 1;

  ManifestFormat(const Uuid& database, std::uint64_t number);

  Bytes header() const;
  /// The record that holds `edit`, or an encoded edit, at `offset`.
  Bytes record(std::uint64_t offset, const VersionEdit& edit) const;
  Bytes record(std::uint64_t offset, ByteSpan payload) const;

  /// Reads the files of a manifest as one: at each place counts whichever copy verifies there.
  /// Nothing where an interrupted creation left no whole first record; a header of another database
  /// or number counts as none.
  ///
  /// Fails with corruption where what is damaged in all of them is followed by a record that is
  /// whole and was written later, where a whole record does not decode, and where two copies have
  /// whole records that differ; with unsupported_format where a file is sound but newer.
  Result<std::optional<ManifestContent>> decode(std::span<const ManifestCopy> copies) const;
  /// The same of one file.
  Result<std::optional<ManifestContent>> decode(ByteSpan file) const;

  // The parts of one file, for whoever looks past what is damaged.

  struct Record {
    ByteSpan payload;  // An encoded edit.
    std::uint64_t end;
  };
  /// False where there is no whole header of this manifest. Fails with unsupported_format where it
  /// is sound but newer.
  Result<bool> check_header(const ManifestCopy& copy) const;
  /// The record that begins there, if it is whole.
  std::optional<Record> record_at(ByteSpan file, std::uint64_t offset) const;
  /// Where the next one that is whole begins.
  std::optional<std::uint64_t> find_record(ByteSpan file, std::uint64_t from) const;

 private:
  class Merge;

  std::uint64_t head_checksum(std::uint64_t offset, std::uint32_t size) const;

  const Uuid database_;
  const std::uint64_t number_;
  const std::uint64_t seed_;
};

}  // namespace varve::engine
