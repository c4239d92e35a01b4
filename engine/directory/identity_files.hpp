#pragma once

#include <string>
#include <vector>

#include "engine/base/log.hpp"
#include "engine/directory/identity.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"

// The identity is kept twice, in two files of the same bytes, so that no damage of one of them
// makes a database unreadable (docs/format/identity.md).

namespace varve::engine {

inline constexpr const char* identity_copy_name = "VARVE.copy";
/// What write_identity() renames to them, and an interrupted one leaves.
inline constexpr const char* identity_new_file_name = "VARVE.new";
inline constexpr const char* identity_new_copy_name = "VARVE.copy.new";

/// Locked by the process that has the database open.
inline constexpr const char* lock_file_name = "LOCK";

/// The identity of a directory, as its two files tell it.
struct StoredIdentity {
  /// One of the two files that is not as it should be.
  struct Bad {
    std::string file;
    std::string what;  // "VARVE @ 64: checksum"
    bool is_foreign = false;
  };

  Identity identity;
  Bytes bytes;           // As they are stored, with what a later version added.
  std::vector<Bad> bad;  // At most one.
};

/// Reads both files; the first that is whole counts. Changes no file.
///
/// Fails with not_found where the directory has neither, with unsupported_format where one of them
/// is sound but newer, and with corruption where both are sound and name two databases. Where
/// neither is whole it names both: with the errno of a failed call, with corruption where one is
/// damaged, else with invalid_argument.
Result<StoredIdentity> find_identity(Directory& directory);
/// The same, for whoever only reads.
Result<Identity> read_identity(Directory& directory);

/// Makes the directory a database, durably: after a power cut each file is there whole, or not at
/// all. Replaces those that are there.
[[nodiscard]] Status write_identity(Directory& directory, const Identity& identity);

/// Writes the file that is bad anew, from the other one, and logs a warning. A file of another
/// program is kept in quarantine. Where it fails the log says so, and the next opening tries again.
void heal_identity(Directory& directory, const StoredIdentity& stored, const Log& log);

}  // namespace varve::engine
