#pragma once

#include <memory>

#include "engine/directory/database_lock.hpp"
#include "varve/file_system.hpp"

namespace varve::engine {

/// The directory of a database, for whoever holds its lock. Somebody may remove LOCK by hand, or
/// the whole directory, while the database is open, and another process may take it then. So before
/// a name is made, removed or renamed, and before the manifest is written to, the lock that is held
/// is compared with the one that is there; and no sync is a success where it is another. Each fails
/// with Errc::locked, and with Errc::closed once the lock was let go of.
///
/// The directories that it gives, and files that are opened to be read, are not guarded.
std::shared_ptr<Directory> guarded_directory(std::shared_ptr<Directory> directory,
                                             std::shared_ptr<DatabaseLock> lock);

}  // namespace varve::engine
