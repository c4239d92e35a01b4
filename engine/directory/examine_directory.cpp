#include "engine/directory/examine_directory.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/directory/file_names.hpp"
#include "engine/directory/identity.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Result<DirectoryContent> examine_directory(FileSystem& file_system,
                                           const std::filesystem::path& dir) {
  VARVE_TRY(const bool exists, file_system.exists(dir));
  if (!exists) return DirectoryContent::missing;
  VARVE_TRY(const std::vector<std::string> names, file_system.list(dir));
  if (std::ranges::find(names, identity_file_name) != names.end()) {
    return DirectoryContent::database;
  }
  for (const std::string& name : names) {
    if (parse_file_name(name)) {
      return fail(Errc::corruption,
                  dir.string() + ": holds " + name + ", but its file VARVE is gone");
    }
    // A creation that was interrupted leaves these.
    if (name != lock_file_name && name != identity_new_file_name) {
      return fail(Errc::invalid_argument,
                  dir.string() + ": not a Varve database, and not empty: holds " + name);
    }
  }
  return DirectoryContent::free;
}

}  // namespace varve::engine
