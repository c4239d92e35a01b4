#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/uuid.hpp"
#include "engine/table/table.hpp"
#include "engine/version/manifest.hpp"
#include "engine/version/version.hpp"
#include "engine/wal/wal.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// The state of a database's directory, as its manifest tells it.
struct LoadedVersion {
  Version version;
  std::uint64_t next_file = 1;        // Above every number ever given, and every number in a name.
  std::uint64_t manifest_number = 0;  // 0: none yet, the database was only just created.
  std::uint64_t manifest_valid_bytes = 0;  // Of each file; 0 with a torn tail.
  /// File and offset of bytes that an interrupted append left at the manifest's end. Nothing was
  /// done yet on the strength of that edit. A damaged last record looks the same as a torn one.
  /// With a WAL that is harmless, since the log still has the data. Without one
  /// (Durability::none()) that record may have named a table that now counts as an orphan: so
  /// keep such tables in quarantine, do not delete them.
  std::optional<std::string> torn_tail;
  /// The manifest ends with the record of a close.
  bool closed = false;
  /// And by that record tables held every batch that there was.
  bool closed_in_tables = false;
  /// What one of the manifest's two files lacked and the other one had. Nothing is lost.
  std::vector<HealedCopy> healed;
  /// Tables that are missing or not of their size. They stay in the version: reads say corruption.
  std::vector<std::string> damages;
  /// Names of tables and manifests in the directory that nothing names.
  std::vector<std::string> orphans;
  /// Names of WAL segments below the first that is needed: a release that was interrupted.
  std::vector<std::string> old_segments;
};

/// Reads the manifest with the highest number that has a whole first record, folds its edits and
/// looks whether the tables are there. Changes no file.
///
/// Fails with corruption, naming file and offset, where both files of the manifest are damaged at
/// one record or there is none beside tables or WAL; where a torn tail turns out to be none (a
/// table that the version names, or the WAL segment where it says the log starts, has gone: so the
/// lost edit had been durable); with unsupported_format; or with the errno of a failed call.
Result<LoadedVersion> load_version(Directory& directory, const Uuid& database,
                                   const TableContext& context);

/// Where the log goes on from the tables. `boot` says which start of the machine this is, and
/// `last_begun` which segment was begun last, where that is known.
ReplayStart replay_start(const LoadedVersion& loaded, const Uuid& boot, std::uint64_t last_begun);

}  // namespace varve::engine
