#include "engine/database/claim.hpp"

#include <utility>

#include "engine/directory/examine_directory.hpp"
#include "engine/directory/identity.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

Status create_durably(FileSystem& file_system, const std::filesystem::path& dir) {
  VARVE_CHECK(file_system.create_directory(dir));
  const auto parent = dir.parent_path();
  return file_system.sync_directory(parent.empty() ? "." : parent);
}

}  // namespace

Result<Claim> claim_directory(const Options& options) {
  FileSystem& file_system = *options.file_system;
  VARVE_TRY(DirectoryContent content, examine_directory(file_system, options.dir));
  if (content != DirectoryContent::database && !options.create_if_missing) {
    return fail(Errc::not_found,
                options.dir.string() + ": no database here, and create_if_missing is off");
  }
  if (content == DirectoryContent::missing) {
    VARVE_CHECK(create_durably(file_system, options.dir));
  }
  Claim claim;
  VARVE_TRY(claim.lock, file_system.lock(options.dir / lock_file_name));
  // Once more: another process may have made it before the lock was ours.
  VARVE_TRY(content, examine_directory(file_system, options.dir));
  claim.created = content != DirectoryContent::database;
  if (claim.created) {
    claim.database = random_uuid();
    VARVE_CHECK(write_identity(file_system, options.dir, {.database = claim.database}));
  } else {
    VARVE_TRY(const Identity identity, read_identity(file_system, options.dir));
    claim.database = identity.database;
  }
  return claim;
}

}  // namespace varve::engine
