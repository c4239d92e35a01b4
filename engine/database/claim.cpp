#include "engine/database/claim.hpp"

#include <optional>
#include <system_error>
#include <utility>

#include "engine/base/log.hpp"
#include "engine/directory/examine_directory.hpp"
#include "engine/directory/guarded_directory.hpp"
#include "engine/directory/lock_note.hpp"
#include "varve/try.hpp"

namespace varve::engine {

namespace {

using std::filesystem::path;

/// Without what names nothing: "a//b/./" is "a/b". Keeps "..", which after a symbolic link is not
/// what it looks like.
path cleaned(const path& given) {
  path result;
  for (const path& part : given) {
    if (!part.empty() && part != ".") result /= part;
  }
  return result.empty() ? "." : result;
}

/// Where a cleaned path has its last name. The path itself where it has none: "/" and ".".
path parent_of(const path& cleaned) {
  if (cleaned == ".") return cleaned;
  const path parent = cleaned.parent_path();
  return parent.empty() ? "." : parent;
}

bool is(const Error& error, std::errc code) { return error.code == code; }

/// Opens the directory, after making it and those above it that are missing. Nothing is durable
/// yet.
Result<std::shared_ptr<Directory>> open_or_make(FileSystem& file_system, const path& cleaned) {
  auto opened = file_system.open_directory(cleaned);
  const path parent = parent_of(cleaned);
  if (opened || !is(opened.error(), std::errc::no_such_file_or_directory) || parent == cleaned) {
    return opened;
  }
  VARVE_TRY(const std::shared_ptr<Directory> above, open_or_make(file_system, parent));
  const std::string name = cleaned.filename().string();
  if (name == "..") return file_system.open_directory(cleaned);
  VARVE_CHECK(above->create_directory(name));
  return above->open_directory(name);
}

/// Makes durable each name on the way to the directory: who made it, now or in a process that died
/// since, may not have come to that. A directory above that we may not open is somebody else's,
/// and who gave us a place in it answers for that.
Status sync_way_to(FileSystem& file_system, const path& cleaned, const Log& log) {
  for (path at = cleaned; parent_of(at) != at;) {
    at = parent_of(at);
    const auto above = file_system.open_directory(at);
    if (above) {
      VARVE_CHECK((*above)->sync());
    } else if (is(above.error(), std::errc::permission_denied)) {
      log.warning("not synced, so a power cut may take the database that was made in it: " +
                  above.error().message());
    } else {
      return std::unexpected(above.error());
    }
  }
  return {};
}

Result<std::shared_ptr<Directory>> open_database_directory(const Options& options) {
  FileSystem& file_system = *options.file_system;
  auto opened = file_system.open_directory(options.dir);
  if (opened || !is(opened.error(), std::errc::no_such_file_or_directory)) return opened;
  if (options.create_if_missing) return open_or_make(file_system, cleaned(options.dir));
  return fail(Errc::not_found,
              options.dir.string() + ": no database here, and create_if_missing is off");
}

}  // namespace

Result<Claim> claim_directory(const Options& options) {
  Claim claim;
  VARVE_TRY(claim.directory, open_database_directory(options));
  Directory& directory = *claim.directory;
  VARVE_TRY(DirectoryContent content, examine_directory(directory));
  if (content != DirectoryContent::database && !options.create_if_missing) {
    return fail(Errc::not_found,
                options.dir.string() + ": no database here, and create_if_missing is off");
  }
  const std::optional<LockNote> note = read_lock_note(directory);
  VARVE_TRY(std::unique_ptr<FileLock> lock, directory.lock(lock_file_name));
  claim.lock = std::make_shared<DatabaseLock>(std::move(lock));
  // Once more: another process may have made it before the lock was ours.
  VARVE_TRY(content, examine_directory(directory));
  claim.created = content != DirectoryContent::database;
  if (claim.created) {
    // Before the identity, so that a directory with one has a durable name.
    VARVE_CHECK(sync_way_to(*options.file_system, cleaned(options.dir), Log(options.log)));
    claim.identity.identity = random_identity();
    VARVE_CHECK(write_identity(directory, claim.identity.identity));
  } else {
    VARVE_TRY(claim.identity, find_identity(directory));
    VARVE_CHECK(check_writable(claim.identity.identity));
    claim.note = note_of(note, claim.identity.identity.database);
  }
  claim.directory = guarded_directory(std::move(claim.directory), claim.lock);
  return claim;
}

}  // namespace varve::engine
