#include "engine/directory/examine_directory.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/directory/file_names.hpp"
#include "engine/directory/identity_files.hpp"
#include "varve/try.hpp"

namespace varve::engine {

Result<DirectoryContent> examine_directory(Directory& directory) {
  VARVE_TRY(const std::vector<std::string> names, directory.list());
  // Either of the two is enough (identity_files.hpp).
  for (const char* identity : {identity_file_name, identity_copy_name}) {
    if (std::ranges::find(names, identity) != names.end()) return DirectoryContent::database;
  }
  for (const std::string& name : names) {
    if (parse_file_name(name)) {
      return fail(Errc::corruption, directory.path().string() + ": holds " + name +
                                        ", but its files VARVE and VARVE.copy are gone");
    }
    // A creation that was interrupted leaves these; lost+found is the file system's.
    if (name != lock_file_name && name != identity_new_file_name &&
        name != identity_new_copy_name && name != "lost+found") {
      return fail(
          Errc::invalid_argument,
          directory.path().string() + ": not a Varve database, and not empty: holds " + name);
    }
  }
  return DirectoryContent::free;
}

}  // namespace varve::engine
