#pragma once

#include <memory>

#include "engine/directory/database_lock.hpp"
#include "engine/directory/identity_files.hpp"
#include "engine/directory/lock_note.hpp"
#include "varve/error.hpp"
#include "varve/file_system.hpp"
#include "varve/options.hpp"

namespace varve::engine {

/// A directory that is ours, and the database in it.
struct Claim {
  std::shared_ptr<Directory> directory;
  std::shared_ptr<DatabaseLock> lock;  // That the directory is guarded by.
  StoredIdentity identity;
  LockNote note;         // Of LOCK.
  bool created = false;  // There was no database before.
};

/// Opens and locks the directory, and makes it a database if it is none and the options allow that:
/// then with all directories on the way to it that are missing, and durably, each name of its path
/// included. The options have a file system. A step of opening that writes.
///
/// Fails as FileSystem::open_directory(), examine_directory(), find_identity() and
/// Directory::lock() do, with not_found where there is no database and create_if_missing is off,
/// and with unsupported_format where only a newer version may write.
Result<Claim> claim_directory(const Options& options);

}  // namespace varve::engine
